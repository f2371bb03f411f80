import Foundation
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
  private let kernels: Kernels

  /// - Throws: ``DataError`` when labels are missing, or those of training and validation differ.
  public init(
    _ recipe: Recipe, training: Manifest, validation: Manifest, readers: Int = 2, on kernels: Kernels
  ) throws(DataError) {
    let classes = try ProbeClasses(training: training, validation: validation)
    files = classes.validation ?? []
    let repeated = Self.overlapNote(classes.training.map(\.file), files.map(\.file))
    notes = classes.notes + [repeated].compactMap(\.self)
    var reader = FileReadAhead(judging: recipe, recipe.request.sampling, threads: readers)
    let views = try TestViews(of: recipe.request, clips: recipe.evaluation.clips ?? 1, crops: recipe.evaluation.crops ?? 1)
    if views.clips * views.crops > 1 { reader.views = views }
    self.reader = reader
    self.kernels = kernels
  }

  /// What to say of files that are learned from and judged on; nil of none.
  private static func overlapNote(_ training: [ManifestFile], _ validation: [ManifestFile]) -> String? {
    let known = Set(training.map(\.place))
    let count = validation.count { known.contains($0.place) }
    guard count > 0 else { return nil }
    let (all, noun) = (validation.count, validation.count == 1 ? "file" : "files")
    let which = count == all ? "all \(all) validation \(noun)" : "\(count) of \(all) validation \(noun)"
    return """
      \(which) \(count == 1 ? "is a training file" : "are training files") too, and what is recognised of them says nothing \
      about new ones; give files to --val that are not trained on
      """
  }

  /// The share of samples that are recognised, of those that can be read.
  ///
  /// - Throws: ``DataError`` when none can be read.
  public func accuracy(of model: Model) throws -> Double {
    var (done, read, right) = (0, 0, 0)
    try reader.forEachFile(
      of: files.map(\.file), classifiedBy: model, on: kernels, isCancelled: { StopSignal.requested != nil }
    ) { _, probabilities in
      if case .success(let own) = probabilities {
        read += 1
        right += TestViews.likeliest(own) == files[done].label ? 1 : 0
      }
      done += 1
    }
    guard read > 0 else {
      throw DataError(.unusable, path: files[0].file.path, "neither it nor another validation file can be read")
    }
    return Double(right) / Double(read)
  }
}

extension ManifestFile {
  /// Which part of which file it is, from whatever folder its path was given.
  fileprivate var place: ManifestFile {
    let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return ManifestFile(
      path: path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path, kind: kind, span: span)
  }
}
