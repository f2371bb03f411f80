import ArgumentParser
import MaskedAutoencoders

/// `mae bench learn`: what recipes learn from the same processor time.
struct BenchLearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn", abstract: "Compare what recipes learn from the same processor time.",
    discussion: """
      Example: mae bench learn --data photos/train --val photos/val --minutes 8 -o bench \\
                 --recipe tiny:input-size=32:patch-size=4,crossmae:preset=tiny:input-size=32:patch-size=4,mine.yaml

      A recipe is a preset, a method, a .yaml file, or `defaults`, what mae pretrain takes where nothing is said; settings may \
      stand behind it, by their flags or their places in a file, as defaults:lr=2e-3. Labels are the names of the folders that \
      files lie in, or those of lists; training does not see them. After 0, 1, 2, 4, 8 … minutes and at the end a linear probe \
      and the votes of 20 neighbours on frozen features are judged on --val.

      Minutes are processor time of all threads while a run trains, whatever else the machine does; a run of two threads is done \
      in about half of them. The length of each run is planned by them, and what a recipe says of its length does not count.

      FOLDER/NAME/seed-N has curve.json and the run. What was stopped goes on when the same command is given again, more recipes \
      join, and every curve in the folder is drawn: in learning.html, and as numbers in learning.json.
      """)

  @Option(help: ArgumentHelp("Videos or stills with labels, to learn from: a file, folder or list.", valueName: "data"))
  var data: [String]
  @Option(name: .customLong("val"), help: ArgumentHelp("The same to judge on.", valueName: "validation")) var validation: [String]
  @Option(parsing: .unconditional, help: "Processor minutes of each run.") var minutes: Double
  @Option(name: .customLong("recipe"), help: ArgumentHelp("What is compared; several by commas.", valueName: "recipe"))
  var recipes: [String]
  @Option(parsing: .unconditional, help: "Runs of each recipe, with seeds 0, 1, …") var seeds = 1
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder of runs, curves and page.", valueName: "folder"),
    transform: \.tidyPath) var output: String
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard minutes * 60 >= 1, minutes < 1_000_000 else {
      throw ValidationError("--minutes is \(minutes); expected at least a second, 0.0167")
    }
    guard recipes.contains(where: { !$0.isEmpty }) else {
      throw ValidationError("There is no recipe; name a preset, a method or a file")
    }
    if seeds < 1 { throw ValidationError("--seeds is \(seeds); expected at least 1") }
  }

  func run() throws {
    let words = recipes.flatMap { $0.split(separator: ",").map(String.init) }
    let inputs = data.map(\.recordedPath)
    func named(_ method: Method, defaults: String) throws -> [NamedRecipe] {
      try words.map {
        try NamedRecipe(
          $0, method: method, changes: [RecipeChange(\.inputs, inputs)], shorthands: [DataDefaults.shorthand: defaults])
      }
    }
    // Wrong recipes are said before anything is searched.
    let published = Recipe.defaultPreset.rawValue
    _ = try (try? named(.mae, defaults: published)) ?? named(.videomae, defaults: published)
    let training = try Search.manifest(data, timeLimit: decodeTimeout.duration)
    let judged = try Search.manifest(validation, timeLimit: decodeTimeout.duration)
    try Folder.make(output)
    let kind = try training.prevailingKind()
    let defaults = try DataDefaults(training, of: kind)?.recipe()
    var benchmark = try LearningBenchmark(
      named(kind == .video ? .videomae : .mae, defaults: defaults ?? published), training: training, validation: judged,
      minutes: minutes, in: output, on: compute.kernels)
    benchmark.seeds = seeds
    Console.catchSignals()
    var line: ProgressLine?
    defer { line?.close() }
    let curves = try benchmark.run(isCancelled: { StopSignal.requested != nil }) { curve, run in
      line?.close()
      let begun = run.continuedFrom.map { ", from step \($0) on" } ?? ""
      Console.say("\(curve.recipe), seed \(curve.seed): \(RecipeText.number(minutes)) min of processor time\(begun)")
      let next = ProgressLine(
        noun: run.plan.recipe.method.isForVideo ? "clips" : "pictures", batchesPerEpoch: run.plan.batchesPerEpoch)
      line = next
      return next
    }
    line?.close()
    guard let curves else {
      Console.say("Interrupted; saved. Continue with: \(Shell.quoted(CommandLine.words))")
      throw ExitCode(.interrupted)
    }
    for path in try LearningReport(curves).write(to: output) { Console.say(path) }
    let table = LearningTable(curves)
    Console.result(format == .json ? table.json : table.markdown, terminator: "")
  }
}
