import Foundation
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
  public var seed: UInt64
  /// ``Recipe/fingerprint``.
  public var recipe: String
  /// Fingerprint of the list of files.
  public var data: String
  /// Updates of the weights; fewer than steps when some were left out.
  public var optimizerSteps = 0
  public var lossGuard = LossGuard()
  /// Of a self-guided run.
  public var guide: GuideState?
  /// Seconds of training.
  public var seconds = 0.0

  public init(seed: UInt64, recipe: String, data: String) {
    self.seed = seed
    self.recipe = recipe
    self.data = data
  }

  private enum CodingKeys: String, CodingKey {
    case step, epoch, cursor, seed, recipe, data, guide, seconds
    case optimizerSteps = "optimizer_steps"
    case lossGuard = "left_out"
  }

  static let fileName = "state.json"

  func write(to folder: String) throws(TrainingError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(self) else { preconditionFailure("TrainingState: cannot be written") }
    try TextFile.replace(folder + "/" + Self.fileName, with: String(decoding: data, as: UTF8.self) + "\n")
  }

  static func read(from folder: String) throws(TrainingError) -> TrainingState {
    let path = folder + "/" + fileName
    guard let text = try TextFile.read(path) else { throw TrainingError(.missing, "\(path): there is no such file") }
    guard let state = try? JSONDecoder().decode(TrainingState.self, from: Data(text.utf8)) else {
      throw TrainingError(.unusable, "\(path): is not the state of a run; remove this checkpoint to continue from an older one")
    }
    return state
  }
}
