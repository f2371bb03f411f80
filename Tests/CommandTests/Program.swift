import Foundation
import TestSupport
import Testing

/// The built program, run as a person would.
enum Program {
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String
  }

  /// It lies beside the test bundle.
  static let path: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/mae"
  }()

  /// Starts the program with standard output and standard error in files of `folder`.
  ///
  /// - Parameters:
  ///   - largestFile: in kB; writing more fails, as on a full disk.
  ///   - smallDisk: a folder that becomes a file system of 64 kB.
  ///   - environment: variables that differ from this process's.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], in folder: TemporaryFolder, largestFile: Int? = nil,
    smallDisk: String? = nil
  ) throws -> Running {
    if let largestFile {
      let script = "trap '' XFSZ; ulimit -f \(largestFile); exec \"$@\""
      return try Running("/bin/bash", ["-c", script, "bash", path] + arguments, in: folder)
    }
    if let smallDisk {
      let script = "mount -t tmpfs -o size=64k none \(smallDisk); exec \"$@\""
      return try Running("/usr/bin/unshare", Running.ownMounts + ["bash", "-c", script, "bash", path] + arguments, in: folder)
    }
    return try Running(path, arguments, environment, in: folder)
  }

  /// Runs the program to its end.
  @discardableResult
  static func run(_ arguments: String..., in folder: TemporaryFolder) throws -> Outcome {
    try start(arguments, in: folder).outcome()
  }
}

/// A program that was started.
final class Running {
  private let process = Process()
  private let outputPath, errorPath: String

  /// Mounts that only the program sees.
  static let ownMounts = ["--map-root-user", "--mount"]

  /// Whether a test may mount a file system of its own.
  static let canMount: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments =
      ownMounts + ["mount", "-t", "tmpfs", "-o", "size=64k", "none", FileManager.default.temporaryDirectory.path]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  init(_ executable: String, _ arguments: [String], _ environment: [String: String] = [:], in folder: TemporaryFolder) throws {
    let name = UUID().uuidString
    outputPath = folder.path(".logs/\(name).out")
    errorPath = folder.path(".logs/\(name).err")
    try FileManager.default.createDirectory(atPath: folder.path(".logs"), withIntermediateDirectories: true)
    for path in [outputPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    try process.run()
  }

  /// Waits for the end; a program that takes minutes where seconds are meant is ended.
  func outcome() throws -> Program.Outcome {
    let deadline = ContinuousClock.now + .seconds(300)
    while process.isRunning, ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.01) }
    if process.isRunning {
      Issue.record("\(process.arguments ?? []) did not end")
      send(SIGKILL)
    }
    process.waitUntilExit()
    // Names of files are printed as their bytes, which need not be text.
    func text(_ path: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
    return Program.Outcome(code: process.terminationStatus, output: try text(outputPath), errors: try text(errorPath))
  }

  /// Waits until a condition holds; false when the program ended before.
  func wait(until condition: () -> Bool) -> Bool {
    while process.isRunning {
      if condition() { return true }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return condition()
  }

  /// What it has said so far on standard error.
  var errorsSoFar: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  func send(_ signal: Int32) { kill(identifier, signal) }

  /// Of the process.
  var identifier: Int32 { process.processIdentifier }
}

extension TemporaryFolder {
  /// The path of a rendered clip.
  var video: String {
    let clips = (FileManager.default.subpaths(atPath: path + "/media/clips") ?? []).filter { $0.hasSuffix(".mp4") }.sorted()
    return "media/clips/" + (clips.first ?? "none")
  }

  /// Steps of the metrics written so far.
  func steps(_ run: String) -> [Int] {
    let text = (try? text(run + "/metrics.jsonl")) ?? ""
    return text.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["step"] as? Int
    }
  }

  /// Synthetic clips and stills in `media`.
  func render(clips: Int, stills: Int) throws {
    let outcome = try Program.run(
      "samples", "media", "--clips", "\(clips)", "--stills", "\(stills)", "--frames", "20", in: self)
    try #require(outcome.code == 0, "\(outcome.errors)")
  }
}

/// A model of a few milliseconds per step.
let smallClips = [
  "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--num-frames", "4", "--sampling-rate", "2", "--batch-size", "2",
  "--decoder-depth", "1", "--threads", "1",
]
