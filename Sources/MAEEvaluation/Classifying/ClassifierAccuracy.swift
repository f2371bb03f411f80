import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Judges a classifier while it trains: the share of validation samples whose class it says, by the clip in the middle and the
/// largest centred window.
public final class ClassifierAccuracy: ModelEvaluator {
  /// What a person should know of the files, one sentence each.
  public let notes: [String]
  private let files: [(file: ManifestFile, label: Int)]
  private let reader: FileReadAhead
  private let kernels: Kernels

  /// - Throws: ``DataError`` when labels are missing, or those of training and validation differ.
  public init(
    _ recipe: Recipe, training: Manifest, validation: Manifest, readers: Int = 2, on kernels: Kernels
  ) throws(DataError) {
    let classes = try ProbeClasses(training: training, validation: validation)
    (notes, files) = (classes.notes, classes.validation ?? [])
    reader = FileReadAhead(judging: recipe, recipe.request.sampling, threads: readers)
    self.kernels = kernels
  }

  /// The share of samples that are recognised, of those that can be read.
  ///
  /// - Throws: ``DataError`` when none can be read.
  public func accuracy(of model: Model) throws -> Double {
    let classes = model.configuration.classifier?.classes.count ?? 0
    var (done, read, right) = (0, 0, 0)
    try reader.forEachChunk(of: files.map(\.file), isCancelled: { StopSignal.requested != nil }) { outcomes in
      var (clips, labels): ([Clip], [Int]) = ([], [])
      for (offset, outcome) in outcomes.enumerated() {
        guard case .success(let samples) = outcome.samples else { continue }
        clips += samples.map(\.clip)
        labels.append(files[done + offset].label)
      }
      done += outcomes.count
      guard !clips.isEmpty else { return }
      let values = model.classLogits(of: clips, on: kernels)
      read += labels.count
      right += labels.enumerated().count { row, label in
        let own = values[row * classes..<(row + 1) * classes]
        return own.firstIndex(of: own.max()!)! - row * classes == label
      }
    }
    guard read > 0 else {
      throw DataError(.unusable, path: files[0].file.path, "neither it nor another validation file can be read")
    }
    return Double(right) / Double(read)
  }
}
