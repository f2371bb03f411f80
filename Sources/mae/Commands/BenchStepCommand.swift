import ArgumentParser
import MaskedAutoencoders

/// `mae bench step`: how long a training step takes.
struct BenchStepCommand: ParsableCommand {
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
  @Option(help: "md, json or csv.") var format = TableFormat.md

  func validate() throws {
    for (flag, value, least) in [("repetitions", repetitions, 1), ("classes", classes ?? 2, 2)] where value < least {
      throw ValidationError("--\(flag) is \(value); expected at least \(least)")
    }
  }

  func run() throws {
    let results = try recipes().map { recipe in
      try StepBenchmark(
        recipe.model, optimizer: recipe.optimizer, preset: recipe.preset.rawValue, batchSize: recipe.run.batchSize,
        threads: recipe.run.threads ?? ComputeOptions.cores, repetitions: repetitions, profiles: profile,
        recomputes: recipe.run.recompute, precision: recipe.run.precision ?? .float32
      ).run()
    }
    Console.result(StepBenchmarkTable(results: results).text(format.rawValue), terminator: "")
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
