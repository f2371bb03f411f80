import MAEEngine
import MAEModels

/// A similarity graph cut into several groups: the group whose own cut costs least is cut next.
package enum RecursiveCut {
  /// A part smaller than this stays whole.
  private static let smallest = 6

  /// The group of each token, up to `count` of them; groups are numbered by falling size.
  package static func groups(of similarity: SymmetricMatrix, count: Int, edges: EdgeWeights) -> [Int] {
    var parts = [Part(Array(0..<similarity.count), similarity, edges)]
    while parts.count < count {
      let cuttable = parts.indices.filter { parts[$0].cut != nil }
      guard let next = cuttable.min(by: { parts[$0].cut!.eigenvalue < parts[$1].cut!.eigenvalue }) else { break }
      let part = parts.remove(at: next)
      for side in [true, false] {
        let tokens = zip(part.tokens, part.cut!.partition).filter { $0.1 == side }.map(\.0)
        parts.append(Part(tokens, similarity, edges))
      }
    }
    var groups = [Int](repeating: 0, count: similarity.count)
    for (number, part) in parts.enumerated() { for token in part.tokens { groups[token] = number } }
    return KMeans.numberedBySize(groups)
  }

  private struct Part {
    let tokens: [Int]
    let cut: NormalizedCut?

    init(_ tokens: [Int], _ similarity: SymmetricMatrix, _ edges: EdgeWeights) {
      self.tokens = tokens
      guard tokens.count >= smallest else {
        cut = nil
        return
      }
      cut = NormalizedCut(similarity.selecting(tokens), edges: edges).flatMap { $0.isDegenerate ? nil : $0 }
    }
  }
}
