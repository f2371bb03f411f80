import Foundation
import MAECore
import MAEEngine
import MAEModels
import TestSupport
import Testing

@Suite struct NormalizedCutTests {
  /// A still of textures: `object` says which texture a token has. Features are the token's pixels themselves.
  static func features(_ grid: TokenGrid, object: (Int, Int) -> Bool, noise: Double = 12, seed: UInt64 = 3) -> TokenFeatures {
    var random = RandomStream(seed: seed)
    let patch = 8
    var values: [Float] = []
    for row in 0..<grid.height {
      for column in 0..<grid.width {
        let isObject = object(row, column)
        for y in 0..<patch {
          for x in 0..<patch {
            // Stripes across against stripes down, around grey.
            let wave = isObject ? sin(Double(x) * .pi / 2) : sin(Double(y) * .pi / 4)
            let colour = isObject ? [60.0, -20, 10] : [-30, 25, -50]
            for channel in 0..<3 { values.append(Float(40 * wave + colour[channel] + noise * random.normal())) }
          }
        }
      }
    }
    return TokenFeatures(count: grid.count, values: values)
  }

  @Test(
    "the border of two textures is found exactly", arguments: [(12, 12, 6), (14, 14, 7), (8, 12, 3), (5, 9, 4), (14, 14, 2)])
  func halves(height: Int, width: Int, border: Int) throws {
    let grid = TokenGrid(height: height, width: width)
    for edges in EdgeWeights.Kind.allCases {
      let relations = TokenRelations(Self.features(grid) { _, column in column < border })
      let cut = try #require(NormalizedCut(relations.similarity, edges: EdgeWeights(edges)))
      #expect(!cut.isDegenerate)
      let side = cut.partition.map { $0 == cut.partition[0] }
      #expect(side == (0..<grid.count).map { $0 % width < border }, "\(edges)")
      // Scores put one half before the other.
      let order = Relevance.order(relations.scores(for: side))
      #expect(Set(order.prefix(border * height)) == Set((0..<grid.count).filter { side[$0] }))
    }
  }

