import ArgumentParser

/// `--decode-timeout` of the commands that read single files.
struct DecodeTimeout: ParsableArguments {
  @Option(
    name: .customLong("decode-timeout"), parsing: .unconditional,
    help: "Seconds without progress after which a file that is being read is given up.")
  var seconds = 60.0

  var duration: Duration { .seconds(seconds) }

  func validate() throws {
    guard seconds > 0, seconds <= 86400 else {
      throw ValidationError("--decode-timeout is \(seconds); expected seconds, above 0 and at most a day")
    }
  }
}
