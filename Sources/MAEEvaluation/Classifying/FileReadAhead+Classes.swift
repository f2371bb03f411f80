import MAECore
import MAEData
import MAEEngine
import MAEModels

extension FileReadAhead {
  /// Calls `body` with the probabilities that a classifier gives the classes of each file, the mean over its views, or with why
  /// it cannot be read, in the order of the files.
  ///
  /// - Parameter isCancelled: asked a few times a second and between batches; what is done ends when it says so.
  /// - Throws: ``DataError`` when the storage does not answer, or of kind `interrupted` when waiting is cancelled; what
  ///   `body` throws.
  func forEachFile(
    of files: [ManifestFile], classifiedBy model: Model, on kernels: Kernels, isCancelled: () -> Bool = { false },
    _ body: (ManifestFile, Result<[Double], DataError>) throws -> Void
  ) throws {
    var (sums, failure): (TestViews.Sums?, DataError?) = (nil, nil)
    try forEachChunkOfParts(of: files, isCancelled: isCancelled) { parts in
      let views = parts.flatMap { (try? $0.samples.get())?.map(\.clip) ?? [] }
      var logits = try stride(from: 0, to: views.count, by: chunk).flatMap { first in
        if isCancelled() { throw DataError.stoppedReading }
        return model.classLogits(of: Array(views[first..<min(views.count, first + chunk)]), on: kernels)
      }[...]
      let classes = logits.count / max(1, views.count)
      for part in parts {
        switch part.samples {
        case .success(let samples):
          let own = Array(logits.prefix(samples.count * classes))
          logits = logits.dropFirst(own.count)
          sums = sums ?? TestViews.Sums(classes: classes)
          sums?.add(own)
        case .failure(let error): failure = failure ?? error
        }
        guard part.isLast else { continue }
        if let failure { try body(part.file, .failure(failure)) } else { try body(part.file, .success(sums?.mean ?? [])) }
        (sums, failure) = (nil, nil)
      }
    }
  }
}
