import Foundation
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
  /// - Parameter environment: variables that differ from this process's.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], in folder: TestFolder
  ) throws -> Running {
    try Running(arguments, environment, in: folder)
  }

  /// Runs the program to its end.
  @discardableResult
  static func run(_ arguments: String..., in folder: TestFolder) throws -> Outcome { try start(arguments, in: folder).outcome() }
}

/// A program that was started.
final class Running {
  private let process = Process()
  private let outputPath, errorPath: String

  init(_ arguments: [String], _ environment: [String: String], in folder: TestFolder) throws {
    let name = UUID().uuidString
    outputPath = folder.logs + "/\(name).out"
    errorPath = folder.logs + "/\(name).err"
    for path in [outputPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.executableURL = URL(fileURLWithPath: Program.path)
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
    return Program.Outcome(
      code: process.terminationStatus, output: try String(contentsOfFile: outputPath, encoding: .utf8),
      errors: try String(contentsOfFile: errorPath, encoding: .utf8))
  }

  /// Waits until a condition holds; false when the program ended before.
  func wait(until condition: () -> Bool) -> Bool {
    while process.isRunning {
      if condition() { return true }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return condition()
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }
}

/// A folder that goes away with the test.
final class TestFolder {
  let path: String
  let logs: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/mae-command-\(UUID().uuidString)"
    logs = path + "/.logs"
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)) }
  func names(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).sorted()
  }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

  func write(_ text: String, to name: String) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
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
