import MAECluster
import MAEFoundation
import TestSupport
import Testing

@Suite struct SharingTests {
  @Test("parts cover everything once and differ in length by one at most", arguments: [0, 1, 2, 7, 8, 1000], [1, 2, 3, 7, 64])
  func parts(total: Int, count: Int) {
    let parts = (0..<count).map { Parts.part($0, of: total, among: count) }
    #expect(parts.flatMap(Array.init) == Array(0..<total))
    let lengths = parts.map(\.count)
    #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
  }

  @Test("all get the values of all, what is no number included", arguments: [1, 2, 3, 5]) func values(count: Int) throws {
    struct Value: Codable, Hashable { var rank: Int, number: Double, text: String? }
    let found = try ThreadProcesses.run(count) { processes in
      let own = Value(rank: processes.rank, number: [.infinity, 0.1, -2][processes.rank % 3], text: nil)
      return (try processes.all(own), try processes.sums([1, .nan, 0.1 * Double(processes.rank)]))
    }
    for (values, sums) in found {
      #expect(values.map(\.rank) == Array(0..<count))
      #expect(values[0].number == .infinity)
      #expect(sums[0] == Double(count) && sums[1].isNaN)
      #expect(sums[2] == (0..<count).reduce(0) { $0 + 0.1 * Double($1) })
    }
  }

  @Test("what the first process decides is decided in all, its failure too", arguments: [1, 2, 4]) func decisions(count: Int)
    throws
  {
    let found = try ThreadProcesses.run(count) { processes in
      let number: Int? = try processes.decided { 100 + processes.rank }
      let none: Int? = try processes.decided { nil }
      let failure: String
      do {
        try processes.first { throw ProcessError(.missing, "no such file") }
        failure = "none"
      } catch let error as any ExplainedError { failure = "\(error.kind) \(error.description)" }
      return (number, none, failure)
    }
    for (number, none, failure) in found {
      #expect(number == 100)
      #expect(none == nil)
      #expect(failure == "missing no such file")
    }
  }

  @Test("where one fails all fail, and the others name it") func together() throws {
    let found = try ThreadProcesses.run(3) { processes -> String in
      do {
        _ = try processes.together { if processes.rank == 1 { throw ProcessError(.unusable, "a.mp4: is damaged") } }
        return "none"
      } catch let error as any ExplainedError {
        return "\(error.kind) \(error.description)"
      }
    }
    #expect(found[1] == "unusable a.mp4: is damaged")
    #expect(found[0] == "unusable process 1 of 3: a.mp4: is damaged" && found[2] == found[0])
  }

  @Test("processes that differ in what must be the same are refused") func differences() throws {
    let error = #expect(throws: ProcessError.self) {
      try ThreadProcesses.run(3) { try $0.requireSame(["program": "1", "files": $0.rank == 2 ? "b" : "a"]) }
    }
    #expect(error?.kind == .usage)
    #expect(error?.description.hasPrefix("the processes differ in files: a in process 0, b in process 2") == true)
    try ThreadProcesses.run(2) { try $0.requireSame(["program": "1"]) }
  }

  @Test("bytes of the first process reach all, and floats keep their bits") func bytes() throws {
    let odd: [Float] = [.nan, -0.0, .leastNonzeroMagnitude, 1e30]
    let found = try ThreadProcesses.run(2) { processes in
      #expect(try processes.gatherLong([UInt8](repeating: 7, count: processes.rank)) == [[], [7]])
      return (try processes.spread(processes.isFirst ? [1, 2, 3] : []), try processes.gather(odd).map { $0.map(\.bitPattern) })
    }
    for (bytes, floats) in found {
      #expect(bytes == [1, 2, 3])
      #expect(floats == [odd.map(\.bitPattern), odd.map(\.bitPattern)])
    }
  }

  @Test(
    "cores are shared by the processes of a machine, unless they are pinned",
    arguments: [
      (ProcessThreads(cores: 8, machineCores: 8, processes: 1), 8, false),
      (ProcessThreads(cores: 8, machineCores: 8, processes: 2), 4, false),
      (ProcessThreads(cores: 2, machineCores: 2, processes: 3), 1, false),
      (ProcessThreads(cores: 4, machineCores: 8, processes: 2), 4, true),
      (ProcessThreads(cores: 1, machineCores: 8, processes: 2), 1, true),
      // A container has fewer cores than its machine.
      (ProcessThreads(cores: 4, machineCores: 8, processes: 1), 4, false),
    ])
  func threads(threads: ProcessThreads, count: Int, isPinned: Bool) {
    #expect(threads.count == count)
    #expect(threads.isPinned == isPinned)
  }

  @Test("pinning that leaves cores idle is said") func idleCores() {
    #expect(ProcessThreads(cores: 1, machineCores: 8, processes: 2).sentence.contains("6 idle: --bind-to none"))
    #expect(!ProcessThreads(cores: 4, machineCores: 8, processes: 2).sentence.contains("idle"))
  }
}

@Suite struct LaunchTests {
  @Test(
    "launchers are known by what they say",
    arguments: [
      ([:], nil), (["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"], [1, 2]),
      (["PMI_SIZE": "4", "PMI_RANK": "0"], [0, 4]), (["PMIX_RANK": "3", "SLURM_STEP_NUM_TASKS": "8"], [3, 8]),
      // The batch script itself is started by no launcher.
      (["SLURM_PROCID": "0", "SLURM_NTASKS": "8"], nil),
    ] as [([String: String], [Int]?)])
  func launch(environment: [String: String], expected: [Int]?) {
    #expect(Launch(environment).map { [$0.rank, $0.count ?? 0] } == expected)
  }

  @Test("without a launcher there is one process, and MPI is not begun") func alone() throws {
    let processes = try MPIProcesses.joined(environment: [:])
    #expect(processes is SingleProcess)
    #expect(processes.part(of: 7) == 0..<7)
  }
}

@Suite struct NetworkTests {
  @Test(
    "rates are bits of a line or bytes that arrive a second",
    arguments: [
      ("25Gb", 25e9 / 8 * 1448 / 1538), ("10Gbit", 10e9 / 8 * 1448 / 1538), ("100Mb", 100e6 / 8 * 1448 / 1538), ("3GB", 3e9),
      ("2.5Gb", 2.5e9 / 8 * 1448 / 1538), ("fast", nil), ("25", nil), ("0Gb", nil),
    ] as [(String, Double?)])
  func rates(text: String, bandwidth: Double?) {
    let found = Network(text)?.bandwidth
    #expect((found == nil) == (bandwidth == nil))
    #expect(abs((found ?? 0) - (bandwidth ?? 0)) < 1)
  }

  @Test("a ring sends every part twice") func ring() throws {
    let network = Network(bandwidth: 1e9, latency: 0)
    #expect(network.secondsToSum(250_000_000, among: 1) == 0)
    #expect(abs(network.secondsToSum(250_000_000, among: 2) - 1) < 1e-12)
    #expect(abs(network.secondsToSum(250_000_000, among: 1000) - 2 * 0.999) < 1e-9)
    // One slice: two times n − 1 messages, one after the other.
    let slow = Network(bandwidth: .infinity, latency: 0.001)
    #expect(abs(slow.secondsToSum(1000, among: 5) - 0.008) < 1e-12)
  }
}
