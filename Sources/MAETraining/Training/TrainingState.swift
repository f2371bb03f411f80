import Foundation
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
