import Foundation
import MAECore

/// Hides what belongs to the object of a picture, as the model itself sees it (Shin et al. 2024).
///
/// Tokens are hidden by falling relevance until the ratio is reached: the whole object first, then what is most like it.
/// Hints take a few of them out again. Without guidance, and where no object is found, tokens are hidden at random: in a
/// clip in tubes or one by one, as its graphs are.
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

  /// Finds the object of a sample; nil when its graph cannot be cut in two.
  public func relevance(of features: TokenFeatures, in grid: TokenGrid) -> Relevance? {
    precondition(features.count == grid.count, "SelfGuidedMasking: \(features.count) tokens for the grid \(grid)")
    guard hidesTubes(in: grid) else { return relevance(of: features, graphGrid: grid) }
    // The mean over the slots that could be cut; a place is the object's when it is in most of them.
    let slots = (0..<grid.time).compactMap { slot in
      relevance(
        of: features.tokens(slot * grid.plane..<(slot + 1) * grid.plane),
        graphGrid: TokenGrid(height: grid.height, width: grid.width))
    }
    guard !slots.isEmpty else { return nil }
    return Relevance(
      scores: (0..<grid.plane).map { place in slots.reduce(0) { $0 + $1.scores[place] } / Double(slots.count) },
      isObject: (0..<grid.plane).map { place in 2 * slots.count { $0.isObject[place] } > slots.count })
  }

  private func relevance(of features: TokenFeatures, graphGrid grid: TokenGrid) -> Relevance? {
    let relations = TokenRelations(features, isCentred: guide.centred)
    guard let cut = NormalizedCut(relations.similarity, edges: guide.edgeWeights), !cut.isDegenerate else { return nil }
    let cluster = cut.objectCluster(guide.cluster, grid: grid, classAttention: features.classAttention)
    return Relevance(scores: relations.scores(for: cluster), isObject: cluster)
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
    let hintCount = hintCount(hidden: hidden, progress: guidance.progress)
    var isHidden: [Bool]
    var hints: [Int] = []
    if let relevance = guidance.relevance {
      precondition(relevance.scores.count == units, "SelfGuidedMasking: \(relevance.scores.count) scores for \(units) tokens")
      let order = relevance.order
      isHidden = [Bool](repeating: false, count: units)
      for unit in order.prefix(hidden) { isHidden[unit] = true }
      hints = drawHints(hintCount, among: order.prefix(hidden), relevance, random: &random)
      if guide.hintsKeepRatio {
        hints = Array(hints.prefix(units - hidden))
        for unit in order[hidden...].prefix(hints.count) { isHidden[unit] = true }
      }
    } else {
      let mask = try self.random(in: grid).mask(context, random: &random)
      isHidden = Array(mask.bytes.prefix(units).map { $0 == 1 })
      // Every sample of a batch shows as many tokens.
      if !guide.hintsKeepRatio {
        hints = Array(isHidden.indices.filter { isHidden[$0] }.shuffled(using: &random).prefix(hintCount))
      }
    }
    for unit in hints { isHidden[unit] = false }
    let slots = grid.count / units
    return (
      TokenMask(grid: grid, isHidden: Array(repeatElement(isHidden, count: slots).joined())),
      (0..<slots).flatMap { slot in hints.sorted().map { Int32(slot * units + $0) } }
    )
  }

  /// Hints among `hidden` tokens: the ratio falls linearly from the switch to the end of the run.
  private func hintCount(hidden: Int, progress: Double) -> Int {
    guard guide.hints != .none else { return 0 }
    let ratio = guide.hintRatio + (min(guide.hintFloor, guide.hintRatio) - guide.hintRatio) * progress
    return min(hidden - 1, Int((ratio * Double(hidden)).rounded()))
  }

  private func drawHints(
    _ count: Int, among hidden: ArraySlice<Int>, _ relevance: Relevance, random: inout RandomStream
  ) -> [Int] {
    switch guide.hints {
    case .none: return []
    case .random:
      let object = hidden.filter { relevance.isObject[$0] }.shuffled(using: &random)
      // Where the object is smaller than the hints, what is most like it makes up the count.
      return Array((object + hidden.filter { !relevance.isObject[$0] }).prefix(count))
    case .score:
      // The largest of log-weight plus Gumbel noise are a draw without replacement by those weights.
      let keys = hidden.map { unit in
        (unit, relevance.scores[unit] / guide.hintTemperature - log(-log(1 - random.uniform())))
      }
      return keys.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.prefix(count).map(\.0)
    }
  }
}

extension MaskingKind {
  /// ``SelfGuidedMasking``
  public static let selfGuided = MaskingKind(SelfGuidedMasking.self)
}
