import Foundation
import MAECheckpoint
import MAEEngine
import MAEModels
import MAERecipes

/// Writes and reads the checkpoints of a run: weights, moments and state.
struct RunCheckpoints {
  let store: CheckpointStore
  private let keeping: CheckpointKeeping?
  private let samplingRate: Int
  private let isUniform: Bool
  /// Steps whose checkpoints were found damaged and stay where they are.
  private var damaged: Set<Int> = []

  init(_ folder: RunFolder, _ recipe: Recipe) {
    (samplingRate, isUniform) = (recipe.data.samplingRate, recipe.data.sampling == .uniform)
    keeping = recipe.run.keep
    store = CheckpointStore(folder: folder.checkpointsPath)
  }

  /// The checkpoint from which a run can be extended stays, too: the last one before the rate falls.
  ///
  /// - Parameter best: a step whose checkpoint stays.
  /// - Returns: the folder.
  @discardableResult
  mutating func write(_ trainer: Trainer, best: Int? = nil) throws -> String {
    let step = trainer.state.step
    let steps = store.entries().map(\.step) + [step]
    let stable = trainer.plan.schedule.decayStart.flatMap { start in steps.filter { $0 <= start }.max() }
    let entry = try store.write(
      step: step, keeping: keeping, pinned: Set([best, stable].compactMap(\.self)), damaged: damaged
    ) { folder in
      var notes = [
        "step": String(step), "epoch": "\(trainer.state.epoch)", "data": trainer.state.data,
        "sampling-rate": String(samplingRate),
      ]
      if isUniform { notes["sampling"] = DataRecipe.Sampling.uniform.rawValue }
      try trainer.judging { try Checkpoint.write(trainer.model, to: folder, notes: notes) }
      try SafeTensorsWriter.write(Self.moments(of: trainer), to: folder + "/" + Self.optimizerFile)
      if let tensors = trainer.masks.tensors {
        try SafeTensorsWriter.write(tensors, to: folder + "/" + Self.maskFile(trainer.masks.name))
      }
      try trainer.state.write(to: folder)
    }
    damaged.remove(step)
    return entry.path
  }

  /// What a run continues from.
  struct Found: Codable {
    /// The folder.
    var path: String
    var state: TrainingState
    /// That newer checkpoints are damaged, one sentence each.
    var damage: [String]
  }

  /// The newest checkpoint that is whole and belongs to a recipe; nil where there is none yet.
  ///
  /// - Parameter stored: the recipe of the run so far.
  /// - Throws: ``TrainingError`` when all whole checkpoints belong to another recipe, or all are damaged: a run does not start
  ///   over on top of them.
  mutating func newest(for recipe: Recipe, stored: Recipe?) throws(TrainingError) -> Found? {
    store.clean()
    let isStored = stored.map { recipe.differences(from: $0).isEmpty } ?? false
    var (found, foreign): (TrainingState?, String?) = (nil, nil)
    let (entry, broken) = store.search { entry in
      guard let state = try? TrainingState.read(from: entry.path), state.step == entry.step else { return false }
      found = state
      let belongs = state.format == nil ? isStored : state.recipe == recipe.fingerprint
      if !belongs { foreign = foreign ?? entry.path }
      return belongs
    }
    if entry == nil, let foreign {
      throw TrainingError(.usage, "\(foreign): belongs to another recipe; choose another folder, or remove the checkpoints")
    }
    guard let entry, let found else {
      guard let newest = broken.first else { return nil }
      throw TrainingError(
        .unusable,
        """
        \(newest.error), and no older checkpoint is whole; copy them back from elsewhere, or remove \(store.folder) to start over
        """)
    }
    damaged = Set(broken.map(\.entry.step))
    let damage = broken.map {
      "\($0.error); the run goes on from step \(entry.step), and the damaged checkpoint stays until its step is written anew"
    }
    return Found(path: entry.path, state: found, damage: damage)
  }

  /// Puts weights and moments of a checkpoint in their places.
  ///
  /// - Returns: what people should know of the checkpoint, one sentence each.
  static func load(_ folder: String, into model: Model, _ optimizer: any Optimizer) throws -> [String] {
    let options = WeightOptions(catalogue: Catalogue.builtIn.including(model.configuration))
    let checkpoint = try Checkpoint.read(path: folder, options: options)
    let report = try checkpoint.load(into: model)
    guard report.missing.isEmpty else {
      throw CheckpointError(
        .unusable, file: folder, tensor: report.missing[0],
        reason: "is missing; remove this checkpoint to continue from an older one")
    }
    try report.requireFinite()
    let path = folder + "/" + optimizerFile
    let state = try SafeTensorsReader.read(path: path)
    for parameter in model.parameters.parameters where parameter.isTrainable {
      for (name, values) in optimizer.state(of: parameter) {
        guard let stored = state["\(name).\(parameter.name)"], stored.count == values.count else {
          throw CheckpointError(
            .unusable, file: path, tensor: parameter.name,
            reason: "the optimizer's moments are missing or of another size; remove this checkpoint to continue from an older one"
          )
        }
        values.assign(stored.floats())
      }
    }
    return checkpoint.remarks
  }

  /// Puts the weights that are trained in their places, where a checkpoint's own are their running mean.
  static func loadWeights(_ folder: String, into model: Model) throws {
    let path = folder + "/" + optimizerFile
    let state = try SafeTensorsReader.read(path: path)
    for parameter in model.parameters.parameters where parameter.isTrainable {
      guard let tensor = state[weightPrefix + parameter.name], tensor.count == parameter.count else {
        throw CheckpointError(
          .unusable, file: path, tensor: parameter.name,
          reason: "the weights beside their mean are missing; remove this checkpoint to continue from an older one")
      }
      model.parameters.setValues(tensor.floats(), of: parameter)
    }
  }

  /// The file of ``MaskSource/tensors``.
  static func maskFile(_ name: String) -> String { "\(name).safetensors" }

  static let optimizerFile = "optimizer.safetensors"
  private static let weightPrefix = "weights."

  private static func moments(of trainer: Trainer) -> StateDictionary {
    var state = StateDictionary(metadata: [
      "optimizer": type(of: trainer.optimizer).name, "steps": String(trainer.state.optimizerSteps),
    ])
    for parameter in trainer.model.parameters.parameters where parameter.isTrainable {
      for (name, values) in trainer.optimizer.state(of: parameter) {
        state["\(name).\(parameter.name)"] = StoredTensor(shape: parameter.shape, sharing: values)
      }
      guard trainer.average != nil else { continue }
      let weights = trainer.model.parameters.tensor(of: parameter)
      state[weightPrefix + parameter.name] = StoredTensor(shape: parameter.shape, sharing: weights)
    }
    return state
  }
}
