/// Which of the known names a mistyped one was meant to be.
package enum NearestName {
  /// The name that begins as `name` does, if it is the only one; else the one that needs the fewest edits; nil when none is near.
  ///
  /// Upper and lower case, `-` and `_` make no difference.
  package static func of(_ name: String, among known: some Sequence<String>) -> String? {
    let wanted = Array(folded(name))
    let longer = known.filter { folded($0).hasPrefix(folded(name)) }
    if wanted.count >= 3, longer.count == 1 { return longer[0] }
    let scored = known.map { candidate in (candidate, edits(wanted, Array(folded(candidate)))) }
    guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(2, wanted.count / 3) else { return nil }
    return best.0
  }

  /// Whether two spellings mean the same name: `mae_st` is `mae-st`, `per-patch` is `perPatch`.
  static func isSame(_ one: String, _ other: String) -> Bool { folded(one) == folded(other) }

  private static func folded(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }

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
