import MAECheckpoint
import MAECore
import MAEData
import MAEModels

/// The stills or clips of an analysis.
struct AnalysisMaterial {
  struct Item {
    var description: AnalysisResult.Sample
    var clip: Clip
  }

  /// What every metric looks at.
  private(set) var samples: [Item] = []
  /// What classes are compared on: more of the same, since it costs less.
  private(set) var comparison: [Item] = []
  private(set) var bad: [BadFile] = []
  /// What was done to files so that the model can take them.
  private(set) var remarks: [String] = []

  /// Takes files that are spread evenly over all, in the order of their paths.
  ///
  /// - Throws: ``DataError`` when none of them can be read.
  init(
    _ manifest: Manifest, checkpoint: Checkpoint, configuration: ModelConfiguration, samples wanted: Int?, readers: Int,
    timeLimit: Duration?
  ) throws {
    let request = checkpoint.fixedRequest(for: configuration)
    let isStill = request.sampling.isStill
    let files = manifest.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let (count, comparisonCount) = (wanted ?? (isStill ? 32 : 8), isStill ? 160 : 24)
    let preprocessor = checkpoint.preprocessor
    let reader = FileReadAhead(
      request: request, window: { preprocessor.window(in: $0, for: request.size) }, timeLimit: timeLimit, chunk: 16,
      threads: readers)
    var failures: [String: BadFile] = [:]
    var remarks = SampleRemarks(request)
    func read(_ count: Int) throws -> [Item] {
      let chosen = (0..<min(count, files.count)).map { files[$0 * files.count / min(count, files.count)] }
      var items: [Item] = []
      try reader.forEachChunk(of: chosen) { outcomes in
        for (file, samples) in outcomes {
          switch samples {
          case .success(let samples):
            let sample = samples[0]
            remarks.add(file.path, sample)
            items.append(
              Item(
                description: AnalysisResult.Sample(
                  path: file.path, label: file.label, time: sample.kind == .video ? sample.clip.times[0] : nil),
                clip: sample.clip))
          case .failure(let error): failures[file.path] = BadFile(file: file.path, reason: error.reason)
          }
        }
      }
      return items
    }
    samples = try read(count)
    self.remarks = remarks.sentences
    comparison = Set(files.map(\.label)).count > 1 ? try read(comparisonCount) : []
    bad = manifest.bad + failures.values.sorted { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
    guard !samples.isEmpty else {
      throw DataError(.unusable, "\(bad[0].file): \(bad[0].reason); none of \(bad.count) files can be read")
    }
  }
}
