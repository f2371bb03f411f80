import MAECore

/// Everything that determines a training run: a value with defaults for every method, written as YAML in the run folder.
///
/// Two runs with equal recipes and equal files give equal weights, bit for bit; free settings may differ.
public struct Recipe: Codable, Hashable, Sendable {
  /// The size whose defaults were taken.
  public var preset: ModelSize
  /// What is trained.
  public var model: ModelConfiguration
  /// When its own view of the samples comes to choose what is hidden; there with self-guided masking alone.
  public var guidance: GuidanceRecipe?
  /// How labelled samples are altered; there with a classifier alone.
  public var fineTuning: FineTuningRecipe?
  /// On which samples.
  public var data: DataRecipe
  /// With which optimiser.
  public var optimizer: OptimizerRecipe
  /// How long, and at which rates.
  public var schedule: ScheduleRecipe
  /// What is measured beside the loss.
  public var evaluation: EvaluationRecipe
  /// How the run is carried out.
  public var run: RunRecipe

  /// A recipe of its parts.
  public init(
    preset: ModelSize, model: ModelConfiguration, guidance: GuidanceRecipe? = nil, data: DataRecipe, optimizer: OptimizerRecipe,
    schedule: ScheduleRecipe, evaluation: EvaluationRecipe = EvaluationRecipe(), run: RunRecipe = RunRecipe()
  ) {
    self.preset = preset
    self.model = model
    self.guidance = guidance
    self.data = data
    self.optimizer = optimizer
    self.schedule = schedule
    self.evaluation = evaluation
    self.run = run
  }

  /// The model's.
  public var method: Method { model.method }

  /// The size that a method has where none is asked for.
  public static let defaultPreset = ModelSize.small

  /// What `mae pretrain` takes at most where nobody says how long: long enough to learn something, short enough to wait for.
  public static let defaultMaxTime = TimeLimit(seconds: 3600)

  /// Samples between two updates of the weights; of numbers that are refused afterwards it may be any.
  public var effectiveBatch: Int { run.batchSize &* run.accumulation }

  /// Of the hidden tokens those that are predicted, as a share by which the rule of the learning rate goes: kept ratio ÷ ratio
  /// (Fu et al. 2024, CrossMAE); nil where it does not go by it.
  public var rateShare: Double? {
    guard optimizer.scalesByKeptShare == true, model.classifier == nil else { return nil }
    return (model.masking.keptRatio ?? model.masking.ratio) / model.masking.ratio
  }

  /// The peak learning rate that the rule gives: base rate · share of the predicted · effective batch ÷ reference batch.
  public var ruledLearningRate: Double {
    optimizer.baseLearningRate * (rateShare ?? 1) * Double(effectiveBatch) / Double(optimizer.referenceBatch)
  }

  /// The highest learning rate of a run.
  public var peakLearningRate: Double { optimizer.learningRate ?? ruledLearningRate }

  /// What the loader has to deliver.
  public var request: SampleRequest {
    var request = SampleRequest(
      sampling: data.frameSampling(frames: model.input.frames), size: model.input.size, channels: model.input.channels,
      crop: data.cropPolicy, flipProbability: data.flip, repeats: data.repeats,
      squaresPixels: data.squarePixels)
    let sensors = model.input.sensors
    request.views = model.input.views ?? (sensors > 0 ? ["image"] + (1...sensors).map { "touch\($0)" } : nil)
    request.groupsByView = sensors > 0
    request.vector = model.input.vector
    return request
  }
}
