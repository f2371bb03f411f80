import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import TestSupport
import Testing

/// Cases of guides and masks computed in double precision with NumPy or by public code: a picture's features, its cut, the
/// object's cluster, scores and informed mask; rates and divergences; noise and the masks that follow from it; and steps of an
/// optimizer.
///
/// Cases in the test resources always run; the environment variable `MAE_REFERENCE_CASES` names a folder of further ones. A kind
/// of case that this type does not know fails.
@Suite struct CutCases {
  /// Of vectors, scores and measures.
  static let tolerance = 1e-4

  @Test("agrees with the reference", arguments: ReferenceCases.folders(with: "case.safetensors"))
  func agreement(folder: String) throws {
    let name = URL(fileURLWithPath: folder).lastPathComponent
    let state = try WeightFile.read(path: "\(folder)/case.safetensors").state
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    func description<Description: Decodable>(_ type: Description.Type) throws -> Description {
      try decoder.decode(type, from: text)
    }
    let summary =
      switch try description(Kind.self).method {
      case "self-guided masking": try cut(description(Cut.self), state)
      case "exploitation rate": try exploitation(description(Exploitation.self), state)
      case "divergence of token relations": try divergence(state)
      case "masks": try masks(description(Masks.self), state)
      case "muon": try description(MuonCase.self).agreement(state)
      case let other: throw Unknown(description: "\(name): there is no comparison for cases of the kind '\(other)'")
      }
    print("\(name): \(summary)")
  }

  private struct Kind: Decodable { var method: String }
  private struct Unknown: Error, CustomStringConvertible { var description: String }

  // MARK: - Cuts

  private struct Cut: Decodable {
    var grid: [Int]
    var width: Int
    /// `similarity`; binary edges where it is absent.
    var edges: String?
    var threshold: Double?
    var maskRatio: Double
    var visible: Int
    var eigenvalue: Double?
    var featureVariance: Double
    var similarityVariance: Double
    var meanIntraSimilarity: Double
    var meanInterSimilarity: Double
  }

