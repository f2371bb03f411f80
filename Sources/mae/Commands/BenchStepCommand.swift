import ArgumentParser
import Foundation
import MaskedAutoencoders

/// `mae bench step`: how long a training step takes.
struct BenchStepCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Time training steps against the machine's own matrix-product peak.",
    discussion: """
      Every combination of the given methods, sizes, depths, ratios, precisions, batch sizes and threads is measured.

      Example: mae bench step --method videomae --preset small --batch-size 4

      MAE_CPU_LEVEL=avx2 or portable measures a lower level of processor instructions than the machine's.
      """)

  @Option(listOf: \.method, byDefault: "videomae") var method: [RecipeChange]?
  @Option(listOf: \.preset, byDefault: "small") var preset: [RecipeChange]?
  @Option(listOf: \.batchSize, byDefault: "4") var batchSize: [RecipeChange]?
  @Option(listOf: \.threads) var threads: [RecipeChange]?
  @Option(listOf: \.encoderDepth, name: "depth") var depth: [RecipeChange]?
  @Option(listOf: \.decoderDepth) var decoderDepth: [RecipeChange]?
  @Option(listOf: \.maskRatio) var maskRatio: [RecipeChange]?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Time fine-tuning steps of a classifier of so many classes.", valueName: "count"))
  var classes: Int?
  @Option(\.optimizerKind) var optimizer: RecipeChange?
  @Option(listOf: \.precision) var precision: [RecipeChange]?
  @Flag(\.recompute) var recompute: Bool?
  @Option(parsing: .unconditional, help: "Steps that are timed, after two that are not.") var repetitions = 8
  @Flag(help: "Show the time of every operation.") var profile = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Measure also so many processes that share batch and cores, started with mpirun (with the trait MPI).", valueName: "n"))
  var processes: Int?
  @Option(help: "How the result is printed: text, json or csv.") var format = TableFormat.text

  func validate() throws {
    for (flag, value, least) in [("repetitions", repetitions, 1), ("classes", classes ?? 2, 2), ("processes", processes ?? 2, 2)]
    where value < least {
      throw ValidationError("--\(flag) is \(value); expected at least \(least)")
    }
  }

  func run() throws {
    let recipes = try recipes()
    let together = Together.processes
    if let few = recipes.first(where: { $0.run.batchSize < max(together.count, processes ?? 1) }) {
      throw ValidationError(
        "--batch-size is \(few.run.batchSize), and \(max(together.count, processes ?? 1)) processes share it; give more samples")
    }
    let results = try recipes.map { recipe in
      try StepBenchmark(
        recipe.model, optimizer: recipe.optimizer, preset: recipe.preset.rawValue, batchSize: recipe.run.batchSize,
        threads: recipe.run.threads ?? ComputeOptions.cores, repetitions: repetitions, profiles: profile,
        recomputes: recipe.run.recompute, precision: recipe.run.precision ?? .float32,
        processes: together
      ).run()
    }
    var table = StepBenchmarkTable(results: results)
    if let processes { try measure(processes, into: &table) }
    Console.result(table.text(format.rawValue), terminator: "")
    for sentence in table.comparisons { Console.say(sentence) }
  }

  /// Starts the same measurement in some processes that share the cores.
  private func measure(_ count: Int, into table: inout StepBenchmarkTable) throws {
    guard Together.processes.count == 1 else {
      throw ValidationError("--processes starts processes itself; leave it out under mpirun")
    }
    var (words, isValue) = ([String](), false)
    for word in CommandLine.words.dropFirst() {
      let isLeftOut = isValue || word.hasPrefix("--processes") || word.hasPrefix("--format")
      isValue = !isValue && ["--processes", "--format"].contains(word)
      if !isLeftOut { words.append(word) }
    }
    let threads = max(1, ComputeOptions.cores / count)
    if self.threads == nil { words += ["--threads", "\(threads)"] }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["mpirun", "-np", "\(count)", program] + words + ["--format", "json"]
    process.environment = ProcessInfo.processInfo.environment.merging([
      // Of Open MPI: containers have but one user, and cores may be fewer than it thinks it needs.
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
      "OMPI_MCA_hwloc_base_binding_policy": "none",
    ]) { own, _ in own }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, table.add(json: text) else {
      throw ProcessError(
        .unavailable,
        """
        mpirun -np \(count) ended with exit code \(process.terminationStatus); --processes needs mpirun and a program that was \
        built with the trait MPI: install openmpi-bin and libopenmpi-dev, and build with --traits MPI
        """)
    }
  }

  /// Every combination of the lists.
  private func recipes() throws -> [Recipe] {
    let methods = try method?.map { try $0.value(of: \.method) } ?? [.videomae]
    let presets = try preset?.map { try $0.value(of: \.preset) } ?? [.small]
    var combinations = [[optimizer].compactMap(\.self) + (recompute.map { [RecipeChange(\.recompute, $0)] } ?? [])]
    let lists = [depth, decoderDepth, maskRatio, precision, batchSize ?? [RecipeChange(\.batchSize, 4)], threads]
    for list in lists.compactMap(\.self) {
      combinations = combinations.flatMap { changes in list.map { changes + [$0] } }
    }
    return try methods.flatMap { method in
      try presets.flatMap { preset in
        try combinations.map { changes in
          let resolved = try Recipe.resolve(method: method, preset: preset, changes: changes)
          try resolved.requireNoneIgnored()
          guard let classes else { return resolved.recipe }
          var recipe = resolved.recipe
          let pooling: ClassifierConfiguration.Pooling = method == .maeST ? .meanThenNorm : .mean
          recipe.model = recipe.model.classifying(
            ClassifierConfiguration(classes: (1...classes).map { "\($0)" }, pooling: pooling))
          return recipe
        }
      }
    }
  }
}
