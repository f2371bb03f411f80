import CMPI
import Foundation
import MAEFoundation
import Synchronization

/// Processes that a launcher such as `mpirun` started, joined through MPI.
public final class MPIProcesses: Processes {
  /// The number of this process, from 0.
  public let rank: Int
  /// How many there are.
  public let count: Int
  /// The number of this process among those of its machine, from 0.
  public let localRank: Int
  /// Processes of this machine.
  public let localCount: Int
  private let cost = Mutex(ProcessEffort())

  /// What working together cost this process so far.
  public var effort: ProcessEffort { cost.withLock { $0 } }

  /// The processes that this one was started with; a single one where no launcher started it, and then MPI is not even begun.
  ///
  /// To be called once, before threads are started.
  ///
  /// - Throws: ``ProcessError`` of kind `unavailable` when there are several and the program was built without MPI, `usage` when
  ///   the launcher is that of another library.
  public static func joined(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ProcessError) -> any Processes {
    guard let launch = Launch(environment) else { return SingleProcess() }
    guard mae_mpi_is_built() != 0 else {
      guard launch.count ?? 1 > 1 else { return SingleProcess() }
      throw ProcessError(
        .unavailable,
        """
        \(launch.count ?? 1) processes were started together, and this program was built without MPI; build it with \
        swift build -c release --traits MPI, or start one process
        """)
    }
    try check(mae_mpi_start(), "joining the other processes")
    let joined = MPIProcesses()
    if let expected = launch.count, expected != joined.count {
      throw ProcessError(
        .usage,
        """
        \(expected) processes were started together, and each of them is alone: the launcher does not belong to \
        \(builtWith ?? "the library") that the program was built with; use its own mpirun
        """)
    }
    return joined
  }

  /// Name and version of the MPI library; nil in a program that was built without.
  public static var builtWith: String? {
    mae_mpi_is_built() == 0 ? nil : unsafe String(cString: mae_mpi_library())
  }

  private init() {
    (rank, count) = (Int(mae_mpi_rank()), Int(mae_mpi_count()))
    (localRank, localCount) = (Int(mae_mpi_local_rank()), Int(mae_mpi_local_count()))
  }

  /// Values of a slice: at least a megabyte for each process to add up, so that many processes do not send small pieces.
  static func slice(among count: Int) -> Int { max(1 << 20, count << 14) }

  /// Slice after slice; see `mae_mpi_sum`.
  public func sum(_ values: inout MutableSpan<Float>) throws(ProcessError) {
    let (slice, watch) = (Int64(Self.slice(among: count)), Stopwatch())
    defer { cost.withLock { $0.summing += watch.seconds } }
    let code = unsafe values.withUnsafeMutableBufferPointer { unsafe mae_mpi_sum($0.baseAddress, Int64($0.count), slice) }
    try Self.check(code, "adding up gradients")
  }

  /// See `mae_mpi_broadcast`.
  public func broadcast(_ values: inout MutableSpan<Float>) throws(ProcessError) {
    let code = unsafe values.withUnsafeMutableBufferPointer { unsafe mae_mpi_broadcast($0.baseAddress, Int64($0.count)) }
    try Self.check(code, "sending weights")
  }

  /// See `mae_mpi_gather`.
  public func gather(_ bytes: [UInt8]) throws(ProcessError) -> [[UInt8]] {
    let watch = Stopwatch()
    defer { cost.withLock { $0.waiting += watch.seconds } }
    var counts = [Int64](repeating: 0, count: count)
    try Self.check(unsafe mae_mpi_gather_counts(Int64(bytes.count), &counts), "agreeing")
    var all = [UInt8](repeating: 0, count: Int(counts.reduce(0, +)))
    try Self.check(unsafe mae_mpi_gather(bytes, &all, counts), "agreeing")
    var start = 0
    return counts.map { length in
      defer { start += Int(length) }
      return Array(all[start..<start + Int(length)])
    }
  }

  /// See `mae_mpi_last_words`.
  public func lastWords(_ code: Int32, within seconds: Double) -> [Int32]? {
    var codes = [Int32](repeating: 0, count: count)
    return unsafe mae_mpi_last_words(code, &codes, seconds) != 0 ? codes : nil
  }

  /// `MPI_Finalize`.
  public func end() { _ = mae_mpi_end() }

  /// `MPI_Abort`.
  public func abort(_ code: Int32) { mae_mpi_abort(code) }

  private static func check(_ code: Int32, _ doing: String) throws(ProcessError) {
    guard code != 0 else { return }
    let reason = unsafe String(cString: mae_mpi_error(code))
    throw ProcessError(.inputOutput, "\(doing): MPI says \(reason); see to the network and start again, the run goes on")
  }
}

/// What a launcher of MPI programs says in the environment of the processes that it starts.
package struct Launch: Hashable {
  /// Processes that were started together; nil where the launcher does not say.
  package let count: Int?
  /// The number of this process, from 0.
  package let rank: Int

  /// Nil where no launcher started this process: those of Open MPI, of MPICH and Intel's library (Hydra), and Slurm's.
  package init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    func number(_ names: String...) -> Int? { names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first }
    guard let rank = number("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK") else { return nil }
    self.rank = rank
    count = number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")
  }
}
