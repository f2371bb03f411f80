import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Judges models that are still in training by labelled files: how many are recognised from frozen features, the means over the
/// patches. Files are read anew each time, as `mae probe` reads them.
struct ModelProbe {
  /// What the files are.
  let classes: ProbeClasses
  private let reader: FileReadAhead
  private let kernels: Kernels

  /// - Parameters:
  ///   - recipe: of the models.
  ///   - validation: nil: parts of the training files take turns.
  /// - Throws: ``DataError`` when labels are missing or do not fit.
  init(
    _ recipe: Recipe, training: Manifest, validation: Manifest?, readers: Int, on kernels: Kernels
  ) throws(DataError) {
    classes = try ProbeClasses(training: training, validation: validation)
    let sampling = recipe.request.sampling
    reader = FileReadAhead(judging: recipe, sampling.isPair ? .still : sampling, threads: readers)
    self.kernels = kernels
  }

  /// The shares of samples that classifiers recognise, in the order of their kinds.
  ///
  /// - Throws: ``DataError`` when no file can be read, or of kind `interrupted`.
  /// - Precondition: the model takes what the recipe ends with.
  func accuracies(of model: Model, by kinds: [ProbeKind], isCancelled: () -> Bool) throws -> [Double] {
    let encoder = PooledEncoder(model: model, layer: nil, pooling: .mean, kernels: kernels)
    func read(_ files: [(file: ManifestFile, label: Int)]) throws -> LabelledFeatures {
      try ProbeSamples(files, [encoder], reader: reader, isCancelled: isCancelled, progress: { _ in }).labelled(0)
    }
    let training = try read(classes.training)
    let validation = try classes.validation.map(read)
    guard training.count > 0, validation?.count != 0 else {
      throw DataError(.unusable, path: classes.training[0].file.path, "neither it nor another file to evaluate on can be read")
    }
    let judge = ProbeJudge(
      options: ProbeOptions(), classes: classes.names.count, tokenWidth: encoder.width, kernels: kernels)
    return kinds.map { judge.verdict(training, validation, kind: $0).scores.accuracy((validation ?? training).labels) }
  }
}
