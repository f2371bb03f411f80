import Foundation
import MAECore
import MAEEngine

/// Hides what belongs to the object of a picture, as the model itself sees it (Shin et al. 2024).
///
/// Tokens are hidden by falling relevance until the ratio is reached: the whole object first, then what is most like it. Hints
/// take a few of them out again, and the most relevant of the others go in their place. Without guidance, and where no object is
/// found, tokens are hidden at random: in a clip in tubes or one by one, as its graphs are.
public struct SelfGuidedMasking: GuidedMasking {
  /// The name in files and on the command line.
  public static let kind = "self-guided"

  /// How the object is found and which hints are given.
  public let guide: GuideConfiguration
  private let configuration: MaskingConfiguration

  /// Takes ratio, rounding and guide of a configuration.
  public init(_ configuration: MaskingConfiguration) {
    guide = configuration.guide ?? GuideConfiguration()
    self.configuration = configuration
  }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { random(in: grid).visibleCount(in: grid) }

  /// What hides where nothing is known.
  private func random(in grid: TokenGrid) -> any MaskingStrategy {
    hidesTubes(in: grid) ? TubeMasking(configuration) : RandomMasking(configuration)
  }

  private func hidesTubes(in grid: TokenGrid) -> Bool { grid.time > 1 && guide.clipGraph == .frames }

  /// At the decoder's word and once for each still, as in the paper; clips change with every sample.
  public static func schedule(forClips isForClips: Bool) -> GuidanceRecipe {
    GuidanceRecipe(start: .automatic, mode: isForClips ? .step : .image)
  }

  /// A masked autoencoder and values that fit it.
  public static func problems(in model: ModelConfiguration) -> [String] {
    let isPossible = model.objective.decoderAttention == .ownTokens
    return (isPossible ? [] : ["--mask-type self-guided needs a masked autoencoder; \(model.method) is not one"])
      + (model.masking.guide ?? GuideConfiguration()).problems(in: model)
  }

  /// Object and background where they alternate.
  public var views: Int { guide.target == .alternating ? 2 : 1 }

  /// Finds the side to hide in each sample; nil where its graph cannot be cut in two.
  public func relevance(_ source: PixelSource, of model: Model, view: Int, on kernels: Kernels) -> [Relevance?] {
    let (features, grid) = (model.tokenFeatures(source, guide, on: kernels), model.configuration.grid)
    return kernels.workers.map(features.count) { relevance(of: features[$0], in: grid, view: view) }
  }

  /// Finds the side of a sample to hide; nil when its graph cannot be cut in two.
  public func relevance(of features: TokenFeatures, in grid: TokenGrid, view: Int = 0) -> Relevance? {
    precondition(features.count == grid.count, "SelfGuidedMasking: \(features.count) tokens for the grid \(grid)")
    guard hidesTubes(in: grid) else { return relevance(of: features, graphGrid: grid, view: view) }
    // The mean over the slots that could be cut; a place is hidden as the object when it is so in most of them.
    let slots = (0..<grid.time).compactMap { slot in
      relevance(
        of: features.tokens(slot * grid.plane..<(slot + 1) * grid.plane),
        graphGrid: TokenGrid(height: grid.height, width: grid.width), view: view)
    }
    guard !slots.isEmpty else { return nil }
    return Relevance(
      scores: (0..<grid.plane).map { place in slots.reduce(0) { $0 + $1.scores[place] } / Double(slots.count) },
      isObject: (0..<grid.plane).map { place in 2 * slots.count { $0.isObject[place] } > slots.count },
      isClipped: slots.contains { $0.isClipped })
  }

  private func relevance(of features: TokenFeatures, graphGrid grid: TokenGrid, view: Int) -> Relevance? {
    let relations = TokenRelations(features)
    guard let cut = NormalizedCut(relations.similarity, edges: EdgeWeights(guide.edges)), !cut.isDegenerate else { return nil }
    var hidden = cut.objectCluster(guide.object, grid: grid)
    if guide.target == .background || view == 1 { hidden = hidden.map { !$0 } }
    return Relevance(scores: relations.scores(for: hidden), isObject: hidden, isClipped: cut.isClipped)
  }

  /// The mask of one sample: by relevance where the context has guidance, else at random.
  public func mask(_ context: MaskContext, random: inout RandomStream) throws(MaskingError) -> TokenMask {
    guard let guidance = context.guidance else { return try self.random(in: context.grid).mask(context, random: &random) }
    return try informedMask(context, guidance, random: &random).mask
  }

  /// The mask with the tokens that are shown as hints.
  public func informedMask(
    _ context: MaskContext, _ guidance: MaskGuidance, random: inout RandomStream
  ) throws(MaskingError) -> (mask: TokenMask, hints: [Int32]) {
    let grid = context.grid
    // Tokens, or places where all slots are alike.
    let units = hidesTubes(in: grid) ? grid.plane : grid.count
    let hidden = units - visibleCount(in: grid) * units / grid.count
    var isHidden: [Bool]
    var hints: [Int] = []
    if let scores = guidance.scores {
      precondition(scores.count == units, "SelfGuidedMasking: \(scores.count) scores for \(units) tokens")
      let order = Relevance.order(scores)
      isHidden = [Bool](repeating: false, count: units)
      hints = drawHints(
        hintCount(hidden: hidden, of: units, guidance.progress), among: order.prefix(hidden), scores, random: &random)
      for unit in order.prefix(hidden + hints.count) { isHidden[unit] = true }
    } else {
      isHidden = try self.random(in: grid).mask(context, random: &random).bytes.prefix(units).map { $0 == 1 }
    }
    for unit in hints { isHidden[unit] = false }
    let slots = grid.count / units
    return (
      TokenMask(grid: grid, isHidden: Array(repeatElement(isHidden, count: slots).joined())),
      (0..<slots).flatMap { slot in hints.sorted().map { Int32(slot * units + $0) } }
    )
  }

  /// Hints among `hidden` tokens; each is replaced by a visible token.
  private func hintCount(hidden: Int, of units: Int, _ progress: Double) -> Int {
    guard guide.hints != .none else { return 0 }
    let share = guide.hintRatio * (1 - progress * progress)
    return min(hidden - 1, units - hidden, max(1, Int((share * Double(hidden)).rounded())))
  }

  private func drawHints(
    _ count: Int, among hidden: ArraySlice<Int>, _ scores: [Double], random: inout RandomStream
  ) -> [Int] {
    switch guide.hints {
    case .none: return []
    case .random: return Array(hidden.sorted().shuffled(using: &random).prefix(count))
    case .score:
      let drawn = WeightedDraw.order(of: hidden.map { scores[$0] / 0.1 }, random: &random)
      return drawn.prefix(count).map { hidden[$0] }
    }
  }
}

extension MaskingKind {
  /// ``SelfGuidedMasking``
  public static let selfGuided = MaskingKind(SelfGuidedMasking.self)
}
