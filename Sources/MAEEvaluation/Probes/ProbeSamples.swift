import MAECore
import MAEData
import MAEFoundation

/// What numbers stand for clips.
protocol ClipFeatures {
  /// Of each clip as many, one clip after the other.
  func features(of clips: [Clip]) -> [Float]
}

/// Samples of a probe, read once, with the features that were taken of them.
struct ProbeSamples {
  /// Numbers of classes.
  private(set) var labels: [Int] = []
  private(set) var paths: [String] = []
  /// Of each sample's pixels: equal ones are the same picture.
  private(set) var fingerprints: [UInt64] = []
  /// Of each kind of features, in the order in which they were asked for; means over a sample's clips.
  private(set) var features: [[Float]]
  private(set) var bad: [BadFile] = []

  var count: Int { labels.count }

  /// Reads files a batch ahead; those that cannot be read are ``bad``.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with the number of files that are done.
  /// - Throws: ``DataError`` when the storage does not answer, or of kind `interrupted`.
  init(
    _ files: [(file: ManifestFile, label: Int)], _ extractors: [any ClipFeatures], reader: FileReadAhead,
    isCancelled: () -> Bool, progress: (Int) -> Void
  ) throws {
    features = extractors.map { _ in [] }
    var done = 0
    try reader.forEachChunk(of: files.map(\.file), isCancelled: isCancelled) { outcomes in
      var clips: [[Clip]] = []
      for (offset, outcome) in outcomes.enumerated() {
        switch outcome.samples {
        case .success(let samples):
          clips.append(samples.map(\.clip))
          labels.append(files[done + offset].label)
          paths.append(outcome.file.path)
          var hash = FNV1a()
          for sample in samples { hash.add(sample.clip.pixels) }
          fingerprints.append(hash.value)
        case .failure(let error): bad.append(BadFile(file: outcome.file.path, reason: error.reason))
        }
      }
      if !clips.isEmpty {
        for (index, extractor) in extractors.enumerated() { features[index] += extractor.means(of: clips) }
      }
      done += outcomes.count
      progress(done)
    }
  }

  /// One kind of features with the samples' labels.
  func labelled(_ kind: Int) -> LabelledFeatures {
    LabelledFeatures(features[kind], width: features[kind].count / max(1, count), labels: labels)
  }
}

extension ClipFeatures {
  /// Features of samples, each the mean over its clips; as many clips at once as there are samples.
  func means(of samples: [[Clip]]) -> [Float] {
    let clips = Array(samples.joined())
    let values = stride(from: 0, to: clips.count, by: samples.count).flatMap {
      features(of: Array(clips[$0..<min(clips.count, $0 + samples.count)]))
    }
    guard clips.count > samples.count else { return values }
    let width = values.count / clips.count
    var first = 0
    return samples.flatMap { sample -> [Float] in
      defer { first += sample.count }
      return (0..<width).map { column in
        Float(sample.indices.reduce(0.0) { $0 + Double(values[(first + $1) * width + column]) } / Double(sample.count))
      }
    }
  }
}
