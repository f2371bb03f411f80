import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Judges a classifier while it trains: the share of validation samples whose class it says, by the clip in the middle and the
/// largest centred window, or by as many views as the recipe says, whose probabilities are averaged.
public final class ClassifierAccuracy: ModelEvaluator {
  /// What a person should know of the files, one sentence each.
  public let notes: [String]
  private let files: [(file: ManifestFile, label: Int)]
  private let reader: FileReadAhead
  /// Clips that go through the model at once.
  private let batch: Int
  private let kernels: Kernels

  /// - Throws: ``DataError`` when labels are missing, or those of training and validation differ.
  public init(
    _ recipe: Recipe, training: Manifest, validation: Manifest, readers: Int = 2, on kernels: Kernels
  ) throws(DataError) {
    let classes = try ProbeClasses(training: training, validation: validation)
    (notes, files) = (classes.notes, classes.validation ?? [])
    var reader = FileReadAhead(judging: recipe, recipe.request.sampling, threads: readers)
    let views = try TestViews(of: recipe.request, clips: recipe.evaluation.clips ?? 1, crops: recipe.evaluation.crops ?? 1)
    if views.clips * views.crops > 1 { reader.views = views }
    (self.reader, batch) = (reader, reader.chunk)
    self.kernels = kernels
  }

  /// The share of samples that are recognised, of those that can be read.
  ///
  /// - Throws: ``DataError`` when none can be read.
  public func accuracy(of model: Model) throws -> Double {
    var (done, read, right) = (0, 0, 0)
    try reader.forEachChunk(of: files.map(\.file), isCancelled: { StopSignal.requested != nil }) { outcomes in
      var found: [(clips: [Clip], label: Int)] = []
      for (offset, outcome) in outcomes.enumerated() {
        guard case .success(let samples) = outcome.samples else { continue }
        found.append((samples.map(\.clip), files[done + offset].label))
      }
      done += outcomes.count
      read += found.count
      let probabilities = model.probabilities(of: found.map(\.clips), atOnce: batch, on: kernels)
      right += zip(probabilities, found).count { own, file in own.firstIndex(of: own.max()!)! == file.label }
    }
    guard read > 0 else {
      throw DataError(.unusable, path: files[0].file.path, "neither it nor another validation file can be read")
    }
    return Double(right) / Double(read)
  }
}
