import Foundation
import MAECheckpoint
import MAECluster
import MAECore
import MAEData
import MAEFoundation
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
  /// Clips of a video whose features are averaged.
  public var clips: Int
  /// How long nothing may get on before a file is left out.
  public var timeLimit: Duration?
  /// That share the files; the first one writes.
  public var processes: any Processes

  /// - Parameter batchSize: nil: 32 stills or 4 clips.
  public init(
    _ extractor: FeatureExtractor, batchSize: Int? = nil, readers: Int = 2, allowsTruncated: Bool = false, clips: Int = 1,
    timeLimit: Duration? = .seconds(60), processes: any Processes = SingleProcess()
  ) {
    self.extractor = extractor
    self.batchSize = batchSize ?? extractor.defaultBatch
    self.readers = readers
    self.allowsTruncated = allowsTruncated
    self.clips = clips
    self.timeLimit = timeLimit
    self.processes = processes
  }

  /// Forms that features can be written in, by the ending of the file's name.
  public static let forms = EmbeddingFile.Form.allCases.map(\.rawValue)

  /// Writes `path` and the rows beside it; files that cannot be read are left out. What was cancelled or killed goes on where it
  /// stood when the same is asked for again.
  ///
  /// - Parameters:
  ///   - manifest: files in any order; features are in byte order of their paths.
  ///   - isCancelled: asked now and then whether to stop.
  ///   - progress: called with the number of files that are done, first with that of an earlier attempt.
  /// - Returns: nil when it was cancelled: what is done waits in a hidden folder.
  /// - Throws: ``FileError`` when the files cannot be written or would replace one that is read, ``DataError`` when no file can
  ///   be read, or for tokens as text.
  /// - Precondition: `path` ends in one of ``forms``.
  public func write(
    _ manifest: Manifest, to path: String, isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws -> Summary? {
    if path.hasSuffix(".csv"), extractor.featureShape.count > 1 {
      throw DataError(.usage, path: path, "a line of text cannot hold a feature for every token; write .safetensors or .npy")
    }
    let files = manifest.files.sortedByPath
    var file: EmbeddingFile?
    let done = try processes.decided { () throws -> Int in
      try SourceFiles.requireKept(
        writing: [path, EmbeddingFile.rowsPath(beside: path)], reading: manifest.sources + extractor.checkpoint.files,
        advice: "give another name with --output")
      let opened = try EmbeddingFile(path: path, featureShape: extractor.featureShape, description: description(of: manifest))
      file = opened
      return opened.done.count
    }
    progress(done)
    var remarks = SampleRemarks(extractor.request)
    // One process writes as it goes; several bring together what they have after some batches of each.
    let round = processes.count == 1 ? max(1, files.count) : processes.count * batchSize * 16
    for start in stride(from: done, to: files.count, by: round) {
      let shared = Array(files[start..<min(files.count, start + round)])
      let own = Array(shared[processes.part(of: shared.count)])
      var found = Part()
      let isStopped = try processes.together {
        try embed(own, isCancelled, &remarks) { features, entries in
          if processes.count == 1 {
            try file?.append(features, entries)
            progress(file?.done.count ?? 0)
          } else {
            found.features += features
            found.entries += entries
          }
        }
      }
      if try processes.all(isStopped).contains(true) { return nil }
      guard processes.count > 1 else { continue }
      let (features, entries) = (try processes.gather(found.features), try processes.all(found.entries))
      try processes.first { for (part, entries) in zip(features, entries) { try file?.append(part, entries) } }
      progress(start + shared.count)
    }
    let sentences = try processes.all(remarks.sentences).enumerated().flatMap { rank, own in
      rank == 0 ? own : own.map { processes.named($0, rank: rank) }
    }
    return try processes.decided { try finish(file, manifest, path, remarks: sentences) }
  }

  /// What a process found in its part of some files.
  private struct Part {
    var features: [Float] = []
    var entries: [EmbeddingFile.Entry] = []
  }

  /// Computes the features of some files, one batch after the other.
  ///
  /// - Returns: whether it was cancelled.
  private func embed(
    _ files: [ManifestFile], _ isCancelled: () -> Bool, _ remarks: inout SampleRemarks,
    take: ([Float], [EmbeddingFile.Entry]) throws -> Void
  ) throws -> Bool {
    let reader = extractor.reader(
      chunk: batchSize, threads: readers, allowsTruncated: allowsTruncated, timeLimit: timeLimit, clips: clips)
    do {
      try reader.forEachChunk(of: files, isCancelled: isCancelled) { outcomes in
        var read: [[Clip]] = []
        let entries = outcomes.map { outcome -> EmbeddingFile.Entry in
          var entry = EmbeddingFile.Entry(path: outcome.file.path, label: outcome.file.label)
          switch outcome.samples {
          case .success(let samples):
            read.append(samples.map(\.clip))
            for sample in samples { remarks.add(outcome.file.path, sample) }
            entry.time = samples[0].kind == .video ? samples[0].clip.times[0] : nil
          case .failure(let error): entry.bad = error.reason
          }
          return entry
        }
        try take(read.isEmpty ? [] : extractor.means(of: read), entries)
      }
    } catch let error as DataError where error.kind == .interrupted {
      return true
    }
    return false
  }

  /// Writes what is whole; of the first process.
  private func finish(_ file: EmbeddingFile?, _ manifest: Manifest, _ path: String, remarks: [String]) throws -> Summary {
    guard let file else { preconditionFailure("Embedding: another process writes") }
    let bad = manifest.bad + file.done.compactMap { entry in entry.bad.map { BadFile(file: entry.path, reason: $0) } }
    let count = file.done.count { $0.bad == nil }
    guard count > 0 else {
      file.remove()
      throw DataError(.unusable, "\(bad[0].file): \(bad[0].reason); none of \(bad.count) files can be read")
    }
    try file.finish(metadata: metadata)
    return Summary(
      features: path, rows: EmbeddingFile.rowsPath(beside: path), shape: [count] + extractor.featureShape, bad: bad,
      remarks: remarks)
  }

  /// Everything that features depend on.
  private func description(of manifest: Manifest) -> String {
    let weights = extractor.checkpoint.files.map { path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return "\(path) \(attributes?[.size] ?? 0) \(attributes?[.modificationDate] ?? 0)"
    }
    let notes = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    let frameRates = manifest.files.compactMap(\.frameRate).first.map { "\($0)" } ?? "none"
    return
      (notes + weights + [
        "files: \(manifest.fingerprint)", "frame rate: \(frameRates)", "clips: \(clips)", "truncated: \(allowsTruncated)",
      ]).joined(separator: "\n")
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
