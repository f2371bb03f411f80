import MAECheckpoint
import MAECore
import MAEFoundation
import MAEModels

/// Where the masks of a run come from.
///
/// A source may look at batches with the model, have a state that goes into checkpoints, and say what it found.
/// Belongs to the training thread.
public protocol MaskSource: AnyObject {
  /// One mask for each sample; none where the objective uses none.
  func masks(for clips: ClipBatch, at moment: MaskMoment) throws -> [TokenMask]
  /// Steps done when masks of another kind began, whose losses are not those of before; nil when none did.
  var changedAt: Int? { get }
  /// The run has another length from here on: it has a time limit, and steps take longer or shorter than thought.
  func follow(_ plan: TrainingPlan)

  /// Under which name ``state`` and metrics stand in `state.json` and `metrics.jsonl`, and in which file ``tensors``:
  /// `NAME.safetensors`.
  var name: String { get }
  /// What a checkpoint needs to go on as if the run had never stopped; nil when that is nothing.
  var state: JSONValue? { get }
  /// What it needs besides, in a file of its own; nil when that is nothing.
  var tensors: StateDictionary? { get }
  /// Takes up what ``state`` and ``tensors`` wrote.
  ///
  /// - Parameters:
  ///   - folder: of the checkpoint.
  ///   - isSameData: whether files have the numbers that they had.
  func restore(_ state: JSONValue?, from folder: String, isSameData: Bool) throws

  /// What the masks since the last call took and found, for a line of the log; nil when that is nothing.
  func takeMetrics() -> JSONValue?
  /// What a person should know since the last call, in sentences.
  func takeNotes() -> [String]
}

extension MaskSource {
  /// Of a source that has nothing to keep.
  public var name: String { "masks" }
  /// All are of one kind.
  public var changedAt: Int? { nil }
  /// Nothing depends on it.
  public func follow(_ plan: TrainingPlan) {}
  /// Nothing.
  public var state: JSONValue? { nil }
  /// Nothing.
  public var tensors: StateDictionary? { nil }
  /// Nothing to take up.
  public func restore(_ state: JSONValue?, from folder: String, isSameData: Bool) throws {}
  /// Nothing.
  public func takeMetrics() -> JSONValue? { nil }
  /// Nothing.
  public func takeNotes() -> [String] { [] }
}

/// When masks are wanted.
public struct MaskMoment: Sendable {
  /// Steps done.
  public var step: Int
  /// Share of the run that is done, 0…1.
  public var progress: Double
  /// Of the run's masks.
  public var random: RandomStream

  /// A moment of a run.
  public init(step: Int, progress: Double, random: RandomStream) {
    self.step = step
    self.progress = progress
    self.random = random
  }
}

/// Masks drawn by the model's masking from nothing but seed and position.
public final class DrawnMasks: MaskSource {
  private let model: Model

  /// Of a model with its masking.
  public init(_ model: Model) { self.model = model }

  /// The same whatever the batch size or the number of threads.
  public func masks(for clips: ClipBatch, at moment: MaskMoment) throws -> [TokenMask] {
    try model.masks(for: clips.samples, random: moment.random, progress: moment.progress)
  }
}
