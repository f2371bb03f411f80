/// The names of all dialects in one index: what a name in a file may mean, whatever stands before it and between its parts.
struct KnownNames: Sendable {
  /// What a name means if it is read in one of the dialects.
  struct Reading: Hashable, Sendable {
    /// Its place in ``Dialect/all``.
    var dialect: Int
    /// What stands before the known name: keys, wrappers; empty or ending in a dot.
    var prefix: String
    var known: String
    /// Whether the known name stands there in one piece; otherwise wrappers stand between its parts.
    var isExact: Bool
  }

  static let all = KnownNames(Dialect.all)

  /// Which dialects have a name; the number of a block is `*`.
  private let dialects: [String: [Int]]
  private let words: Set<Substring>
  private static let longestName = 24

  init(_ list: [Dialect]) {
    var dialects: [String: [Int]] = [:]
    for (index, dialect) in list.enumerated() {
      for name in dialect.publicNames { dialects[name, default: []].append(index) }
    }
    self.dialects = dialects
    words = Set(dialects.keys.flatMap { $0.split(separator: ".") })
  }

  /// Every way to read a name; none if no dialect knows its end.
  ///
  /// Parts that no dialect has a word for (`module`, `_orig_mod`, `_fsdp_wrapped_module`, `base_layer`) count as wrappers.
  func readings(of name: String) -> [Reading] {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    var readings: [Reading] = []
    for start in max(0, parts.count - Self.longestName)..<parts.count where words.contains(parts[start]) {
      let kept = parts[start...].filter { words.contains($0) || Dialect.isBlockNumber($0) }
      let known = kept.joined(separator: ".")
      guard let found = dialects[known] ?? Dialect.pattern(known).flatMap({ dialects[$0.pattern] }) else { continue }
      let prefix = parts[..<start].map { $0 + "." }.joined()
      let isExact = kept.count == parts.count - start
      readings += found.map { Reading(dialect: $0, prefix: prefix, known: known, isExact: isExact) }
    }
    return readings
  }
}
