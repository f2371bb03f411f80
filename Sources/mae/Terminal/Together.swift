import ArgumentParser
import MaskedAutoencoders

/// The processes that this one was started with, as `mpirun` does it; most often it is alone.
enum Together {
  private static let joined = Result<any Processes, ProcessError> { () throws(ProcessError) in try MPIProcesses.joined() }

  /// A single one where joining failed.
  static var processes: any Processes { (try? joined.get()) ?? SingleProcess() }

  /// Whether this one says nothing, since another speaks for all.
  static let isSilent: Bool = {
    guard case .success(let processes) = joined else { return Launch()?.rank ?? 0 > 0 }
    return !processes.isFirst
  }()

  /// Joins the others. Called before anything else is done.
  static func join() throws { _ = try joined.get() }

  /// Refuses several processes for a command that would do the same in each of them.
  static func require(_ command: any ParsableCommand) throws {
    guard processes.count > 1, !(command is any SharingCommand) else { return }
    let name = type(of: command).configuration.commandName ?? "this"
    throw ProcessError(
      .usage, "\(processes.count) processes were started together, and mae \(name) works in one; start it without mpirun")
  }
}

/// A command whose work processes share.
protocol SharingCommand {}
