import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// What a run begins with, as its first process finds it.
struct Beginning: Codable {
  var state: TrainingState
  var notes: [String]
}

/// What the first process found when it judged the model, if it did.
struct Judgement: Codable {
  var evaluation: Evaluation?
  var isBest: Bool
  /// Whether somebody asked to stop meanwhile.
  var isStopped: Bool
  var log: EvaluationLog
}

/// What a process wants after a step.
struct Wishes: Codable {
  /// It was told to stop.
  var stops: Bool
  /// It was told to save.
  var saves: Bool
  /// By its clock a checkpoint is due.
  var isDue: Bool
}

extension Pretraining {
  /// Refuses processes that would not train the same, and more of them than a batch has samples.
  ///
  /// - Throws: ``TrainingError`` or ``ProcessError`` of kind `usage`.
  static func requireAgreement(
    of processes: any Processes, _ recipe: Recipe, _ manifest: Manifest, on kernels: Kernels
  ) throws {
    guard processes.count > 1 else { return }
    try requireSamples(recipe, for: processes.count)
    try processes.requireSame([
      "program": Version.current, "settings": recipe.fingerprint, "files": manifest.fingerprint,
      "instructions": kernels.level.name,
    ])
  }

  /// Refuses more processes than a batch has samples.
  public static func requireSamples(_ recipe: Recipe, for processes: Int) throws(TrainingError) {
    guard recipe.run.batchSize < processes else { return }
    throw TrainingError(
      .usage,
      """
      --batch-size is \(recipe.run.batchSize), and \(processes) processes share each batch; give at least one sample to each of \
      them, or start fewer
      """)
  }

  /// Weights that are not the same in all processes any more would be no model at all.
  ///
  /// - Throws: ``ProcessError`` of kind `unexpected`.
  func requireSameWeights() throws(ProcessError) {
    guard processes.count > 1 else { return }
    let weights = model.parameters.trainable
    let checksum = TensorMemory(weights).withBytes(0..<4 * weights.count) { CRC32.checksum($0, .castagnoli) }
    let all = try processes.all(checksum)
    guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
    throw ProcessError(
      .unexpected,
      """
      step \(trainer.state.step): the weights of process \(other) are not those of process 0 any more; the last checkpoint is \
      good: start again, on machines of one kind
      """)
  }
}

extension Processes {
  /// Gives every process the weights of the first one, and what its optimizer remembers.
  func spread(_ parameters: ParameterStore, _ optimizer: (any Optimizer)? = nil) throws(ProcessError) {
    guard count > 1 else { return }
    try parameters.updateValues { (values: inout MutableSpan<Float>) throws(ProcessError) in try self.broadcast(&values) }
    guard let optimizer else { return }
    for parameter in parameters.parameters where parameter.isTrainable {
      for (_, tensor) in optimizer.state(of: parameter) {
        try tensor.update { (values: inout MutableSpan<Float>) throws(ProcessError) in try self.broadcast(&values) }
      }
    }
  }
}
