import ArgumentParser
import Foundation
import MAECore
import MAEData
import MAEFoundation

/// `mae bench decode`: how fast clips come out of files.
struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Time reading clips: open, seek, sample, resize as in training.",
    discussion: """
      Each clip is read from a file that is opened for it, and again from one that stays open (reuse), as a loader does that draws \
      several samples from a file.

      Example: mae bench decode cat.mp4 dog.mkv --clips 40
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case md, json }

  @Argument(help: ArgumentHelp("Videos.", valueName: "file")) var files: [String]
  @Option(help: "Clips from each file.") var clips = 20
  @Option(help: "Frames of a clip.") var numFrames = 16
  @Option(help: "Frames from one frame of a clip to the next.") var samplingRate = 4
  @Option(help: "Side of the frames in pixels.") var size = 224
  @Option(help: "Threads that decode.") var threads = 1
  @Option(help: "Of the clips.") var seed: UInt64 = 0
  @Option(help: "How often everything is measured.") var repetitions = 5
  @Option(help: ArgumentHelp("Folder that keeps frame indexes.", valueName: "folder")) var cache: String?
  @Option(help: "md or json.") var format = Format.md

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
      threads: threads, seed: seed, repetitions: repetitions, cacheFolder: cache
    ).run()
    print(format == .md ? Self.table(results) : Self.json(results))
  }

  private static func table(_ results: [DecodeBenchmark.Result]) -> String {
    let header = """
      | file | clips/s | min | max | reuse | frames/s | decoded per delivered |
      | --- | --- | --- | --- | --- | --- | --- |
      """
    let rows = results.map { result in
      String(
        format: "| %@ | %.2f | %.2f | %.2f | %.2f | %.0f | %.2f |", URL(fileURLWithPath: result.file).lastPathComponent,
        result.clipsPerSecond, result.slowest, result.fastest, result.clipsPerSecondWithReuse,
        result.framesDeliveredPerSecond, result.framesDecodedPerDelivered)
    }
    return ([header] + rows).joined(separator: "\n")
  }

  private struct Output: Encodable {
    struct File: Encodable {
      var file: String
      var clipsPerSecond, clipsPerSecondMinimum, clipsPerSecondMaximum, clipsPerSecondReuse: Double
      var framesDeliveredPerSecond, duration: Double
      var framesDelivered, framesDecoded, frames, framesUnreferenced: Int
      var starts: [Int]
    }

    var clipsPerSecond, clipsPerSecondReuse: Double
    var framesDelivered, framesDecoded: Int
    var files: [File]
  }

  private static func json(_ results: [DecodeBenchmark.Result]) -> String {
    let clips = Double(results.reduce(0) { $0 + $1.clips })
    let output = Output(
      clipsPerSecond: clips / results.reduce(0) { $0 + Double($1.clips) / $1.clipsPerSecond },
      clipsPerSecondReuse: clips / results.reduce(0) { $0 + Double($1.clips) / $1.clipsPerSecondWithReuse },
      framesDelivered: results.reduce(0) { $0 + $1.framesDelivered },
      framesDecoded: results.reduce(0) { $0 + $1.framesDecoded },
      files: results.map {
        Output.File(
          file: $0.file, clipsPerSecond: $0.clipsPerSecond, clipsPerSecondMinimum: $0.slowest,
          clipsPerSecondMaximum: $0.fastest, clipsPerSecondReuse: $0.clipsPerSecondWithReuse,
          framesDeliveredPerSecond: $0.framesDeliveredPerSecond, duration: $0.duration, framesDelivered: $0.framesDelivered,
          framesDecoded: $0.framesDecoded, frames: $0.frameCount, framesUnreferenced: $0.unreferencedFrameCount,
          starts: $0.starts)
      })
    return JSONText.indented(output)
  }
}
