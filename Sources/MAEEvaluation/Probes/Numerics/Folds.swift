import MAECore

/// Parts of a set of samples that take turns in being judged, while the rest is learned from.
package enum Folds {
  /// Deals samples into parts of nearly equal size, each with its share of every class; the same seed deals alike.
  ///
  /// - Returns: numbers of samples, ascending in each part.
  package static func dealt(_ labels: [Int], into count: Int, seed: UInt64) -> [[Int]] {
    var random = RandomStream(seed: seed).fork("folds")
    let shuffled = random.permutation(labels.count).map(Int.init)
    var folds = [[Int]](repeating: [], count: count)
    // Classes follow each other in one round, so that a class of two samples stands in two parts.
    for (turn, sample) in shuffled.enumerated().sorted(by: { (labels[$0.1], $0.0) < (labels[$1.1], $1.0) }).map(\.1).enumerated()
    {
      folds[turn % count].append(sample)
    }
    return folds.map { $0.sorted() }
  }

  /// Everything but one part.
  static func rest(of part: [Int], count: Int) -> [Int] {
    let left = Set(part)
    return (0..<count).filter { !left.contains($0) }
  }
}
