import MAECore
import MAEModels

/// Masks of one picture side by side (Shin et al. 2024, figure 5).
struct MaskComparison: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "masks", title: "Random and informed masks",
    meaning: """
      What a mask hides. random: any patches. bi_partition: the side of the normalised cut that is taken for the object. \
      informed: patches by falling relevance until the mask ratio is reached, the object first. informed_with_hints: some of the \
      hidden patches are shown after all, and others hidden in their place. The cut is that of the model's own guide, or of the \
      paper's. Where it finds no two parts, training would go on with random masks, and only those are there.
      """,
    formula: "S_i = x_i · c ÷ (|x_i| |c|),  c = mean of x_j over the object's side of the cut",
    unit: "0 visible, 1 hidden, 2 hint")
  static let presentation = MetricPresentation(
    .masks,
    [
      .map(random, caption: "random"), .map(object, caption: "one side of the cut: the object?"),
      .map(informed, caption: "informed", otherwise: "no two parts were found"),
      .map(hinted, caption: "informed, with hints"),
    ])

  private static let (random, object) = ("random", "bi_partition")
  private static let (informed, hinted) = ("informed", "informed_with_hints")

  static func obstacle(in context: AnalysisContext) -> String? {
    context.model.objective.decoderAttention == .otherFrame
      ? "Informed masks are of one picture or clip; \(context.model.method.name) hides tokens of the second of two frames."
      : nil
  }

  private let block: Int
  private let isOfBlock: Bool
  private let pictured: [Int]
  private let ratio: MaskingConfiguration
  private let patch: Int
  private let random: RandomStream
  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {
    let guide = context.model.masking.guide ?? GuideConfiguration()
    isOfBlock = guide.relations == .block
    // Of a guide that looks at the decoder the encoder's default stands here.
    block = guide.stack == .encoder ? guide.block(in: context.model) : GuideConfiguration().block(in: context.model)
    pictured = context.pictured
    ratio = context.model.masking
    patch = context.model.input.patch
    random = RandomStream(seed: context.seed).fork("masks")
  }

  mutating func add(_ view: LayerView) {
    guard view.isFinal, view.stack == .encoder, view.layer == block, pictured.contains(view.sample) else { return }
    var guide = ratio.guide ?? GuideConfiguration()
    let features = isOfBlock ? view.features : view.attended ?? view.features
    func masking(_ hints: HintKind) -> SelfGuidedMasking {
      guide.hints = hints
      var configuration = ratio
      configuration.kind = .selfGuided
      configuration.guide = guide
      return SelfGuidedMasking(configuration.inTokens(ofPatch: patch))
    }
    let relevance = masking(.none).relevance(of: features, in: view.grid)
    let context = MaskContext(grid: view.grid)
    func informed(_ hints: HintKind) -> [Double]? {
      var stream = random.fork("sample", view.sample)
      guard
        let (mask, shown) = try? masking(hints).informedMask(context, MaskGuidance(scores: relevance?.scores), random: &stream)
      else { return nil }
      var values = mask.bytes.map(Double.init)
      for token in shown { values[Int(token)] = 2 }
      return values
    }
    var stream = random.fork("sample", view.sample)
    let object = relevance.map { relevance in
      (0..<view.grid.count).map { relevance.isObject[$0 % relevance.isObject.count] ? 1.0 : 0 }
    }
    for (name, values) in [
      (Self.random, (try? masking(.none).mask(context, random: &stream))?.bytes.map(Double.init)), (Self.object, object),
      (Self.informed, object.flatMap { _ in informed(.none) }),
      (Self.hinted, object.flatMap { _ in informed(guide.hints == .none ? .random : guide.hints) }),
    ] {
      if let values { maps.append(TokenMap(name, sample: view.sample, .mask, view.grid, values)) }
    }
  }
}
