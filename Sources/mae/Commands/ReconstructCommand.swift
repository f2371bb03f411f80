import ArgumentParser
import MaskedAutoencoders

/// `mae reconstruct`: what a model makes of masked clips and stills.
struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct", abstract: "Show what a model makes of masked clips and stills.",
    discussion: """
      Example: mae reconstruct videos/cat.mp4 -m runs/first -o pictures

      For every input a picture (original, masked, reconstruction), and for videos also an mp4. Of a video the clip in the \
      middle is shown. A model of pairs (siammae) shows its first frame and what it makes of several later ones. \
      Of an episode (.npz) the pictures of every camera are shown, and a page draws predicted and true rewards over its rows.
      """)

  @Argument(help: ArgumentHelp("Videos and stills: files, folders, tar shards, lists.", valueName: "input")) var inputs: [String]
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var checkpoint: CheckpointOption
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder for the pictures.", valueName: "folder"),
    transform: \.tidyPath)
  var output: String
  @Option(\.maskRatio, byDefault: "as trained") var maskRatio: RecipeChange?
  @Option(parsing: .unconditional, help: "Seed of the mask; the same seed hides the same tokens of every input (default: 0).")
  var seed: UInt64?
  @Option(
    help: ArgumentHelp(
      """
      Tokens to hide of every input: safetensors with `mask`, a byte per token, or a picture at token-grid size, white = \
      hidden.
      """,
      valueName: "file")) var mask: String?
  @Option(
    help: ArgumentHelp("Write pixels, mask, prediction and loss as safetensors.", valueName: "file"), transform: \.tidyPath)
  var tensors: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where the clip begins in its video (default: such that it is in the middle).", valueName: "seconds"))
  var start: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Frames from the first frame to each later one, for siammae (default: six, spread over the gaps of training).",
      valueName: "a,b,…")) var gaps: String?
  @OptionGroup var frameRate: FrameRate
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @Option(help: "How results are printed: text or json.") var format = TextFormat.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    if mask != nil, maskRatio != nil || seed != nil {
      throw ValidationError("--mask says which tokens are hidden; leave out --mask-ratio and --seed")
    }
    _ = try parsedGaps()
    if let start, !(start >= 0) { throw ValidationError("--start is \(start); expected at least 0 seconds") }
  }

  private func parsedGaps() throws -> [Int]? {
    guard let gaps else { return nil }
    let expected = "whole numbers of at least 1, as 4,12,24"
    let numbers: [Int] = try NumberList.parse(gaps, flag: "gaps", expected)
    guard numbers.allSatisfy({ (1...1_000_000).contains($0) }) else {
      throw ValidationError("--gaps is \(gaps); expected \(expected)")
    }
    return numbers
  }

  /// Whether pictures of an earlier time would be found among the data, which they are none of.
  private var isOutputBelowData: Bool {
    let (folder, data) = (output.absolutePath + "/", inputs.map { $0.absolutePath + "/" })
    return data.contains { folder.hasPrefix($0) } && !data.contains { $0.hasPrefix(folder) }
  }

  func run() throws {
    let manifest = try Search.manifest(
      inputs, excluding: isOutputBelowData ? [output.absolutePath] : [], frameRate: frameRate.fps,
      timeLimit: decodeTimeout.duration)
    let files = manifest.files.map(\.path) + manifest.bad.map(\.file)
    if tensors != nil, files.count != 1 {
      throw ValidationError("--tensors takes exactly one input; there are \(files.count)")
    }
    let masking =
      try mask.map { Reconstructor.Masking.file($0) }
      ?? .random(ratio: maskRatio?.value(of: \.maskRatio), seed: seed ?? 0)
    let reconstructor = try Reconstructor(
      checkpoint: checkpoint.path, weights: weights.options, masking: masking, on: compute.kernels)
    (reconstructor.timeLimit, reconstructor.frameRate) = (decodeTimeout.duration, frameRate.fps)
    if gaps != nil, !reconstructor.request.sampling.isPair {
      throw ValidationError("--gaps is for models of pairs; this one is \(reconstructor.model.configuration.method)")
    }
    for remark in reconstructor.remarks { Console.say(remark) }
    let line = CountLine("completed", "files")
    let report = try ReconstructionReport(
      files, by: reconstructor, start: start, gaps: parsedGaps(), into: output, tensors: tensors
    ) { line.update($0, of: files.count) }
    line.close()
    for remark in report.remarks { Console.say(remark) }
    for bad in report.bad { Console.error("\(bad.file): left out: \(bad.reason)") }
    Console.result(format == .json ? report.json + "\n" : report.text, terminator: "")
    if !report.bad.isEmpty { throw ExitCode(.unusable) }
  }
}
