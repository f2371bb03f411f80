import Foundation
import TestSupport
import Testing

/// The program under `mpirun`, as on a cluster.
enum Together {
  /// Where one user is all there is, and cores are fewer than processes.
  private static let environment = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
  ]

  /// Whether there is `mpirun`, and the program was built with the trait `MPI`.
  static let isPossible: Bool = {
    let folder = TemporaryFolder()
    guard let outcome = try? run(2, ["bench"], in: folder) else { return false }
    return outcome.errors.contains("2 processes were started together, and mae bench works in one")
  }()

  static func start(_ count: Int, _ arguments: [String], in folder: TemporaryFolder) throws -> Running {
    try Running(
      "/usr/bin/env", ["mpirun", "-np", "\(count)", Program.path] + arguments, environment, in: folder)
  }

  static func run(_ count: Int, _ arguments: [String], in folder: TemporaryFolder) throws -> Program.Outcome {
    try start(count, arguments, in: folder).outcome()
  }

  /// Whether a process still runs; one that has ended may wait for somebody to take note of it.
  static func isAlive(_ process: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return !stat.contains(") Z ")
  }

  /// Processes of the program that a launcher started, in the order of their ranks.
  static func processes(of launcher: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let children = names.compactMap { Int32($0) }.filter { process in
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
      let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
      return fields.count > 2 && Int32(fields[2]) == launcher && stat.contains("(mae)")
    }
    func rank(_ process: Int32) -> Int {
      let text = (try? String(contentsOfFile: "/proc/\(process)/environ", encoding: .utf8)) ?? ""
      let variable = text.split(separator: "\0").first { $0.hasPrefix("OMPI_COMM_WORLD_RANK=") }
      return variable.flatMap { Int($0.split(separator: "=")[1]) } ?? 0
    }
    return children.sorted { rank($0) < rank($1) }
  }
}

@Suite(.serialized, .enabled(if: Together.isPossible, "mpirun and a program with the trait MPI: Tests/run.sh has both"))
struct ManyProcessesTests {
  private static let six = ["--batch-size", "6"]

  private func arguments(_ run: String, steps: Int) -> [String] {
    ["pretrain", "media", "-o", run, "--steps", "\(steps)", "--save-every", "4"] + smallClips + Self.six
  }

  private func weights(_ run: String, _ step: String, in folder: TemporaryFolder) throws -> Data {
    try folder.data("\(run)/checkpoints/step-\(step)/model.safetensors")
  }

  private func losses(_ run: String, in folder: TemporaryFolder) throws -> [Double] {
    try folder.text(run + "/metrics.jsonl").split(separator: "\n").compactMap { line in
      (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["loss"] as? Double
    }
  }

  @Test("one process under mpirun gives the bytes of one without") func one() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    #expect(try Program.start(arguments("alone", steps: 6), in: folder).outcome().code == 0)
    #expect(try Together.run(1, arguments("launched", steps: 6), in: folder).code == 0)
    #expect(try weights("alone", "000006", in: folder) == weights("launched", "000006", in: folder))
  }

  @Test("two and three processes learn what one does, and the same bytes each time", arguments: [2, 3]) func several(count: Int)
    throws
  {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    #expect(try Program.start(arguments("alone", steps: 8), in: folder).outcome().code == 0)
    for run in ["a", "b"] {
      let outcome = try Together.run(count, arguments(run, steps: 8), in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == "\(run)/checkpoints/step-000008\n", "one of them speaks")
      #expect(outcome.errors.contains("\(count) share every batch, whose size is that of all of them"))
    }
    #expect(try weights("a", "000008", in: folder) == weights("b", "000008", in: folder))
    let (expected, found) = try (losses("alone", in: folder), losses("a", in: folder))
    #expect(found.count == 8)
    for (loss, other) in zip(found, expected) { #expect(abs(loss - other) < 1e-5) }
    #expect(try folder.text("a/metrics.jsonl").contains(#""processes":{"count":\#(count)"#))
  }

  @Test("a run of two goes on in three and then in one") func otherCounts() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    #expect(try Program.start(arguments("alone", steps: 12), in: folder).outcome().code == 0)
    for (count, last) in [(2, 3), (3, 7)] {
      let run = try Together.start(count, arguments("parts", steps: 12), in: folder)
      #expect(run.wait { folder.steps("parts").last ?? 0 >= last })
      // A scheduler tells the processes, a user the launcher.
      if count == 2 {
        for process in Together.processes(of: run.identifier) { kill(process, SIGTERM) }
      } else {
        kill(run.identifier, SIGUSR2)
      }
      let outcome = try run.outcome()
      // It may have come to its end before the signal.
      #expect(outcome.code == 75 || folder.steps("parts").last == 12, "\(outcome.code): \(outcome.errors)")
    }
    #expect(try Program.start(arguments("parts", steps: 12), in: folder).outcome().code == 0)
    #expect(folder.steps("parts") == Array(1...12))
    for (loss, other) in zip(try losses("parts", in: folder), try losses("alone", in: folder)) {
      #expect(abs(loss - other) < 1e-5)
    }
  }

