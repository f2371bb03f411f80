import ArgumentParser
import Foundation
import MaskedAutoencoders

/// `mae classify`: the classes of stills and videos.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Say the classes of stills and videos with a fine-tuned model.",
    discussion: """
      Example: mae classify photos/new -m runs/classes

      The model is a run of mae finetune, or a classifier saved by transformers or by the public code of MAE, VideoMAE or \
      MAE-ST. Probabilities are means over the views of a file: with --clips 5 --crops 3 those that VideoMAE is judged by. \
      Where files have labels that the model knows, the share that it says right is told as well.
      """)

  @Argument(help: ArgumentHelp("Videos and stills: files, folders, tar shards, lists.", valueName: "input")) var inputs: [String]
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var checkpoint: CheckpointOption
  @Option(parsing: .unconditional, help: "Classes that are named for each file.") var top = 3
  @Option(parsing: .unconditional, help: "Clips of each video, from its beginning to its end.") var clips = 1
  @Option(parsing: .unconditional, help: "Crops of each clip or still, from one side to the other.") var crops = 1
  @OptionGroup var frameRate: FrameRate
  @Option(parsing: .unconditional, help: "Files that are classified at once (default: 32 stills or 4 videos).")
  var batchSize: Int?
  @Flag(\.allowTruncated) var allowTruncated = false
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @Option(help: "How the result is printed: text, json, or csv with the probability of every class.")
  var format = TableFormat.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    guard !inputs.isEmpty else { throw ValidationError("There is no file to classify; name files or folders") }
    for (flag, value) in [("top", top), ("clips", clips), ("crops", crops), ("batch-size", batchSize ?? 1)] where value < 1 {
      throw ValidationError("--\(flag) is \(value); expected at least 1")
    }
  }

  func run() throws {
    let classifier = try FileClassifier(
      checkpoint: checkpoint.path, weights: weights.options, clips: clips, crops: crops, on: compute.kernels)
    for remark in classifier.remarks { Console.say(remark) }
    let manifest = try Search.manifest(inputs, frameRate: frameRate.fps, timeLimit: decodeTimeout.duration)
    if clips > 1, !manifest.files.contains(where: { $0.kind == .video }) {
      throw ValidationError("--clips is \(clips), and there are stills alone, which have no clips; leave it out")
    }
    Console.catchSignals(saves: false)
    let names = classifier.classes
    if format == .csv { Console.result((["path"] + names).map(Self.csvField).joined(separator: ",")) }
    var (known, right) = (0, 0)
    var all: [FileClassifier.Prediction] = []
    let bad = try classifier.classify(
      manifest, batchSize: batchSize, readers: ComputeOptions.cores, allowsTruncated: allowTruncated,
      timeLimit: decodeTimeout.duration, isCancelled: { StopSignal.requested != nil }
    ) { prediction in
      if let label = prediction.label, names.contains(label) {
        known += 1
        right += prediction.classes[0].name == label ? 1 : 0
      }
      switch format {
      case .text: Console.result(Self.line(prediction, top: top))
      case .csv:
        let shares = Dictionary(uniqueKeysWithValues: prediction.classes.map { ($0.name, $0.probability) })
        let numbers = names.map { String(format: "%.6f", shares[$0] ?? 0) }
        Console.result(([Self.csvField(prediction.path)] + numbers).joined(separator: ","))
      case .json:
        var prediction = prediction
        prediction.classes = Array(prediction.classes.prefix(top))
        all.append(prediction)
      }
    }
    if format == .json { Console.result(JSONText.indented(all)) }
    for file in manifest.bad + bad { Console.error("\(file.file): left out: \(file.reason)") }
    if known > 0 {
      Console.say("\(right) of \(counted(known, "file")) with a known label are recognised: \(Self.percent(right, of: known))")
    }
    if bad.count == manifest.files.count, let first = bad.first {
      throw DataError(.unusable, path: first.file, first.reason)
    }
  }

  private static func line(_ prediction: FileClassifier.Prediction, top: Int) -> String {
    let shares = prediction.classes.prefix(top).map { String(format: "%.3f %@", $0.probability, $0.name) }
    return "\(prediction.path)  \(shares.joined(separator: ", "))"
  }

  private static func percent(_ right: Int, of count: Int) -> String {
    String(format: "%.1f %%", 100 * Double(right) / Double(count))
  }

  private static func csvField(_ text: String) -> String {
    text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
