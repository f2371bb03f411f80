import MAECore

/// How a run is carried out.
public struct RunRecipe: Codable, Hashable, Sendable {
  /// Of everything that is random.
  public var seed: UInt64 = 0
  /// Samples that go through the model at once.
  public var batchSize: Int = 8
  /// Batches whose gradients are added before the weights change.
  public var accumulation: Int = 1
  /// Threads that compute; nil = one per core.
  public var threads: Int?
  /// Of the operands of linear layers; nil = float32.
  public var precision: Precision?
  /// Keep only the input of each block and compute the block again in backward: less memory, more time, the same bits.
  public var recompute = false
  /// Steps between checkpoints; nil = a tenth of the run or ten minutes, whichever is sooner.
  public var saveEvery: Int?
  /// Checkpoints that stay; nil = ``CheckpointKeeping/usual``, as far as there is room. An analysis looks back over them.
  public var keep: CheckpointKeeping?
  /// Steps whose loss or gradient lies more than so many standard deviations above what is usual change nothing; nil = no step
  /// is left out for that.
  public var skipSpikes: Double?
  /// Folder of a run to go on from as if it had been longer; see ``ScheduleRecipe/Kind/wsd``.
  public var extends: String?
  /// Weights to start from: a checkpoint or a run folder.
  public var initialWeights: String?
  /// Of several models in that file, the one under this key; nil = the one that fits best.
  public var initialWeightsKey: String?

  /// The defaults.
  public init() {}
}
