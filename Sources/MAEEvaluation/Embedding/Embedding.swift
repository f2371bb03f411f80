import Foundation
import MAECheckpoint
import MAEData
import MAEModels

/// Computes the features of many files and writes them as they come.
public struct Embedding {
  /// What was written.
  public struct Summary: Codable, Hashable, Sendable {
    /// Path of the safetensors file.
    public var features: String
    /// Path of the lines that say what each feature belongs to.
    public var rows: String
    /// Of the tensor `features`.
    public var shape: [Int]
    /// Files without a feature, and why.
    public var bad: [BadFile]
    /// What was done to files so that the model can take them, a sentence for each kind of thing.
    public var remarks: [String]
  }

  /// The model, and which numbers of it are taken.
  public let extractor: FeatureExtractor
  /// Samples that go through the encoder at once.
  public var batchSize: Int
  /// Files that are read side by side.
  public var readers: Int
  /// Takes what there is of a still whose end is missing; else it is left out.
  public var allowsTruncated: Bool

  /// How long nothing may get on before a file is left out.
  public var timeLimit: Duration?

  /// - Parameter batchSize: nil: 32 stills or 4 clips.
  public init(
    _ extractor: FeatureExtractor, batchSize: Int? = nil, readers: Int = 2, allowsTruncated: Bool = false,
    timeLimit: Duration? = .seconds(60)
  ) {
    self.extractor = extractor
    self.batchSize = batchSize ?? extractor.defaultBatch
    self.readers = readers
    self.allowsTruncated = allowsTruncated
    self.timeLimit = timeLimit
  }

  /// Writes `path` and the rows beside it; files that cannot be read are left out.
  ///
  /// - Parameters:
  ///   - manifest: files in any order; features are in byte order of their paths.
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with the number of files that are done.
  /// - Returns: nil when it was cancelled: nothing is written then.
  /// - Throws: ``FileError`` when the files cannot be written, ``DataError`` when no file can be read.
  public func write(
    _ manifest: Manifest, to path: String, isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws -> Summary? {
    let files = manifest.files.sortedByPath
    var file = try EmbeddingFile(
      path: path, featureShape: extractor.featureShape, maximumRows: files.count, metadata: metadata)
    var bad = manifest.bad
    var remarks = SampleRemarks(extractor.request)
    var (done, count) = (0, 0)
    let reader = extractor.reader(
      chunk: batchSize, threads: readers, allowsTruncated: allowsTruncated, timeLimit: timeLimit)
    do {
      try reader.forEachChunk(of: files, isCancelled: isCancelled) { outcomes in
        let read = outcomes.compactMap { outcome -> (file: ManifestFile, sample: FixedSample)? in
          switch outcome.samples {
          case .success(let samples): return (outcome.file, samples[0])
          case .failure(let error):
            bad.append(BadFile(file: outcome.file.path, reason: error.reason))
            return nil
          }
        }
        for (file, sample) in read { remarks.add(file.path, sample) }
        if !read.isEmpty {
          try file.append(
            extractor.features(of: read.map(\.sample.clip)),
            read.map {
              EmbeddingFile.Row(
                path: $0.file.path, label: $0.file.label, time: $0.sample.kind == .video ? $0.sample.clip.times[0] : nil)
            })
        }
        (done, count) = (done + outcomes.count, count + read.count)
        progress(done)
      }
    } catch let error as DataError where error.kind == .interrupted {
      return nil
    }
    guard count > 0 else {
      throw DataError(.unusable, "\(bad[0].file): \(bad[0].reason); none of \(bad.count) files can be read")
    }
    try file.commit()
    return Summary(
      features: path, rows: EmbeddingFile.rowsPath(beside: path), shape: [count] + extractor.featureShape, bad: bad,
      remarks: remarks.sentences)
  }

  private var metadata: [String: String] {
    let checkpoint = extractor.checkpoint
    var notes = [
      "checkpoint": checkpoint.path, "method": checkpoint.configuration.method.name, "pool": extractor.pooling.rawValue,
      "layer": extractor.layer.map(String.init) ?? "output",
    ]
    notes["step"] = checkpoint.metadata["step"]
    return notes
  }
}

extension [ManifestFile] {
  /// In byte order of their paths, parts of one file in the order of their frames.
  var sortedByPath: [ManifestFile] {
    sorted {
      ($0.path == $1.path) ? ($0.span?.start ?? 0) < ($1.span?.start ?? 0) : $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
    }
  }
}
