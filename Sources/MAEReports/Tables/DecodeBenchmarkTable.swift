import Foundation
import MAEData
import MAEFoundation

/// Results of decoding benchmarks as a table for people or programs.
public struct DecodeBenchmarkTable: Sendable {
  /// One per file.
  public var results: [DecodeBenchmark.Result]

  /// A table of the results of ``DecodeBenchmark/run()``.
  public init(_ results: [DecodeBenchmark.Result]) { self.results = results }

  /// A table in Markdown, a row per file.
  public var markdown: String {
    let header = """
      | file | clips/s | min | max | reuse | frames/s | decoded per delivered |
      | --- | --- | --- | --- | --- | --- | --- |

      """
    let rows = results.map { result in
      String(
        format: "| %@ | %.2f | %.2f | %.2f | %.2f | %.0f | %.2f |\n", URL(fileURLWithPath: result.file).lastPathComponent,
        result.clipsPerSecond, result.slowest, result.fastest, result.clipsPerSecondWithReuse,
        result.framesDeliveredPerSecond, result.framesDecodedPerDelivered)
    }
    return header + rows.joined()
  }

  /// The same with counts and the frames where clips start, and figures over all files.
  public var json: String {
    let clips = Double(results.reduce(0) { $0 + $1.clips })
    return JSONText.indented(
      Summary(
        clipsPerSecond: clips / results.reduce(0) { $0 + Double($1.clips) / $1.clipsPerSecond },
        clipsPerSecondReuse: clips / results.reduce(0) { $0 + Double($1.clips) / $1.clipsPerSecondWithReuse },
        framesDelivered: results.reduce(0) { $0 + $1.framesDelivered },
        framesDecoded: results.reduce(0) { $0 + $1.framesDecoded }, files: results.map(File.init)))
  }

  private struct Summary: Encodable {
    var clipsPerSecond, clipsPerSecondReuse: Double
    var framesDelivered, framesDecoded: Int
    var files: [File]
  }

  private struct File: Encodable {
    var file: String
    var clipsPerSecond, clipsPerSecondMinimum, clipsPerSecondMaximum, clipsPerSecondReuse: Double
    var framesDeliveredPerSecond, duration: Double
    var framesDelivered, framesDecoded, frames, framesUnreferenced: Int
    var starts: [Int]

    init(_ result: DecodeBenchmark.Result) {
      file = result.file
      clipsPerSecond = result.clipsPerSecond
      clipsPerSecondMinimum = result.slowest
      clipsPerSecondMaximum = result.fastest
      clipsPerSecondReuse = result.clipsPerSecondWithReuse
      framesDeliveredPerSecond = result.framesDeliveredPerSecond
      duration = result.duration
      framesDelivered = result.framesDelivered
      framesDecoded = result.framesDecoded
      frames = result.frameCount
      framesUnreferenced = result.unreferencedFrameCount
      starts = result.starts
    }
  }
}
