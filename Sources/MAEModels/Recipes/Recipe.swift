import MAECore

/// Everything that determines a training run: a value with defaults for every method, written as YAML in the run folder.
///
/// Two runs with equal recipes and equal files give equal weights, bit for bit; free settings may differ.
public struct Recipe: Codable, Hashable, Sendable {
  /// The size whose defaults were taken.
  public var preset: ModelSize
  public var model: ModelConfiguration
  public var data: DataRecipe
  public var optimizer: OptimizerRecipe
  public var schedule: ScheduleRecipe
  public var run: RunRecipe

  public init(
    preset: ModelSize, model: ModelConfiguration, data: DataRecipe, optimizer: OptimizerRecipe, schedule: ScheduleRecipe,
    run: RunRecipe = RunRecipe()
  ) {
    self.preset = preset
    self.model = model
    self.data = data
    self.optimizer = optimizer
    self.schedule = schedule
    self.run = run
  }

  public var method: Method { model.method }

  /// The size that is taken when none is asked for: the largest that learns something on a CPU within an hour.
  public static let defaultPreset = ModelSize.small

  /// Samples between two updates of the weights.
  public var effectiveBatch: Int { run.batchSize * run.accumulation }

  /// What the loader has to deliver.
  public var request: SampleRequest {
    SampleRequest(
      sampling: data.frameSampling(frames: model.input.frames), size: model.input.size, channels: model.input.channels,
      crop: data.cropPolicy, flipProbability: data.flip, repeats: data.repeats,
      squaresPixels: data.squarePixels)
  }
}
