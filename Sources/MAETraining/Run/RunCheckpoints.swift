import Foundation
import MAECheckpoint
import MAEEngine
import MAEModels
import MAERecipes

/// Writes and reads the checkpoints of a run: weights, moments and state.
struct RunCheckpoints {
  let store: CheckpointStore
  private let samplingRate: Int

  init(_ folder: RunFolder, _ recipe: Recipe) {
    samplingRate = recipe.data.samplingRate
    store = CheckpointStore(folder: folder.checkpointsPath, kept: recipe.run.keep ?? 2)
  }

  /// - Parameter best: a step whose checkpoint stays.
  /// - Returns: the folder.
  @discardableResult
  func write(_ trainer: Trainer, best: Int? = nil) throws -> String {
    try store.write(step: trainer.state.step, pinned: Set([best].compactMap(\.self))) { folder in
      try Checkpoint.write(
        trainer.model, to: folder,
        notes: [
          "step": String(trainer.state.step), "epoch": "\(trainer.state.epoch)", "data": trainer.state.data,
          "sampling-rate": String(samplingRate),
        ])
      try SafeTensorsWriter.write(Self.moments(of: trainer), to: folder + "/" + Self.optimizerFile)
      if let tensors = trainer.masks.tensors {
        try SafeTensorsWriter.write(tensors, to: folder + "/" + Self.maskFile(trainer.masks.name))
      }
      try trainer.state.write(to: folder)
    }.path
  }

  /// The newest checkpoint that can be read and belongs to a recipe; nil where there is none yet.
  ///
  /// - Parameter stored: the recipe of the run so far.
  /// - Throws: ``TrainingError`` when there are whole checkpoints and all belong to another recipe: a run does not start over on
  ///   top of them.
  func newest(
    for recipe: Recipe, stored: Recipe?
  ) throws(TrainingError) -> (entry: CheckpointStore.Entry, state: TrainingState)? {
    store.clean()
    let isStored = stored.map { recipe.differences(from: $0).isEmpty } ?? false
    var (found, foreign): (TrainingState?, String?) = (nil, nil)
    let entry = store.newest { entry in
      guard let state = try? TrainingState.read(from: entry.path), state.step == entry.step else { return false }
      found = state
      let belongs = state.format == nil ? isStored : state.recipe == recipe.fingerprint
      if !belongs { foreign = foreign ?? entry.path }
      return belongs
    }
    if entry == nil, let foreign {
      throw TrainingError(.usage, "\(foreign): belongs to another recipe; choose another folder, or remove the checkpoints")
    }
    guard let entry, let found else { return nil }
    return (entry, found)
  }

  /// Puts weights and moments of a checkpoint in their places.
  static func load(_ folder: String, into model: Model, _ optimizer: AdamW) throws {
    let options = WeightOptions(catalogue: Catalogue.builtIn.including(model.configuration))
    let report = try Checkpoint.read(path: folder, options: options).load(into: model)
    guard report.missing.isEmpty else {
      throw CheckpointError(
        .unusable, file: folder, tensor: report.missing[0],
        reason: "is missing; remove this checkpoint to continue from an older one")
    }
    try report.requireFinite()
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

  /// The file of ``MaskSource/tensors``.
  static func maskFile(_ name: String) -> String { "\(name).safetensors" }

  static let optimizerFile = "optimizer.safetensors"
  private static let firstPrefix = "exp_avg."
  private static let secondPrefix = "exp_avg_sq."

  private static func moments(of trainer: Trainer) -> StateDictionary {
    var state = StateDictionary(metadata: ["optimizer": "AdamW", "steps": String(trainer.state.optimizerSteps)])
    for parameter in trainer.model.parameters.parameters where parameter.isTrainable {
      let moments = trainer.optimizer.moments(of: parameter)
      state[firstPrefix + parameter.name] = StoredTensor(shape: parameter.shape, sharing: moments.first)
      state[secondPrefix + parameter.name] = StoredTensor(shape: parameter.shape, sharing: moments.second)
    }
    return state
  }
}
