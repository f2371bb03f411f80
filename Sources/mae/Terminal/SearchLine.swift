import MaskedAutoencoders

/// Shows how far a search for media is, once it takes longer than two seconds.
final class SearchLine {
  private let what: String
  private let start = ContinuousClock.now
  private var line = StatusLine()

  /// - Parameter paths: where is searched.
  init(_ paths: [String]) { what = "searching \(paths.count == 1 ? paths[0] : counted(paths.count, "path"))" }

  func update(_ progress: SearchProgress) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard seconds >= 2 else { return }
    line.show(
      Self.parts(what, progress, seconds: seconds),
      [
        "progress": .text(what), "folders": .integer(progress.folders), "files": .integer(progress.files),
        "looked_at": .integer(progress.lookedAt), "seconds": .number(seconds.rounded()),
      ])
  }

  /// Ends the line, so that something else can be said.
  func close() { line.close() }

  private static func parts(_ what: String, _ progress: SearchProgress, seconds: Double) -> [String] {
    let looked = progress.lookedAt > 0 ? ["\(progress.lookedAt) looked at"] : []
    let found = "\(counted(progress.files, "file")) in \(counted(progress.folders, "folder"))"
    return ["\(what): \(found)"] + looked + [ProgressLine.time(seconds)]
  }
}
