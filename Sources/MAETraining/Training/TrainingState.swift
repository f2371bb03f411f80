import Foundation
import MAEData
import MAEFoundation
import MAEModels

/// Where a run stands, as `state.json` of a checkpoint tells.
///
/// All randomness is keyed by seed and position, so these numbers, the weights and the optimizer's moments are all that a run
/// needs to go on as if it had never stopped.
public struct TrainingState: Codable, Hashable, Sendable {
  /// Steps done.
  public var step = 0
  /// Passes over the data done, with fraction.
  public var epoch = 0.0
  /// Batches drawn.
  public var cursor = 0
  /// Of the run.
  public var seed: UInt64
  /// ``Recipe/fingerprint``, in the form of ``format``.
  public var recipe: String
  /// How the recipe's fingerprint was made; nil in states of version 0.1, whose fingerprints are of another form.
  public private(set) var format: Int? = 2
  /// Fingerprint of the list of files.
  public var data: String
  /// The phase that the weights are of, from 0; see ``TrainingPlan/phases``.
  public var phase = 0
  /// Updates of the weights; fewer than steps when some were left out.
  public var optimizerSteps = 0
  /// Steps that were left out.
  public var lossGuard = LossGuard()
  /// What losses and gradients are usual.
  public var spikes = SpikeWatch()
  /// State of the source of masks, by its name; see ``MaskSource/state``.
  public var masks: [String: JSONValue] = [:]
  /// What replaced samples whose reads failed by chance; nil when nothing did.
  public var failedReads: FailedReads?
  /// Seconds of training.
  public var seconds = 0.0
  /// Seconds with everything beside the steps, of a run with a time limit.
  public var elapsed: Double?

  /// Before the first step.
  public init(seed: UInt64, recipe: String, data: String) {
    self.seed = seed
    self.recipe = recipe
    self.data = data
  }

  private enum CodingKeys: String, CodingKey {
    case step, epoch, cursor, phase, seed, recipe, format, data, spikes, seconds, elapsed
    case optimizerSteps = "optimizer_steps"
    case lossGuard = "left_out"
    case failedReads = "failed_reads"
  }

  /// Keys that are not of its own belong to the source of masks.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Int.self, forKey: .step)
    epoch = try container.decode(Double.self, forKey: .epoch)
    cursor = try container.decode(Int.self, forKey: .cursor)
    phase = try container.decodeIfPresent(Int.self, forKey: .phase) ?? 0
    seed = try container.decode(UInt64.self, forKey: .seed)
    recipe = try container.decode(String.self, forKey: .recipe)
    format = try container.decodeIfPresent(Int.self, forKey: .format)
    data = try container.decode(String.self, forKey: .data)
    optimizerSteps = try container.decode(Int.self, forKey: .optimizerSteps)
    lossGuard = try container.decode(LossGuard.self, forKey: .lossGuard)
    spikes = try container.decodeIfPresent(SpikeWatch.self, forKey: .spikes) ?? SpikeWatch()
    failedReads = try container.decodeIfPresent(FailedReads.self, forKey: .failedReads)
    seconds = try container.decode(Double.self, forKey: .seconds)
    elapsed = try container.decodeIfPresent(Double.self, forKey: .elapsed)
    masks = try .others(than: CodingKeys.self, in: decoder)
  }

  /// What the source of masks says stands beside the rest.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(cursor, forKey: .cursor)
    if phase > 0 { try container.encode(phase, forKey: .phase) }
    try container.encode(seed, forKey: .seed)
    try container.encode(recipe, forKey: .recipe)
    try container.encodeIfPresent(format, forKey: .format)
    try container.encode(data, forKey: .data)
    try container.encode(optimizerSteps, forKey: .optimizerSteps)
    try container.encode(lossGuard, forKey: .lossGuard)
    try container.encode(spikes, forKey: .spikes)
    try container.encodeIfPresent(failedReads, forKey: .failedReads)
    try container.encode(seconds, forKey: .seconds)
    try container.encodeIfPresent(elapsed, forKey: .elapsed)
    try masks.encodeBeside(encoder)
  }

  /// The same with today's fingerprint of the recipe.
  func marked(recipe: String) -> TrainingState {
    var state = self
    (state.recipe, state.format) = (recipe, 2)
    return state
  }

  static let fileName = "state.json"

  func write(to folder: String) throws(FileError) {
    try DurableFile.write(JSONText.indented(self, keys: .useDefaultKeys) + "\n", to: folder + "/" + Self.fileName)
  }

  static func read(from folder: String) throws -> TrainingState {
    let path = folder + "/" + fileName
    let data = Data(try DurableFile.bytes(of: path))
    guard let state = try? JSONDecoder().decode(TrainingState.self, from: data) else {
      throw TrainingError(.unusable, "\(path): is not the state of a run; remove this checkpoint to continue from an older one")
    }
    return state
  }
}

extension [String: JSONValue] {
  /// Writes the values beside those of a type's own keys.
  func encodeBeside(_ encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for (name, value) in self { try container.encode(value, forKey: AnyKey(name)) }
  }

  /// What stands beside a type's own keys.
  static func others(than keys: (some CodingKey).Type, in decoder: any Decoder) throws -> Self {
    let container = try decoder.container(keyedBy: AnyKey.self)
    return Dictionary(
      uniqueKeysWithValues: try container.allKeys.filter { keys.init(stringValue: $0.stringValue) == nil }.map {
        ($0.stringValue, try container.decode(JSONValue.self, forKey: $0))
      })
  }
}
