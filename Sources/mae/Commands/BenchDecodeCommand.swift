import ArgumentParser
import MaskedAutoencoders

/// `mae bench decode`: how fast clips come out of files.
struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Time reading clips: open, seek, sample, resize as in training.",
    discussion: """
      Each clip is read from a file that is opened for it, and again from one that stays open (reuse), as a loader does that \
      draws several samples from a file.

      Example: mae bench decode cat.mp4 dog.mkv --clips 40
      """)

  @Argument(help: ArgumentHelp("Videos.", valueName: "file")) var files: [String]
  @Option(parsing: .unconditional, help: "Clips read from each file.") var clips = 20
  @Option(parsing: .unconditional, help: "Frames of a clip.") var numFrames = 16
  @Option(parsing: .unconditional, help: "Frames from one frame of a clip to the next.") var samplingRate = 4
  @Option(parsing: .unconditional, help: "Side of the delivered frames in pixels.") var size = 224
  @Option(parsing: .unconditional, help: "Threads that decode.") var threads = 1
  @Option(parsing: .unconditional, help: "Seed of where clips begin and what is cut out of them.") var seed: UInt64 = 0
  @Option(parsing: .unconditional, help: "How often everything is measured.") var repetitions = 5
  @Option(
    help: ArgumentHelp("Folder that keeps frame indexes (default: they are made anew at each opening).", valueName: "folder"))
  var cache: String?
  @OptionGroup var decodeTimeout: DecodeTimeout
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text

  func validate() throws {
    for (name, value) in [
      ("clips", clips), ("num-frames", numFrames), ("sampling-rate", samplingRate), ("size", size), ("threads", threads),
      ("repetitions", repetitions),
    ] where value < 1 { throw ValidationError("--\(name) is \(value); expected at least 1") }
  }

  func run() throws {
    if let cache { try Folder.make(cache) }
    let results = try DecodeBenchmark(
      files: files, clips: clips, shape: .clip(frames: numFrames, stride: samplingRate), size: FrameSize(square: size),
      threads: threads, seed: seed, repetitions: repetitions, cacheFolder: cache, timeLimit: decodeTimeout.duration
    ).run()
    let table = DecodeBenchmarkTable(results)
    Console.result(format == .json ? table.json + "\n" : table.markdown, terminator: "")
  }
}
