import Foundation
import MAECheckpoint
import MAECore
import MAEModels
import TestSupport
import Testing

/// Cases of the normalised cut computed in double precision with NumPy: a picture's features, its cut, the object's cluster,
/// scores and informed mask.
///
/// Cases in the test resources always run; the environment variable `MAE_REFERENCE_CASES` names a folder of further ones.
@Suite struct CutCases {
  struct Description: Decodable {
    var grid: [Int]
    var width: Int
    var threshold: Double
    var maskRatio: Double
    var visible: Int
    var featureVariance: Double
    var similarityVariance: Double
    var meanIntraSimilarity: Double
    var meanInterSimilarity: Double
  }

  @Test("cuts, scores and hides as the reference", arguments: ReferenceCases.folders(with: "case.safetensors"))
  func agreement(folder: String) throws {
    let name = URL(fileURLWithPath: folder).lastPathComponent
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let description = try decoder.decode(Description.self, from: text)
    let state = try WeightFile.read(path: "\(folder)/case.safetensors").state
    func expected(_ name: String) throws -> [Double] { try #require(state[name]).floats().map(Double.init) }

    let grid = TokenGrid(height: description.grid[0], width: description.grid[1])
    let features = TokenFeatures(count: grid.count, values: try #require(state["features"]).floats())
    #expect(features.width == description.width)
    let relations = TokenRelations(features)
    let edges = EdgeWeights(.binary, threshold: description.threshold)
    let cut = try #require(NormalizedCut(relations.similarity, edges: edges))
    #expect(!cut.isDegenerate)
    #expect(largestGap(relations.similarity.values, try expected("similarity")) < 1e-6)

    // The sign is free: both are turned so that they point the same way.
    let fiedler = try expected("fiedler")
    let agreement = zip(cut.fiedler, fiedler).reduce(0) { $0 + $1.0 * $1.1 }
    let turned = cut.fiedler.map { agreement < 0 ? -$0 : $0 }
    #expect(largestGap(turned, fiedler) < 1e-4 * fiedler.reduce(0) { max($0, abs($1)) })
    #expect(abs(cut.eigenvalue - (try expected("eigenvalues"))[1]) < 1e-6)

    let cluster = cut.objectCluster(grid: grid)
    #expect(cluster == (try expected("cluster")).map { $0 == 1 })
    #expect(largestGap(relations.scores(for: cluster), try expected("score")) < 1e-6)

    let strategy = SelfGuidedMasking(
      MaskingConfiguration(
        kind: .selfGuided, ratio: description.maskRatio,
        guide: GuideConfiguration(edges: .binary, threshold: description.threshold, hints: .none)))
    let relevance = try #require(strategy.relevance(of: features, in: grid))
    var random = RandomStream(seed: 1)
    let mask = try strategy.mask(
      MaskContext(grid: grid, guidance: MaskGuidance(relevance: relevance)), random: &random)
    #expect(mask.bytes.map(Double.init) == (try expected("hidden")))
    #expect(mask.visible.count == description.visible)

    #expect(abs(relations.featureVariance - description.featureVariance) < 1e-6)
    #expect(abs(relations.similarityVariance - description.similarityVariance) < 1e-6)
    let means = relations.meanWeights(of: cluster)
    #expect(abs(try #require(means.intra) - description.meanIntraSimilarity) < 1e-6)
    #expect(abs(try #require(means.inter) - description.meanInterSimilarity) < 1e-6)
    let gap = largestGap(relations.scores(for: cluster), try expected("score"))
    print("\(name): eigenvector to \(largestGap(turned, fiedler)), score to \(gap)")
  }

  private func largestGap(_ ours: [Double], _ theirs: [Double]) -> Double {
    guard ours.count == theirs.count else { return .infinity }
    return zip(ours, theirs).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
  }
}
