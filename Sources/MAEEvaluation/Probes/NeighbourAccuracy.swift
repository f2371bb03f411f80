import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Judges a model while it trains: the share of labelled samples that the neighbours of their frozen features recognise
/// (``ProbeKind/knn``, 20 neighbours, means over the patches). A trend, not a score.
public final class NeighbourAccuracy: ModelEvaluator {
  /// What a person should know of the files, one sentence each.
  public private(set) var notes: [String]
  private let classes: ProbeClasses
  private let reader: FileReadAhead
  private let kernels: Kernels

  /// Files that are judged on at most, spread evenly over all: stills, clips.
  private static let most = (training: (4000, 400), validation: (1000, 100))

  /// Finds the files that a recipe names; nil when it names none.
  ///
  /// - Throws: ``DataError`` when files or labels are missing, or labels do not fit.
  public init?(_ recipe: Recipe, readers: Int = 2, on kernels: Kernels) throws(DataError) {
    guard let data = recipe.evaluation.data, !data.isEmpty else { return nil }
    let validation = recipe.evaluation.validation ?? []
    var request = recipe.request
    if request.sampling.isPair { request.sampling = .still }
    request.crop = .centre(filter: request.crop.filter)
    let isClip = request.sampling.frameCount > 1
    func files(_ paths: [String], _ most: (Int, Int)) throws(DataError) -> Manifest {
      try Manifest(paths, timeLimit: .seconds(recipe.data.decodeTimeout)).thinned(to: isClip ? most.1 : most.0)
    }
    classes = try ProbeClasses(
      training: files(data, Self.most.training),
      validation: validation.isEmpty ? nil : files(validation, Self.most.validation))
    notes = classes.notes
    let (preprocessor, size) = (PreprocessorConfiguration(recipe.model), request.size)
    reader = FileReadAhead(
      request: request, window: { preprocessor.window(in: $0, for: size) },
      allowsTruncated: recipe.data.allowsTruncated ?? false, timeLimit: .seconds(recipe.data.decodeTimeout),
      chunk: isClip ? 4 : 32, threads: readers)
    self.kernels = kernels
  }

  /// The share of samples that are recognised; every fifth part in turn where no files are only for that.
  public func accuracy(of model: Model) throws -> Double {
    let encoder = PooledEncoder(model: model, layer: nil, pooling: .mean, kernels: kernels)
    func read(_ files: [(file: ManifestFile, label: Int)]) throws -> LabelledFeatures {
      try ProbeSamples(files, [encoder], reader: reader, isCancelled: { StopSignal.requested != nil }, progress: { _ in })
        .labelled(0)
    }
    let training = try read(classes.training)
    let validation = try classes.validation.map(read)
    let judge = ProbeJudge(
      options: ProbeOptions(), classes: classes.names.count, tokenWidth: encoder.width, kernels: kernels)
    guard training.count > 0, validation?.count != 0 else {
      throw DataError(.unusable, path: classes.training[0].file.path, "neither it nor another file to evaluate on can be read")
    }
    return judge.verdict(training, validation, kind: .knn).scores.accuracy((validation ?? training).labels)
  }
}

extension Manifest {
  /// Files spread evenly over all, in the order of their paths.
  fileprivate func thinned(to most: Int) -> Manifest {
    guard files.count > most else { return self }
    var thinned = self
    let sorted = files.sortedByPath
    thinned.files = (0..<most).map { sorted[$0 * files.count / most] }
    return thinned
  }
}
