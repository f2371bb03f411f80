import Foundation
import MAECore

/// The `ffmpeg` program: the independent truth for what a file shows, and the maker of test clips.
enum FFmpegProgram {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs the program and returns what it writes to standard output.
  @discardableResult
  static func run(_ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ffmpeg", "-nostdin", "-v", "error", "-y"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: "ffmpeg \(arguments.joined(separator: " ")) failed") }
    return bytes
  }

  /// What the program complains about while it decodes a file; empty when it decodes cleanly.
  static func errors(of path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", "file:" + path, "-an", "-sn", "-dn", "-fps_mode", "passthrough",
      "-f", "null", "-",
    ]
    let output = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many frames the program shows, whatever it complains about.
  static func frameCount(of path: String) throws -> Int {
    let lines = try run([
      "-threads", "1", "-i", "file:" + path, "-an", "-sn", "-dn", "-fps_mode", "passthrough", "-f", "framehash", "-hash",
      "adler32",
      "-",
    ])
    return String(decoding: lines, as: UTF8.self).split(separator: "\n").count { !$0.hasPrefix("#") }
  }

  /// All frames of a file, one after the other, as the program shows them.
  static func frames(of path: String, pixelFormat: String = "rgb24") throws -> [UInt8] {
    try run([
      "-threads", "1", "-i", "file:" + path, "-an", "-sn", "-dn", "-fps_mode", "passthrough", "-pix_fmt", pixelFormat,
      "-f", "rawvideo", "-",
    ])
  }
}