  private func cut(_ description: Cut, _ state: StateDictionary) throws -> String {
    func expected(_ name: String) throws -> [Double] { try #require(state[name]).floats().map(Double.init) }
    let grid = TokenGrid(height: description.grid[0], width: description.grid[1])
    var features = TokenFeatures(count: grid.count, values: try #require(state["features"]).floats())
    #expect(features.width == description.width)
    try #require(description.edges == "similarity" || description.threshold != nil)
    let edges = description.threshold.map { EdgeWeights(.binary, threshold: $0) } ?? EdgeWeights(.similarity)
    // TokenCut's cases score by rows of unit length.
    if edges.kind == .binary { features.values = TokenRelations(features).unitRows.map(Float.init) }
    let relations = TokenRelations(features)
    let cut = try #require(NormalizedCut(relations.similarity, edges: edges))
    #expect(!cut.isDegenerate && !cut.isClipped)
    #expect(largestGap(relations.similarity.values, try expected("similarity")) < 1e-6)

    // The sign is free: both are turned so that they point the same way.
    let fiedler = try expected("fiedler")
    let agreement = zip(cut.fiedler, fiedler).reduce(0) { $0 + $1.0 * $1.1 }
    let turned = cut.fiedler.map { agreement < 0 ? -$0 : $0 }
    let vectorGap = largestGap(turned, fiedler) / fiedler.reduce(0) { max($0, abs($1)) }
    #expect(vectorGap < Self.tolerance)
    #expect(abs(cut.eigenvalue - (try description.eigenvalue ?? expected("eigenvalues")[1])) < 1e-6)

    let cluster = cut.objectCluster(grid: grid)
    #expect(cluster == (try expected("cluster")).map { $0 == 1 })
    let scores = relations.scores(for: cluster)
    let scoreGap = largestGap(scores, try expected("score"))
    #expect(scoreGap < Self.tolerance)

    // The whole rule where it is the guide's own, else its last part.
    let strategy = SelfGuidedMasking(
      MaskingConfiguration(kind: .selfGuided, ratio: description.maskRatio, guide: GuideConfiguration(hints: .none)))
    if edges.kind == .similarity {
      #expect(strategy.relevance(of: features, in: grid) == Relevance(scores: scores, isObject: cluster))
    }
    var random = RandomStream(seed: 1)
    let mask = try strategy.mask(MaskContext(grid: grid, guidance: MaskGuidance(scores: scores)), random: &random)
    #expect(mask.bytes.map(Double.init) == (try expected("hidden")))
    #expect(mask.visible.count == description.visible)

    #expect(abs(relations.featureVariance - description.featureVariance) < 1e-6)
    #expect(abs(relations.similarityVariance - description.similarityVariance) < 1e-6)
    let means = relations.meanWeights(of: cluster)
    #expect(abs(try #require(means.intra) - description.meanIntraSimilarity) < 1e-6)
    #expect(abs(try #require(means.inter) - description.meanInterSimilarity) < 1e-6)
    return "eigenvector to \(vectorGap), score to \(scoreGap), mask exact"
  }

  // MARK: - Measures

  private struct Exploitation: Decodable {
    var layers: Int
    var heads: Int
    var visible: Int
    var hidden: Int
    var maskRatioOfTheSum: Double
  }

  private func exploitation(_ description: Exploitation, _ state: StateDictionary) throws -> String {
    let attention = try #require(state["attention"])
    let perLayer = attention.count / description.layers
    let values = attention.floats()
    let kernels = Kernels(threads: 1)
    let tokens = attention.shape[3]
    let shares = (0..<description.layers).map { layer in
      let weights = Array(values[layer * perLayer..<(layer + 1) * perLayer])
      return MaskTokenShare(
        attention: kernels.tensor(weights, [description.heads * tokens, tokens]), samples: 1, heads: description.heads,
        visible: description.visible, hidden: description.hidden)
    }
    // [layer, of, by]: of visible and mask tokens, by visible and mask tokens.
    let rates = shares.flatMap { [1 - $0.ofVisibleQueries, $0.ofVisibleQueries, 1 - $0.ofMaskQueries, $0.ofMaskQueries] }
    let rateGap = largestGap(rates, try #require(state["rates"]).floats().map(Double.init))
    #expect(rateGap < Self.tolerance)
    let layers = ExploitationRate(shares, maskRatio: description.maskRatioOfTheSum).layers
    let gap = largestGap(layers.flatMap { [$0.visible, $0.mask] }, try #require(state["to_all"]).floats().map(Double.init))
    #expect(gap < Self.tolerance)
    return "rates to \(rateGap), accumulated over all tokens to \(gap)"
  }

  private func divergence(_ state: StateDictionary) throws -> String {
    let similarity = try #require(state["similarity"])
    let (checkpoints, count) = (similarity.shape[0], similarity.shape[1])
    let values = similarity.floats().map(Double.init)
    let rows = (0..<checkpoints).map { checkpoint in
      RowDistributions(
        softmaxOf: SymmetricMatrix(
          count: count, values: Array(values[checkpoint * count * count..<(checkpoint + 1) * count * count])))
    }
    let ours = rows.map { $0.divergence(from: rows[checkpoints - 1]) }
    let gap = largestGap(ours, try #require(state["divergence"]).floats().map(Double.init))
    #expect(gap < Self.tolerance)
    return "divergence to \(gap)"
  }

  // MARK: - Noise masks

  private struct Masks: Decodable {
    struct Case: Decodable {
      struct Draw: Decodable {
        var top, left: Int
        var horizontalFlip, verticalFlip: Bool
      }
      var masker: String
      var grid: [Int]?
      var maskRatio, keptMaskRatio: Double?
      var maskGrid: Int?
      var window, batch: Int?
      var draws: [Draw]?
      var sigma, sigmaWeak, sigmaStrong: Double?
    }
    var cases: [String: Case]
  }

  private func masks(_ description: Masks, _ state: StateDictionary) throws -> String {
    var compared: [String] = []
    for (name, value) in description.cases.sorted(by: { $0.key < $1.key }) {
      func expected(_ tensor: String) throws -> StoredTensor { try #require(state["\(name)/\(tensor)"], "\(name)/\(tensor)") }
      if value.masker == "pixio" {
        try blocks(value, expected)
      } else if value.masker == "crossmae" {
        try keeping(value, expected)
      } else if value.masker == "colormae" {
        try ranking(value, expected)
      } else if value.masker == "colormae windows" {
        try windows(value, expected)
      } else if value.masker.hasPrefix("noise filters") {
        try filters(value, expected)
      } else {
        throw Unknown(description: "\(name): there is no comparison for the masker '\(value.masker)'")
      }
      compared.append(name)
    }
    return "\(compared.joined(separator: ", ")) agree"
  }

  /// Blocks of patches that stay visible, by ascending noise.
  private func blocks(_ value: Masks.Case, _ expected: (String) throws -> StoredTensor) throws {
    let (noise, mask, kept) = (try expected("noise"), try expected("mask").floats(), try expected("ids_keep"))
    let (batch, count, sides) = (noise.shape[0], noise.shape[1], try #require(value.grid))
    let grid = TokenGrid(height: sides[0], width: sides[1])
    let rounding = RatioRounding.visibleDownPatches(side: try #require(value.maskGrid))
    let masking = RandomMasking(MaskingConfiguration(kind: .random, ratio: try #require(value.maskRatio), rounding: rounding))
    for sample in 0..<batch {
      let values = noise.floats()[sample * count..<(sample + 1) * count].map(Double.init)
      let ours = masking.mask(grid, order: Relevance.order(values).reversed().map(Int32.init))
      #expect(ours.bytes.map(Float.init) == Array(mask[sample * grid.count..<(sample + 1) * grid.count]))
      let visible = kept.floats()[sample * kept.shape[1]..<(sample + 1) * kept.shape[1]]
      #expect(ours.visible.map(Float.init) == visible.sorted())
    }
  }

  /// Which of the hidden tokens are predicted; by descending noise as many as the configuration says.
  private func keeping(_ value: Masks.Case, _ expected: (String) throws -> StoredTensor) throws {
    let (noise, mask) = (try expected("noise"), try expected("mask").floats())
    let (batch, count, ratio) = (noise.shape[0], noise.shape[1], try #require(value.maskRatio))
    var configuration = MaskingConfiguration(kind: .random, ratio: ratio)
    configuration.keptRatio = value.keptMaskRatio
    let visible = configuration.rounding.visible(of: count, ratio: ratio)
    let kept = try #require(configuration.keptCount(of: count - visible, in: TokenGrid(height: 1, width: count)))
    let decoded = try expected("ids_decoded")
    #expect(try expected("ids_keep").shape == [batch, visible] && decoded.shape == [batch, kept])
    for sample in 0..<batch {
      let values = noise.floats()[sample * count..<(sample + 1) * count].map(Double.init)
      let predicted = Set(Relevance.order(values).prefix(kept))
      #expect((0..<count).map { predicted.contains($0) ? 1 : 0 } == Array(mask[sample * count..<(sample + 1) * count]))
      #expect(predicted.sorted().map(Float.init) == Array(decoded.floats()[sample * kept..<(sample + 1) * kept]))
    }
  }

  private func ranking(_ value: Masks.Case, _ expected: (String) throws -> StoredTensor) throws {
    let (field, mask, kept) = (try expected("field"), try expected("mask").floats(), try expected("ids_keep"))
    let (batch, count) = (field.shape[0], field.shape[1] * field.shape[2])
    let visible = RatioRounding.visibleDown.visible(of: count, ratio: try #require(value.maskRatio))
    #expect(kept.shape == [batch, visible])
    for sample in 0..<batch {
      let order = Relevance.order(field.floats()[sample * count..<(sample + 1) * count].map(Double.init))
      #expect(order.prefix(visible).map(Float.init) == Array(kept.floats()[sample * visible..<(sample + 1) * visible]))
      let shown = Set(order.prefix(visible))
      #expect((0..<count).map { shown.contains($0) ? 0 : 1 } == Array(mask[sample * count..<(sample + 1) * count]))
    }
  }

  private func windows(_ value: Masks.Case, _ expected: (String) throws -> StoredTensor) throws {
    let patterns = try expected("patterns")
    let (count, side, window) = (patterns.shape[0], patterns.shape[1], try #require(value.window))
    let values = patterns.floats().map(Double.init)
    var ours: [Double] = []
    for sample in 0..<(try #require(value.batch)) {
      // One draw for all patterns of a pass.
      let draw = try #require(value.draws)[sample / count]
      let pattern = sample % count
      let field = NoiseField(side: side, values: Array(values[pattern * side * side..<(pattern + 1) * side * side]))
      let cut = field.window(
        top: draw.top, left: draw.left, height: window, width: window, mirrorsColumns: draw.horizontalFlip,
        mirrorsRows: draw.verticalFlip)
      let largest = try #require(cut.max())
      ours += cut.map { $0 / largest }
    }
    #expect(largestGap(ours, try expected("windows").floats().map(Double.init)) < 1e-5)
  }

  private func filters(_ value: Masks.Case, _ expected: (String) throws -> StoredTensor) throws {
    let white = try expected("white")
    let field = NoiseField(side: white.shape[0], values: white.floats().map(Double.init))
    for colour in NoiseField.Colour.allCases {
      let deviations =
        colour.isBand ? (try #require(value.sigmaWeak), try #require(value.sigmaStrong)) : (try #require(value.sigma), 0)
      let filtered = field.filtered(colour, deviations)
      #expect(largestGap(filtered.values, try expected(colour.rawValue).floats().map(Double.init)) < 1e-5, "\(colour)")
      let window = filtered.window(top: 0, left: 0, height: 14, width: 14, mirrorsColumns: false, mirrorsRows: false)
      let visible = RatioRounding.visibleDown.visible(of: 196, ratio: try #require(value.maskRatio))
      let shown = Set(Relevance.order(window).prefix(visible))
      #expect((0..<196).map { shown.contains($0) ? 0 : 1 } == (try expected("\(colour.rawValue)/mask")).floats(), "\(colour)")
    }
  }

  private func largestGap(_ ours: [Double], _ theirs: [Double]) -> Double {
    guard ours.count == theirs.count else { return .infinity }
    return zip(ours, theirs).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
  }
}
