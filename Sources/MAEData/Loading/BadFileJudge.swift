import MAECore

/// Keeps the list of bad files and decides when there are too many, and what else there is to say of files.
///
/// It is told of files in the order in which batches are handed out, so its verdict falls at the same batch in every run.
struct BadFileJudge {
  let mediaCount: Int
  let limit: Double
  private(set) var bad: [BadFile]
  private(set) var remarks: SampleRemarks
  /// The error that ends the run, thrown again by every later call.
  var verdict: DataError?
  private var isSeen: [Bool]
  private var isBad: [Bool]
  private var changed: Set<Int> = []
  private var seenCount: Int
  private let processes: Int
  /// Processes that found the bad files; nil = the search for files did.
  private var finders: Set<Int?>

  /// Files that must have been tried before anything is decided within the first epoch.
  static let firstVerdict = 20

  /// - Parameter processes: that read the files.
  init(_ manifest: Manifest, _ request: SampleRequest, limit: Double, processes: Int = 1) {
    self.processes = processes
    finders = manifest.bad.isEmpty ? [] : [nil]
    remarks = SampleRemarks(request)
    mediaCount = manifest.mediaCount
    self.limit = limit
    bad = manifest.bad
    isSeen = Array(repeating: false, count: manifest.files.count)
    isBad = isSeen
    seenCount = bad.count
    // The share of bad files never falls: what is known at the scan is judged at the scan.
    judge(isFirstEpochOver: true)
  }

  /// Whether an attempt says something that is not known yet.
  func isNews(_ attempt: LoadedSample.Attempt) -> Bool {
    !isSeen[attempt.file] || attempt.failure != nil && !isBad[attempt.file]
  }

  mutating func record(_ attempts: [LoadedSample.Attempt], files: [ManifestFile], by process: Int) {
    for attempt in attempts {
      if !isSeen[attempt.file] {
        isSeen[attempt.file] = true
        seenCount += 1
        if let found = attempt.details {
          remarks.add(
            files[attempt.file].path, files[attempt.file].kind, size: FrameSize(width: found.width, height: found.height),
            frames: attempt.frames)
          remarks.add(files[attempt.file], frames: found.frames)
        }
      }
      if attempt.details?.isChanged == true, changed.insert(attempt.file).inserted {
        remarks.addChanged(files[attempt.file].path)
      }
      if let failure = attempt.failure, !isBad[attempt.file] {
        isBad[attempt.file] = true
        finders.insert(process)
        bad.append(BadFile(file: files[attempt.file].path, frameTime: failure.frameTime, reason: failure.reason))
      }
    }
  }

  /// Sets the verdict if the share of bad files is too large.
  mutating func judge(isFirstEpochOver: Bool) {
    guard verdict == nil, isFirstEpochOver || seenCount >= min(Self.firstVerdict, mediaCount),
      Self.isExceeded(bad: bad.count, media: mediaCount, limit: limit)
    else { return }
    let share = Double(bad.count) / Double(mediaCount)
    var advice = "remove the bad files or allow more with --max-bad"
    if processes > 1, finders.count == 1, let finder = finders.first ?? nil {
      advice = "all were found by process \(finder) of \(processes): see whether its machine has the data, " + advice
    }
    verdict = DataError(
      .unusable,
      """
      \(bad.count) of \(mediaCount) media files are bad (\(percent(share))), more than the allowed \(percent(limit)); \
      first \(bad[0].file): \(bad[0].reason); \(advice)
      """)
  }

  /// Sets the verdict for a sample for which every file failed.
  mutating func failForLackOfFiles() {
    guard verdict == nil else { return }
    let example = bad.first.map { "; first \($0.file): \($0.reason)" } ?? ""
    verdict = DataError(.unusable, "None of \(mediaCount) media files can be read\(example)")
  }

  static func isExceeded(bad: Int, media: Int, limit: Double) -> Bool { Double(bad) > limit * Double(media) }

  private func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}

extension LoadPlan {
  /// Whether the files that failed for one sample alone are reason enough to end the run: the judge will then say so.
  func hasTooManyFailures(_ failures: Int, of attempts: Int) -> Bool {
    attempts >= BadFileJudge.firstVerdict
      && BadFileJudge.isExceeded(
        bad: failures + badBefore, media: files.count + badBefore, limit: options.maximumBadShare)
  }
}
