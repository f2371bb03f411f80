import MAEModels

/// One metric: what it is, and how it adds up over samples. A value serves one checkpoint.
protocol AnalysisMetric {
  static var definition: MetricDefinition { get }
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
  static func obstacle(in context: AnalysisContext) -> String? { nil }
  mutating func add(_ view: LayerView) {}
  mutating func examine(_ bench: AnalysisBench) throws {}
  var series: [MetricSeries] { [] }
  var maps: [TokenMap] { [] }
}

/// What holds for the whole analysis.
struct AnalysisContext {
  var model: ModelConfiguration
  /// The encoder block of pictures, from 1.
  var pictureLayer: Int
  /// Numbers of the samples that get pictures.
  var pictured: [Int]
  var seed: UInt64
  /// How similarities become graphs to cut, whatever guides the model's masks: positive ones as they are. A threshold would
  /// have to fit the model, since patches of small models are all alike above 0.9.
  var edges = EdgeWeights(.positive)
  /// Of the samples at hand for comparing classes.
  var labels: [String?]

  /// Whether there is a decoder that attends visible tokens and mask tokens in one sequence, and nothing else.
  var hasTokenDecoder: Bool { model.method.objective.decoderAttention == .ownTokens }

  /// Why nothing can be said about a decoder.
  var decoderObstacle: String? {
    switch model.method.objective.decoderAttention {
    case .ownTokens: nil
    case .otherFrame:
      "The decoder of \(model.method.name) attends another frame besides its own visible and mask tokens."
    case .none:
      "\(model.method.name) has no decoder: a linear head predicts pixels from the encoder's mask tokens."
    }
  }
}
