import Foundation

/// The `ffmpeg` program: the independent truth for what a file shows, and the maker of test clips.
package enum FFmpegProgram {
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// Runs the program and returns what it writes to standard output.
  @discardableResult
  package static func run(_ arguments: [String]) throws -> [UInt8] {
    let (output, status) = try outcome(arguments, of: \.standardOutput)
    guard status == 0 else { throw Failure(description: "ffmpeg \(arguments.joined(separator: " ")) failed") }
    return output
  }

  /// What the program complains about while it decodes a file; empty when it decodes cleanly.
  package static func errors(of path: String) throws -> String {
    let (output, _) = try outcome(decoding(path) + ["-f", "null", "-"], of: \.standardError)
    return String(decoding: output, as: UTF8.self)
  }

  /// How many frames the program shows, whatever it complains about.
  package static func frameCount(of path: String) throws -> Int {
    let lines = try run(decoding(path) + ["-f", "framehash", "-hash", "adler32", "-"])
    return String(decoding: lines, as: UTF8.self).split(separator: "\n").count { !$0.hasPrefix("#") }
  }

  /// All frames of a file, one after the other, as the program shows them.
  package static func frames(of path: String, pixelFormat: String = "rgb24") throws -> [UInt8] {
    try run(decoding(path) + ["-pix_fmt", pixelFormat, "-f", "rawvideo", "-"])
  }

  /// Every frame once, of pictures alone, in the same way each time.
  private static func decoding(_ path: String) -> [String] {
    ["-threads", "1", "-i", "file:" + path, "-an", "-sn", "-dn", "-fps_mode", "passthrough"]
  }

  /// All that one of the streams gives, and the code that the program ends with.
  private static func outcome(
    _ arguments: [String], of stream: ReferenceWritableKeyPath<Process, Any?>
  ) throws -> (output: [UInt8], status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ffmpeg", "-nostdin", "-v", "error", "-y"] + arguments
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    let pipe = Pipe()
    process[keyPath: stream] = pipe
    try process.run()
    let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return (bytes, process.terminationStatus)
  }
}
