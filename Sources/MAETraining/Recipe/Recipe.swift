import MAECore
import MAEEngine
import MAEModels

/// Everything that determines a training run: a value with defaults for every method, written as YAML in the run folder.
///
/// Two runs with equal recipes and equal files give equal weights, bit for bit; settings named in ``freeSettings`` may differ.
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

  /// Settings that change how a run is carried out and not what comes out: a continued run may change them.
  public static let freeSettings: Set<String> = [
    "run.threads", "run.save-every", "run.keep", "run.recompute", "data.workers", "data.decode-timeout", "data.cache",
  ]

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

/// Which samples are drawn, and how.
public struct DataRecipe: Codable, Hashable, Sendable {
  public enum Sampling: String, Codable, Hashable, Sendable {
    case still
    /// Frames `sampling-rate` apart (VideoMAE).
    case clip
    /// Frames `sampling-rate` apart on a clock of 30 per second (MAE-ST).
    case timedClip = "timed-clip"
    /// Two frames with a random gap (SiamMAE).
    case pair
  }

  public enum Crop: String, Codable, Hashable, Sendable, CaseIterable {
    case resized
    case resizedOnce = "resized-once"
    case multiScale = "multi-scale"
    case centre
  }

  /// Files, folders and lists, as given.
  public var inputs: [String] = []
  public var sampling: Sampling
  /// Frames from one frame of a clip to the next.
  public var samplingRate: Int = 1
  /// Smallest and largest distance of a pair, in frames.
  public var frameGap: [Int]?
  public var crop: Crop
  /// Smallest share of the picture that a resized crop covers.
  public var minimumArea: Double = 1
  public var filter: ResizeFilter
  /// Whether pictures with pixels that are not square are stretched to what they look like when shown.
  public var squarePixels: Bool = false
  /// Probability of a horizontal flip.
  public var flip: Double = 0
  /// Samples drawn from a file each time it is opened.
  public var repeats: Int = 1
  /// The share of unusable files above which a run stops.
  public var maxBad: Double = 0.05
  /// Decoding threads; 0 = decode while training waits, nil = as many as the machine can spare.
  public var workers: Int?
  /// Seconds that opening a file or reading its samples may take before the file counts as bad.
  public var decodeTimeout: Double = 60
  /// A folder that keeps the frame indexes of videos between runs; nil = they are made anew.
  public var cache: String?

  var cropPolicy: CropPolicy {
    switch crop {
    case .resized: .resized(minimumArea: minimumArea, filter: filter)
    case .resizedOnce: .resizedOnce(minimumArea: minimumArea, filter: filter)
    case .multiScale: .multiScale(filter: filter)
    case .centre: .centre(filter: filter)
    }
  }

  func frameSampling(frames: Int) -> FrameSampling {
    switch sampling {
    case .still: .still
    case .clip: .clip(frames: frames, stride: samplingRate)
    case .timedClip: .timedClip(frames: frames, stride: samplingRate)
    case .pair: .pair(minimumGap: frameGap?.first ?? 4, maximumGap: frameGap?.last ?? 48)
    }
  }
}

/// AdamW and the learning rate at which the schedule peaks.
public struct OptimizerRecipe: Codable, Hashable, Sendable {
  /// Rate for `reference-batch` samples; multiplied by effective batch ÷ reference batch.
  public var baseLearningRate: Double
  public var referenceBatch: Int = 256
  /// Peak rate whatever the batch is; overrides the base rate.
  public var learningRate: Double?
  public var beta1: Double = 0.9
  public var beta2: Double = 0.95
  public var epsilon: Double = 1e-8
  public var weightDecay: Double = 0.05
  /// Kinds of parameters that do not decay; public implementations differ.
  public var undecayed: [Parameter.Role]
  /// Largest norm of the gradient of all parameters; longer ones are scaled down. Nil = no limit.
  public var clipGradient: Double?

  /// The peak learning rate for an effective batch.
  public func peakLearningRate(effectiveBatch: Int) -> Double {
    learningRate ?? baseLearningRate * Double(effectiveBatch) / Double(referenceBatch)
  }
}

/// How long a run is and how the learning rate changes over it.
public struct ScheduleRecipe: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Hashable, Sendable {
    /// Linear warm-up from 0 and half a cosine, in fractional epochs (MAE).
    case halfCosine = "half-cosine"
    /// A table over steps: warm-up with inclusive ends, then half a cosine (VideoMAE).
    case cosineTable = "cosine-table"
    /// Warm-up, then a factor at each milestone (SimMIM).
    case multistep
    /// Warm-up, then no change.
    case constant
  }

  public var kind: Kind
  /// Length in passes over the data, unless `steps` is given.
  public var epochs: Double?
  /// Length in updates of the weights.
  public var steps: Int?
  public var warmupEpochs: Double
  /// The warm-up is at most this share of the run; nil = as long as `warmup-epochs` says.
  public var warmupShare: Double? = 0.1
  /// Rate at the end, scaled with the batch as the base rate is.
  public var minimumBaseLearningRate: Double = 0
  /// Rate at the start of the warm-up, scaled likewise.
  public var warmupBaseLearningRate: Double = 0
  /// Shares of the run after which the rate is multiplied by `factor`.
  public var milestones: [Double]?
  public var factor: Double?
}

/// How a run is carried out.
public struct RunRecipe: Codable, Hashable, Sendable {
  public var seed: UInt64 = 0
  /// Samples that go through the model at once.
  public var batchSize: Int = 8
  /// Batches whose gradients are added before the weights change.
  public var accumulation: Int = 1
  /// Threads that compute; nil = one per core.
  public var threads: Int?
  /// Keep only the input of each block and compute the block again in backward: less memory, more time, the same bits.
  public var recompute = false
  /// Steps between checkpoints; nil = a tenth of the run or ten minutes, whichever is sooner.
  public var saveEvery: Int?
  /// Checkpoints that stay, the newest ones; nil = 2. More of them let an analysis look back over the run.
  public var keep: Int?
  /// Weights to start from: a checkpoint or a run folder.
  public var initialWeights: String?

  public init() {}
}
