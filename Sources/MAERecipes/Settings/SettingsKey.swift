/// Names of settings: `camelCase` in Swift, `kebab-case` in files and on the command line.
enum SettingsKey {
  /// `warmupEpochs` → `warmup-epochs`.
  static func kebab(_ name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase {
        result += "-" + character.lowercased()
      } else {
        result.append(character)
      }
    }
    return result
  }

  /// `warmup-epochs` and `warmup_epochs` → `warmupEpochs`.
  static func camel(_ name: String) -> String {
    let words = name.split(whereSeparator: { $0 == "-" || $0 == "_" })
    guard let first = words.first else { return name }
    return words.dropFirst().reduce(String(first)) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
  }

  /// The known name that needs the fewest edits to become `name`; nil when none is near.
  static func nearest(to name: String, among known: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    let scored = known.map { candidate in (candidate, edits(wanted, Array(candidate.lowercased()))) }
    guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(2, wanted.count / 3) else { return nil }
    return best.0
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words (Damerau and Levenshtein).
  static func edits(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], before[j - 2] + 1) }
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
