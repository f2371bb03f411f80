import Foundation
import MAECore

/// Where a run took place, as `environment.json` tells.
public struct RunEnvironment: Codable, Hashable, Sendable {
  public var program: String
  public var commandLine: [String]
  public var workingDirectory: String
  public var started: String
  public var operatingSystem: String
  public var processor: String
  public var cores: Int
  public var memoryBytes: UInt64
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

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("RunEnvironment: cannot be written") }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static var processorName: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") } ?? "unknown"
    return String(line.split(separator: ":").last ?? "unknown").trimmingCharacters(in: .whitespaces)
  }
}

/// The program's own version.
public enum Version {
  public static let current = "0.1.0"
}

/// Resources of this process.
package enum ProcessUsage {
  /// Resident memory in bytes; 0 where the system does not tell.
  package static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Processor time of all threads so far, in seconds.
  package static var processorSeconds: Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
