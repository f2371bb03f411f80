import Foundation

/// The memory that a process can have at most.
public struct MachineMemory: Hashable, Sendable {
  /// In bytes.
  public let bytes: Int
  /// What sets the limit, for messages: "the machine", or "this control group".
  public let owner: String

  /// A limit of one's own.
  public init(bytes: Int, owner: String) {
    self.bytes = bytes
    self.owner = owner
  }

  /// What this process can have: all of the machine's, or less where a control group says so.
  public static var current: MachineMemory {
    let machine = MachineMemory(bytes: Int(ProcessInfo.processInfo.physicalMemory), owner: "the machine")
    let limit = groupFiles(of: (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? "")
      .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.min()
    guard let limit, limit < machine.bytes else { return machine }
    return MachineMemory(bytes: limit, owner: "this control group")
  }

  /// What no process uses, or could give up at once; nil where the system does not tell.
  package static var availableBytes: Int? {
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.first { $0.hasPrefix("MemAvailable:") }?.split { !$0.isNumber }.first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// The files that limit a process, its group's and those of the groups around it.
  ///
  /// - Parameter groups: `/proc/self/cgroup`: `0::/a/b` of the unified hierarchy, `4:memory:/a/b` of the older one.
  package static func groupFiles(of groups: String) -> [String] {
    groups.split(separator: "\n").flatMap { line -> [String] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else { return [] }
      let (root, file) = parts[1].isEmpty ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      let names = parts[2].split(separator: "/")
      return (0...names.count).map { ([root] + names.prefix($0).map(String.init) + [file]).joined(separator: "/") }
    }
  }
}
