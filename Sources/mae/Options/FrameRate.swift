import ArgumentParser

/// `--fps` of the commands that read folders of frames.
enum FrameRate {
  static let help = "Frames per second of folders of numbered stills, which are then videos (default: they are stills)."

  static func check(_ rate: Double?) throws {
    if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--fps is \(rate); expected a number above 0") }
  }
}