  @Test("all end within ten seconds when one is killed, and the run goes on to the same bytes") func killed() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    #expect(try Together.run(2, arguments("whole", steps: 16), in: folder).code == 0)
    for (number, last) in (runsLongTests ? Array(1...10) : [2, 9]).enumerated() {
      let run = try Together.start(2, arguments("parts", steps: 16), in: folder)
      #expect(run.wait { folder.steps("parts").last ?? 0 >= last })
      let processes = Together.processes(of: run.identifier)
      let end = ContinuousClock.now + .seconds(10)
      if processes.count == 2 { kill(processes[number % 2], SIGKILL) }
      _ = try run.outcome()
      #expect(ContinuousClock.now < end)
      // The launcher may be gone a moment before those that it ended.
      while processes.contains(where: Together.isAlive), ContinuousClock.now < end { usleep(20_000) }
      #expect(processes.allSatisfy { !Together.isAlive($0) }, "nobody is left")
    }
    let outcome = try Together.run(2, arguments("parts", steps: 16), in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try weights("parts", "000016", in: folder) == weights("whole", "000016", in: folder))
  }

  @Test("what all meet with is said once, with the exit code of one process") func sharedFailures() throws {
    let folder = TemporaryFolder()
    for (arguments, code, words) in [
      (["pretrain", "nothing", "-o", "run"], 66, "nothing"), (["pretrain", "nothing", "-o", "run", "--zzzz"], 64, "--zzzz"),
      (["inspect", "a.pth"], 64, "works in one"),
    ] as [([String], Int32, String)] {
      let outcome = try Together.run(2, arguments, in: folder)
      #expect(outcome.code == code)
      let sentences = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("mae: ") }
      #expect(sentences.count == 1 && sentences[0].contains(words), "\(outcome.errors)")
    }
  }

  @Test("what one of them cannot do ends all within ten seconds, with its name and its code") func ownFailure() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    // The second process alone has a wrong level of instructions.
    let script = #"if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then export MAE_CPU_LEVEL=none; fi; exec "$@""#
    let start = ContinuousClock.now
    let run = try Running(
      "/usr/bin/env",
      ["mpirun", "-np", "2", "bash", "-c", script, "bash", Program.path] + arguments("run", steps: 4),
      [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
      ], in: folder)
    let outcome = try run.outcome()
    #expect(ContinuousClock.now - start < .seconds(15))
    #expect(outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains("mae: process 1 of 2 on "))
  }

  @Test("embed, analyze and check share files and find what one process finds") func files() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    #expect(try Program.start(arguments("run", steps: 3), in: folder).outcome().code == 0)
    try Data("no clip".utf8).write(to: URL(fileURLWithPath: folder.path("media/broken.mp4")))
    let embed = ["embed", "media", "-m", "run", "--threads", "1", "--batch-size", "1", "-o"]
    #expect(try Program.start(embed + ["alone.safetensors"], in: folder).outcome().code == 0)
    #expect(try Together.run(3, embed + ["shared.safetensors"], in: folder).code == 0)
    for ending in ["safetensors", "jsonl"] {
      #expect(try folder.data("alone.\(ending)") == folder.data("shared.\(ending)"))
    }
    let analyze = ["analyze", "run", "--data", "media", "--samples", "3", "--threads", "1", "-o"]
    #expect(try Program.start(analyze + ["alone"], in: folder).outcome().code == 0)
    #expect(try Together.run(2, analyze + ["shared"], in: folder).code == 0)
    #expect(try folder.data("alone/analysis.json") == folder.data("shared/analysis.json"))
    let alone = try Program.start(["check", "media", "--deep"], in: folder).outcome()
    let shared = try Together.run(2, ["check", "media", "--deep"], in: folder)
    #expect(alone.code == 65 && shared.code == 65)
    #expect(shared.output == alone.output)
  }
}

@Suite struct WithoutManyProcessesTests {
  @Test("the plan for many machines wants a network, and a sample for each process") func plan() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let plan = ["pretrain", "media", "--plan", "--steps", "4"] + smallClips
    for (flags, words) in [
      (["--processes", "2"], "--network"), (["--processes", "2", "--network", "fast"], "--network is fast"),
      (["--processes", "64", "--network", "25Gb"], "64 processes share each batch"),
    ] {
      let outcome = try Program.start(plan + flags, in: folder).outcome()
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
    let outcome = try Program.start(plan + ["--processes", "2", "--network", "25Gb", "--latency", "5"], in: folder).outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    for fact in ["cluster     2 processes", "efficiency", "checkpoint"] { #expect(outcome.output.contains(fact)) }
  }

  @Test("--processes without --plan says what starts processes") func wrongUse() throws {
    let folder = TemporaryFolder()
    let outcome = try Program.run("pretrain", "media", "-o", "run", "--processes", "2", in: folder)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("mpirun -np N"))
  }
}
