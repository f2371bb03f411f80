import MAECore
import MAEData
import MAEFoundation
import MAEMedia

/// Pictures and their labels, read once, with the features of their patches.
struct SegmentationSamples {
  /// Of each kind of features, in the order in which they were asked for.
  private(set) var samples: [PatchSegmenter.Samples]
  /// What the model sees of each picture.
  private(set) var pictures: [Image] = []
  private(set) var paths: [String] = []
  private(set) var bad: [BadFile] = []

  var labels: [LabelGrid] { samples[0].labels }
  var count: Int { paths.count }

  /// Reads files a batch ahead; those that cannot be read are ``bad``.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with the number of files that are done.
  /// - Throws: ``DataError`` when the storage does not answer, of kind `interrupted`, or `unusable` when labels cannot be read or
  ///   do not fit their picture: what is judged by wrong labels is no figure.
  init(
    _ files: [(file: ManifestFile, labels: String)], _ extractors: [any ClipFeatures], grid: TokenGrid, reader: FileReadAhead,
    isCancelled: () -> Bool, progress: (Int) -> Void
  ) throws {
    samples = extractors.map { _ in PatchSegmenter.Samples(features: [], labels: [], grid: grid) }
    var done = 0
    try reader.forEachChunk(of: files.map(\.file), isCancelled: isCancelled) { outcomes in
      var clips: [Clip] = []
      for (offset, outcome) in outcomes.enumerated() {
        let sample: FixedSample
        switch outcome.samples {
        case .success(let found): sample = found[0]
        case .failure(let error):
          bad.append(BadFile(file: outcome.file.path, reason: error.reason))
          continue
        }
        let labels = try Self.labels(files[done + offset].labels, of: sample, outcome.file.path)
        for index in samples.indices { samples[index].labels.append(labels) }
        clips.append(sample.clip)
        paths.append(outcome.file.path)
        pictures.append(sample.clip.frame(0))
      }
      if !clips.isEmpty {
        for (index, extractor) in extractors.enumerated() {
          let features = extractor.features(of: clips)
          samples[index].features += extractor is PatchPixels ? features : Self.planes(features, clips.count, grid)
        }
      }
      done += outcomes.count
      progress(done)
    }
  }

  private static func labels(_ path: String, of sample: FixedSample, _ picture: String) throws(DataError) -> LabelGrid {
    let labels: LabelPicture
    do { labels = try LabelPicture(storedAt: path) } catch { throw DataError(error) }
    guard labels.size == sample.sourceSize else {
      throw DataError(
        .unusable, path: path,
        "these labels have \(labels.size) pixels, and the picture \(sample.sourceSize) (\(picture)); give labels of the same size"
      )
    }
    return LabelGrid(labels, crop: sample.crop, size: sample.clip.size)
  }

  /// Means over the time slots of clips, which stand still: `[clips, patches, width]`.
  private static func planes(_ features: [Float], _ clips: Int, _ grid: TokenGrid) -> [Float] {
    guard grid.time > 1 else { return features }
    let size = features.count / clips
    let plane = size / grid.time
    return (0..<clips).flatMap { clip in
      (0..<plane).map { place in
        (0..<grid.time).reduce(Float(0)) { $0 + features[clip * size + $1 * plane + place] } / Float(grid.time)
      }
    }
  }
}
