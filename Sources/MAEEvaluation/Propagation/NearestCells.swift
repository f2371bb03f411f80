/// The cells whose features are most similar to one cell's, found without sorting the others.
struct NearestCells {
  /// A cell of the context, and how often it stands there.
  struct Entry: Hashable {
    var similarity: Float
    /// Its row in the context's labels.
    var source: Int
    var copies: Int
  }

  /// From the most similar on; equal ones in the order of their offers.
  private(set) var entries: [Entry] = []
  private let wanted: Int
  private let keepsTies: Bool
  private var total = 0
  /// What a cell must reach, or exceed if ties are not kept.
  private(set) var threshold = -Float.infinity

  /// - Parameters:
  ///   - wanted: cells, copies counted.
  ///   - keepsTies: whether cells as similar as the last one are kept beside it.
  init(_ wanted: Int, keepsTies: Bool) {
    self.wanted = wanted
    self.keepsTies = keepsTies
    entries.reserveCapacity(wanted + 1)
  }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    (total, threshold) = (0, -.infinity)
  }

  /// Whether a cell of this similarity would be kept.
  func takes(_ similarity: Float) -> Bool { similarity > threshold || (keepsTies && similarity == threshold) }

  /// - Precondition: ``takes(_:)`` says so.
  mutating func insert(_ similarity: Float, source: Int, copies: Int) {
    let place = entries.lastIndex { $0.similarity >= similarity }.map { $0 + 1 } ?? 0
    entries.insert(Entry(similarity: similarity, source: source, copies: copies), at: place)
    total += copies
    while let last = entries.last, total - last.copies >= wanted {
      if keepsTies, last.similarity == entries[wanted - 1].similarity { break }
      total -= last.copies
      entries.removeLast()
    }
    if total >= wanted { threshold = entries[entries.count - 1].similarity }
  }

  /// How often each entry counts: as it stands there, all together as often as wanted unless ties are kept.
  func forEachCounted(_ body: (Entry, _ count: Int) -> Void) {
    var left = keepsTies ? Int.max : wanted
    for entry in entries where left > 0 {
      body(entry, min(entry.copies, left))
      left -= min(entry.copies, left)
    }
  }
}
