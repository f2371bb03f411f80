import ArgumentParser
import Foundation
import MaskedAutoencoders

/// `mae demo`: what this is about, in two minutes and without anybody's data.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "See in two minutes what masked autoencoders do; no data are needed.",
    discussion: """
      Example: mae demo -o demo --time 90s

      Models that came with the program complete synthetic clips and stills that they never saw; then a fresh small model learns \
      from others for the given time, and a picture shows what it had learned after each part. Everything stands on one page, \
      index.html, and as PNG and mp4 beside it. Models are looked for in $\(ShippedModels.variable), else in \
      share/swift-mae/models of the installed program, else in samples/models of its package.
      """)

  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder for everything (default: mae-demo).", valueName: "folder"),
    transform: \.tidyPath)
  var output: String?
  @Option(
    help: ArgumentHelp("Time in which the fresh model learns, as 90s or 5m (default: 90s).", valueName: "time"),
    transform: { text in
      guard let time = TimeLimit(text), time.seconds > 0 else {
        throw ValidationError("--time is \(text); expected a time as 90s, 5m or 1h30m")
      }
      return time
    })
  var time: TimeLimit?
  @Option(parsing: .unconditional, help: "Clips that the fresh model learns from.") var clips = 120
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard clips >= 8 else { throw ValidationError("--clips is \(clips); expected at least 8, a batch") }
  }

  func run() throws {
    Console.catchSignals()
    let (folder, kernels) = (output ?? "mae-demo", compute.kernels)
    let models = ShippedModels.paths()
    var times = PartTimes()
    let demonstration = try Demonstration(into: folder, models: models, on: kernels)
    times.end("samples")
    if models.isEmpty {
      Console.say(ShippedModels.trouble() ?? "No model came with this program, so only the fresh one is shown.")
    }
    try demonstration.completeByTrained(show)
    if !models.isEmpty { times.end("trained models") }

    let run = try demonstration.pretraining(clips: clips, time: time ?? TimeLimit(seconds: 90))
    times.end("clips to learn from")
    let recipe = run.plan.recipe
    Console.say(
      """
      A fresh model (\(recipe.model.encoder.blocks.width) wide × \(recipe.model.encoder.blocks.depth) blocks) learns from \
      \(clips) clips for \(recipe.schedule.maxTime?.description ?? "").
      """)
    try train(run, demonstration)
    times.end("training")
    try show(demonstration.completeByFresh(run))
    Console.result("\(folder)/learning.png")
    Console.result("\(folder)/index.html")
    times.end("pictures of the fresh model")
    Console.say(
      """
      \(times.sentence)
      Open \(folder)/index.html. With your own files: mae pretrain FOLDER -o run, then mae reconstruct FILE -m run -o pictures
      """)
  }

  private func show(_ report: ReconstructionReport) {
    for entry in report.entries {
      Console.result([entry.picture, entry.video].compactMap(\.self).joined(separator: "  "))
    }
  }

  private func train(_ run: Pretraining, _ demonstration: Demonstration) throws {
    guard !run.trainer.isFinished else { return Console.say("It has learned already: \(run.folder.path) is a finished run.") }
    let progress = ProgressLine(noun: "clips", batchesPerEpoch: run.plan.batchesPerEpoch)
    defer { progress.close() }
    let outcome = try run.train(
      observer: demonstration.observer(of: run, then: progress), isCancelled: { StopSignal.requested != nil })
    if case .interrupted(let step) = outcome {
      progress.close()
      Console.say("Interrupted after step \(step); saved. Continue with: \(Shell.quoted(CommandLine.words))")
      throw ExitCode(.interrupted)
    }
  }
}

/// What the parts of a command took.
private struct PartTimes {
  private var start = ContinuousClock.now
  private var parts: [String] = []
  private let first = ContinuousClock.now

  mutating func end(_ part: String) {
    let now = ContinuousClock.now
    parts.append(String(format: "\(part) %.1f s", (now - start) / .seconds(1)))
    Console.say("\(parts.last ?? ""): done")
    start = now
  }

  var sentence: String {
    "Done after \(ProgressLine.time((ContinuousClock.now - first) / .seconds(1))): \(parts.joined(separator: ", "))."
  }
}
