import MAEModels

/// One metric: what it is, how it adds up over samples, and how it is drawn. A value serves one checkpoint.
///
/// A metric of one's own joins an analysis, its JSON and its page through ``MetricCatalogue/adding(_:)``.
public protocol AnalysisMetric: SendableMetatype {
  static var definition: MetricDefinition { get }
  static var presentation: MetricPresentation { get }
  /// Why the metric says nothing about a model or these data, as one sentence; nil when it applies.
  static func obstacle(in context: AnalysisContext) -> String?

  init(_ context: AnalysisContext)
  /// Called for every sample and every block: the encoder's from the first to the last, then the decoder's.
  mutating func add(_ view: LayerView)
  /// Called once after all samples, for what needs passes of its own.
  mutating func examine(_ bench: AnalysisBench) throws
  /// Each with one row of values.
  var series: [MetricSeries] { get }
  var maps: [TokenMap] { get }
}

extension AnalysisMetric {
  /// None by default.
  public static func obstacle(in context: AnalysisContext) -> String? { nil }
  /// Nothing by default.
  public mutating func add(_ view: LayerView) {}
  /// Nothing by default.
  public mutating func examine(_ bench: AnalysisBench) throws {}
  /// None by default.
  public var series: [MetricSeries] { [] }
  /// None by default.
  public var maps: [TokenMap] { [] }
}

/// What holds for the whole analysis.
public struct AnalysisContext {
  /// Of the last checkpoint, with the mask ratio that was asked for.
  public let model: ModelConfiguration
  /// The encoder block of pictures, from 1.
  public let pictureLayer: Int
  /// Numbers of the samples that get pictures.
  public let pictured: [Int]
  /// Of everything random in metrics.
  public let seed: UInt64
  /// How similarities become graphs to cut, whatever guides the model's masks: as they are.
  public let edges = EdgeWeights(.similarity)
  /// Of the samples at hand for comparing classes.
  public let labels: [String?]

  /// Why nothing can be said about a decoder that attends visible tokens and mask tokens in one sequence, and nothing else; nil
  /// where there is one.
  public var decoderObstacle: String? {
    switch model.objective.decoderAttention {
    case .ownTokens: nil
    case .otherFrame:
      "The decoder of \(model.method.name) attends another frame besides its own visible and mask tokens."
    case .features:
      "In the decoder of \(model.method.name) mask tokens attend features of the encoder, and not each other."
    case .rewards:
      "In the decoder of \(model.method.name) tokens of rewards stand beside visible and mask tokens."
    case .senses:
      "In the decoder of \(model.method.name) tokens of touch or of a vector stand beside those of the picture."
    case .none:
      "\(model.method.name) has no decoder: a linear head predicts pixels from the encoder's mask tokens."
    }
  }
}
