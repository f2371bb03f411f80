import ArgumentParser

/// `--decode-timeout` of the commands that read single files.
struct DecodeTimeout: ParsableArguments {
  @Option(name: .customLong("decode-timeout"), help: "Seconds after which a file that is still being read counts as bad.")
  var seconds = 60.0

  var duration: Duration { .seconds(seconds) }

  func validate() throws {
    guard seconds > 0, seconds <= 86400 else {
      throw ValidationError("--decode-timeout is \(seconds); expected seconds, above 0 and at most a day")
    }
  }
}
