import Foundation
import MAECheckpoint
import MAEEngine
import MAEModels

/// Writes and reads the checkpoints of a run: weights, moments and state.
struct RunCheckpoints {
  let store: CheckpointStore

  init(_ folder: RunFolder) { store = CheckpointStore(folder: folder.checkpointsPath) }

  /// - Returns: the folder.
  @discardableResult
  func write(_ trainer: Trainer) throws -> String {
    try store.write(step: trainer.state.step) { folder in
      try ModelFiles.write(trainer.model, to: folder)
      try SafeTensorsWriter.write(Self.moments(of: trainer), to: folder + "/" + Self.optimizerFile)
      try trainer.state.write(to: folder)
    }.path
  }

  /// The newest checkpoint that can be read and belongs to a recipe.
  func newest(for recipe: Recipe) -> (entry: CheckpointStore.Entry, state: TrainingState)? {
    store.clean()
    var found: TrainingState?
    let entry = store.newest { entry in
      found = try? TrainingState.read(from: entry.path)
      return found?.recipe == recipe.fingerprint && found?.step == entry.step
    }
    guard let entry, let found else { return nil }
    return (entry, found)
  }

  /// Puts weights and moments of a checkpoint in their places.
  static func load(_ folder: String, into model: Model, _ optimizer: AdamW) throws {
    try ModelFiles.load(folder, into: model)
    let path = folder + "/" + optimizerFile
    let state = try SafeTensorsReader.read(path: path)
    for parameter in model.parameters.parameters where parameter.isTrainable {
      guard let first = state[firstPrefix + parameter.name], let second = state[secondPrefix + parameter.name],
        first.count == parameter.count, second.count == parameter.count
      else {
        throw CheckpointError(
          .unusable, file: path, tensor: parameter.name,
          reason: "the optimizer's moments are missing or of another size; remove this checkpoint to continue from an older one")
      }
      optimizer.setMoments(first: first.floats(), second: second.floats(), of: parameter)
    }
  }

  static let optimizerFile = "optimizer.safetensors"
  private static let firstPrefix = "exp_avg."
  private static let secondPrefix = "exp_avg_sq."

  private static func moments(of trainer: Trainer) -> StateDictionary {
    var state = StateDictionary(metadata: ["optimizer": "AdamW", "steps": String(trainer.state.optimizerSteps)])
    for parameter in trainer.model.parameters.parameters where parameter.isTrainable {
      let moments = trainer.optimizer.moments(of: parameter)
      state[firstPrefix + parameter.name] = StoredTensor(shape: parameter.shape, floats: moments.first)
      state[secondPrefix + parameter.name] = StoredTensor(shape: parameter.shape, floats: moments.second)
    }
    return state
  }
}

/// Weights and description of a model in a folder.
enum ModelFiles {
  static func write(_ model: Model, to folder: String) throws {
    var state = StateDictionary()
    for parameter in model.parameters.parameters {
      state[parameter.name] = StoredTensor(shape: parameter.shape, floats: model.parameters.values(of: parameter))
    }
    try SafeTensorsWriter.write(state, to: folder + "/model.safetensors")
  }

  static func load(_ folder: String, into model: Model) throws {
    let state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
    for parameter in model.parameters.parameters {
      guard let tensor = state[parameter.name] else { continue }
      model.parameters.setValues(tensor.floats(), of: parameter)
    }
  }
}
