import ArgumentParser

/// `--fps` of the commands that read folders of frames.
struct FrameRate: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Frames per second of folders of numbered stills, which are then videos (default: they are stills).", valueName: "rate"))
  var fps: Double?

  func validate() throws {
    if let fps, !(fps > 0 && fps.isFinite) { throw ValidationError("--fps is \(fps); expected a number above 0") }
  }
}
