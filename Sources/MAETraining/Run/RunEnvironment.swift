import Foundation
import MAECore
import MAEFoundation

/// Where a run took place, as `environment.json` tells.
public struct RunEnvironment: Codable, Hashable, Sendable {
  /// Name and version.
  public var program: String
  /// As it was given.
  public var commandLine: [String]
  /// Where the program was started.
  public var workingDirectory: String
  /// Date and time.
  public var started: String
  /// Name and version.
  public var operatingSystem: String
  /// Model name.
  public var processor: String
  /// Cores that are at work.
  public var cores: Int
  /// Of the machine.
  public var memoryBytes: UInt64
  /// Threads that compute.
  public var threads: Int
  /// Name of the ``InstructionLevel``.
  public var instructionLevel: String

  private enum CodingKeys: String, CodingKey {
    case program, started, processor, cores, threads
    case commandLine = "command_line"
    case workingDirectory = "working_directory"
    case operatingSystem = "operating_system"
    case memoryBytes = "memory_bytes"
    case instructionLevel = "instruction_level"
  }

  /// The environment of this process.
  public init(commandLine: [String], threads: Int) {
    let process = ProcessInfo.processInfo
    program = "swift-mae \(Version.current)"
    self.commandLine = commandLine
    workingDirectory = FileManager.default.currentDirectoryPath
    started = Date().formatted(.iso8601)
    operatingSystem = process.operatingSystemVersionString
    processor = Self.processorName
    cores = process.activeProcessorCount
    memoryBytes = process.physicalMemory
    self.threads = threads
    instructionLevel = InstructionLevel.current.name
  }

  var json: String { JSONText.indented(self) + "\n" }

  /// Model name of the processor.
  package static var processorName: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") } ?? "unknown"
    return String(line.split(separator: ":").last ?? "unknown").trimmingCharacters(in: .whitespaces)
  }
}
