import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Judges a model while it trains: the share of labelled samples that the neighbours of their frozen features recognise
/// (``ProbeKind/knn``, 20 neighbours, means over the patches). A trend, not a score.
public final class NeighbourAccuracy: ModelEvaluator {
  /// What a person should know of the files, one sentence each.
  public var notes: [String] { probe.classes.notes }
  private let probe: ModelProbe

  /// Files that are judged on at most, spread evenly over all: stills, clips.
  private static let most = (training: (4000, 400), validation: (1000, 100))

  /// Finds the files that a recipe names; nil when it names none.
  ///
  /// - Throws: ``DataError`` when files or labels are missing, or labels do not fit.
  public init?(_ recipe: Recipe, readers: Int = 2, on kernels: Kernels) throws(DataError) {
    guard let data = recipe.evaluation.data, !data.isEmpty else { return nil }
    let validation = recipe.evaluation.validation ?? []
    let isClip = recipe.request.sampling.frameCount > 1 && !recipe.request.sampling.isPair
    func files(_ paths: [String], _ most: (Int, Int)) throws(DataError) -> Manifest {
      try Manifest(
        paths, frameRate: recipe.data.frameRate, cache: recipe.data.cache, timeLimit: .seconds(recipe.data.decodeTimeout)
      )
      .thinned(to: isClip ? most.1 : most.0)
    }
    probe = try ModelProbe(
      recipe, training: files(data, Self.most.training),
      validation: validation.isEmpty ? nil : files(validation, Self.most.validation), readers: readers, on: kernels)
  }

  /// The share of samples that are recognised; every fifth part in turn where no files are only for that.
  public func accuracy(of model: Model) throws -> Double {
    try probe.accuracies(of: model, by: [.knn], isCancelled: { StopSignal.requested != nil })[0]
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