  @Test("an object on a background is found exactly, whatever the rule for its side")
  func object() throws {
    let grid = TokenGrid(height: 14, width: 14)
    let isObject = (0..<196).map { (4..<9).contains($0 / 14) && (5..<10).contains($0 % 14) }
    let relations = TokenRelations(Self.features(grid) { isObject[$0 * 14 + $1] })
    let cut = try #require(NormalizedCut(relations.similarity))
    for choice in ClusterChoice.allCases { #expect(cut.objectCluster(choice, grid: grid) == isObject, "\(choice)") }
  }

  @Test("agrees with a dense solver", arguments: EdgeWeights.Kind.allCases, [UInt64(1), 2, 3])
  func dense(kind: EdgeWeights.Kind, seed: UInt64) throws {
    let grid = TokenGrid(height: 9, width: 11)
    let relations = TokenRelations(
      Self.features(grid, object: { row, column in row + 2 * column < 13 }, noise: 60, seed: seed))
    let edges = EdgeWeights(kind)
    let cut = try #require(NormalizedCut(relations.similarity, edges: edges))
    let weights = edges.weights(relations.similarity)
    let roots = weights.rowSums.map { $0.squareRoot() }
    let solved = DenseEigenvectors(weights.scaled(by: roots.map { 1 / $0 }))
    // The constant vector has the eigenvalue 1, which negative similarities let others pass.
    let index = abs(solved.values[0] - 1) < 1e-9 ? 1 : 0
    #expect(index == 1 || kind == .similarity)
    let y = zip(solved.vector(index), roots).map { $0 / $1 }
    let length = y.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let sign = zip(y, cut.fiedler).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1.0 : 1
    let gap = zip(y, cut.fiedler).reduce(0) { max($0, abs(sign * $1.0 / length - $1.1)) }
    #expect(gap < 1e-4, "differs by \(gap)")
    #expect(abs(1 - solved.values[index] - cut.eigenvalue) < 1e-10)
  }

  @Test("turning the eigenvector's sign changes no cluster", arguments: ClusterChoice.allCases)
  func sign(choice: ClusterChoice) throws {
    let grid = TokenGrid(height: 10, width: 12)
    for seed in 1..<8 {
      let relations = TokenRelations(
        Self.features(grid, object: { row, column in (row * column) % 7 < 3 }, noise: 70, seed: UInt64(seed)))
      let cut = try #require(NormalizedCut(relations.similarity))
      let turned = NormalizedCut(fiedler: cut.fiedler.map { -$0 }, eigenvalue: cut.eigenvalue)
      #expect(cut.objectCluster(choice, grid: grid) == turned.objectCluster(choice, grid: grid))
    }
  }

  @Test("graphs without two parts are known as such")
  func degenerate() throws {
    let grid = TokenGrid(height: 6, width: 6)
    let equal = TokenFeatures(count: 36, values: (0..<36).flatMap { _ in [1, 2, 3] as [Float] })
    #expect(try #require(NormalizedCut(TokenRelations(equal).similarity)).isDegenerate)
    // One token unlike all others.
    let odd = TokenFeatures(count: 36, values: (0..<36).flatMap { $0 == 7 ? [3, -3, 0] : [1, 2, 3] as [Float] })
    #expect(try #require(NormalizedCut(TokenRelations(odd).similarity)).isDegenerate)
    let broken = TokenFeatures(count: 36, values: (0..<36).flatMap { $0 == 7 ? [.nan, 0, 0] : [1, 2, 3] as [Float] })
    #expect(NormalizedCut(TokenRelations(broken).similarity) == nil)
    let zeros = TokenFeatures(count: 36, values: [Float](repeating: 0, count: 108))
    let masking = SelfGuidedMasking(MaskingConfiguration(kind: .selfGuided, ratio: 0.75))
    for features in [equal, odd, broken, zeros] { #expect(masking.relevance(of: features, in: grid) == nil) }
  }

  @Test("where degrees are not positive, similarities below zero are left out, and that is said")
  func clipped() throws {
    let grid = TokenGrid(height: 4, width: 5)
    // Two groups that look in opposite directions: the rows of the smaller one add up to less than zero.
    var values: [Float] = []
    for token in 0..<20 {
      let sign: Float = token < 8 ? 1 : -1
      values += [sign, sign * 0.02 * Float(token % 10)]
    }
    let opposite = TokenFeatures(count: 20, values: values)
    let cut = try #require(NormalizedCut(TokenRelations(opposite).similarity))
    #expect(cut.isClipped && !cut.isDegenerate)
    #expect(Set([cut.partition.prefix(8).allSatisfy { $0 }, cut.partition.suffix(12).allSatisfy { $0 }]) == [true, false])
    let masking = SelfGuidedMasking(MaskingConfiguration(kind: .selfGuided, ratio: 0.75))
    #expect(masking.relevance(of: opposite, in: grid)?.isClipped == true)
    let usual = TokenRelations(Self.features(grid) { _, column in column < 2 }).similarity
    #expect(NormalizedCut(usual)?.isClipped == false)
  }

  @Test("scores compare with the mean of the rows as they are: long ones count more")
  func scores() {
    let features = TokenFeatures(count: 3, values: [3, 0, 0, 1, 0.5, 0.5])
    let scores = TokenRelations(features).scores(for: [true, true, false])
    // The mean is (1.5, 0.5), of length √2.5.
    let expected: [Double] = [1.5, 0.5, 2.0.squareRoot()]
    for (score, product) in zip(scores, expected) { #expect(abs(score * 2.5.squareRoot() - product) < 1e-6) }
  }

  @Test("variances and mean weights agree with plain sums")
  func variances() throws {
    let grid = TokenGrid(height: 5, width: 7)
    let features = Self.features(grid, object: { row, _ in row < 2 }, noise: 90)
    let relations = TokenRelations(features)
    let (count, width) = (grid.count, features.width)
    var total = 0.0
    for index in 0..<width {
      let column = (0..<count).map { relations.unitRows[$0 * width + index] }
      let mean = column.reduce(0, +) / Double(count)
      total += column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    }
    #expect(abs(total - relations.featureVariance) < 1e-12)
    let pairs = (0..<count).flatMap { a in (0..<count).filter { a < $0 }.map { (a, $0) } }
    let values = pairs.map { relations.similarity[$0.0, $0.1] }
    let mean = values.reduce(0, +) / Double(values.count)
    #expect(
      abs(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count) - relations.similarityVariance) < 1e-12)
    let side = (0..<count).map { $0 < 14 }
    let means = relations.meanWeights(of: side)
    let inside = pairs.filter { side[$0.0] == side[$0.1] }.map { relations.similarity[$0.0, $0.1] }
    let across = pairs.filter { side[$0.0] != side[$0.1] }.map { relations.similarity[$0.0, $0.1] }
    #expect(abs(try #require(means.intra) - inside.reduce(0, +) / Double(inside.count)) < 1e-12)
    #expect(abs(try #require(means.inter) - across.reduce(0, +) / Double(across.count)) < 1e-12)
    #expect(relations.meanWeights(of: [Bool](repeating: true, count: count)).inter == nil)
  }
}
