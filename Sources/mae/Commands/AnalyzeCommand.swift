import ArgumentParser
import MaskedAutoencoders

/// `mae analyze`: what checkpoints have learned, as numbers and as a page.
struct AnalyzeCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze", abstract: "Show what a model has learned: groups of patches, attention, spectra, masks.",
    discussion: """
      Example: mae analyze runs/first --data photos/ -o analysis

      Writes analysis.json and analysis.html, one page without anything from elsewhere. A run folder stands for all the \
      checkpoints in it and gives curves over steps (mae pretrain --keep says how many stay). Metrics are means over a few \
      stills or clips, spread evenly over the data; labels are the folders' names.

      analysis.json has under "metrics" a key for each metric, with its definition, formula and unit, values per checkpoint and \
      layer, or numbers per token of single samples:

      \(MetricCatalogue.builtIn.definitions.map { "  \($0.key.padding(toLength: 23, withPad: " ", startingAt: 0))\($0.title)" }
        .joined(separator: "\n"))
      """)

  @Argument(
    help: ArgumentHelp(
      "Run folders, checkpoint folders, or weight files beside their config.json, all of one model.", valueName: "checkpoint"))
  var checkpoints: [String]
  @Option(help: ArgumentHelp("Videos and stills: a file, folder or list.", valueName: "data")) var data: String
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder to write to.", valueName: "folder"), transform: \.tidyPath)
  var output: String
  @Option(parsing: .unconditional, help: "Samples that every metric is a mean over (default: 32 stills or 8 clips).") var samples:
    Int?
  @Option(parsing: .unconditional, help: "Samples that the page shows as pictures, spread evenly.") var pictures = 4
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Encoder block that pictures show, from 1 (default: the last).", valueName: "n"))
  var layer: Int?
  @Option(\.maskRatio, byDefault: "as trained; for the decoder's metrics") var maskRatio: RecipeChange?
  @Option(parsing: .unconditional, help: "Seed of masks, k-means and t-SNE; the same seed gives the same numbers.") var seed:
    UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "Write tokens and attention of every block and sample at the last checkpoint as safetensors, for other programs.",
      valueName: "file"), transform: \.tidyPath) var tensors: String?
  @OptionGroup var frameRate: FrameRate
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    guard !checkpoints.isEmpty else { throw ValidationError("There is no checkpoint; name a run folder") }
    if let samples, samples < 1 { throw ValidationError("--samples is \(samples); expected at least 1") }
    if pictures < 0 { throw ValidationError("--pictures is \(pictures); expected at least 0") }
  }

  func run() throws {
    var options = Analysis.Options()
    options.samples = samples
    options.pictured = pictures
    options.layer = layer
    options.maskRatio = try maskRatio?.value(of: \.maskRatio)
    options.seed = seed
    options.timeLimit = decodeTimeout.duration
    let analysis = try Analysis(
      checkpoints: checkpoints, weights: weights.options, options: options, readers: ComputeOptions.cores,
      processes: Together.processes, on: compute.kernels)
    for remark in analysis.remarks { Console.say(remark) }
    let manifest = try Search.manifest([data], frameRate: frameRate.fps, timeLimit: decodeTimeout.duration)
    try Folder.make(output)
    try SourceFiles.requireKept(writing: AnalysisReport.paths(in: output), reading: manifest.sources)
    if let tensors {
      try Folder.make(Folder.parent(of: tensors))
      try SourceFiles.requireKept(
        writing: [tensors], reading: manifest.sources + analysis.files, advice: "give another name with --tensors")
    }
    let passes = analysis.checkpointCount
    let line = CountLine("analysed", passes > 1 ? "samples (each at \(passes) checkpoints)" : "samples")
    let outcome = try analysis.run(manifest, wantsTensors: tensors != nil, progress: line.update)
    line.close()
    for warning in outcome.warnings { Console.say(warning) }
    for bad in outcome.bad { Console.error("\(bad.file): left out: \(bad.reason)") }
    let paths = try Together.processes.decided {
      if let tensors, let state = outcome.tensors { try SafeTensorsWriter.write(state, to: tensors) }
      return try AnalysisReport(outcome).write(to: output)
    }
    for path in paths { Console.result(path) }
  }
}
