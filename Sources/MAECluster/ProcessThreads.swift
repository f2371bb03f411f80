import Foundation

/// The cores of a machine as its processes share them.
public struct ProcessThreads: Hashable, Sendable {
  /// Cores that this process may run on.
  public let cores: Int
  /// Cores that the machine has at work.
  public let machineCores: Int
  /// Processes of this machine.
  public let processes: Int

  /// - Parameters:
  ///   - cores: that this process may run on.
  ///   - machineCores: of the machine.
  ///   - processes: of this machine.
  public init(cores: Int, machineCores: Int, processes: Int) {
    (self.cores, self.machineCores, self.processes) = (cores, machineCores, processes)
  }

  /// Of this machine.
  public init(_ processes: any Processes) {
    self.init(
      cores: ProcessInfo.processInfo.activeProcessorCount, machineCores: ProcessInfo.processInfo.processorCount,
      processes: processes.localCount)
  }

  /// Whether the launcher gave each process cores of its own, fewer than the machine has.
  public var isPinned: Bool { processes > 1 && cores < machineCores }

  /// Threads that compute in each process unless somebody says otherwise: its own cores where it is pinned, else its share of
  /// those of the machine.
  public var count: Int { isPinned || processes == 1 ? cores : max(1, cores / processes) }

  /// `2 on this machine, not pinned: they share 8 cores`
  public var sentence: String {
    guard processes > 1 else { return "alone on this machine" }
    guard isPinned else { return "\(processes) on this machine, not pinned: they share \(cores) cores" }
    let idle = machineCores - processes * cores
    // What mpirun of Open MPI does unless told otherwise.
    let remark = idle > 0 ? ", which leaves \(idle) idle: --bind-to none gives each its share of all" : ""
    return "\(processes) on this machine, each pinned to \(cores) of \(machineCores) cores\(remark)"
  }
}
