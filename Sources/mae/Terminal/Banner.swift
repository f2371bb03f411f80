import Foundation
import MAEFoundation
import MaskedAutoencoders

/// What a person should know before a run starts.
struct Banner {
  let run: Pretraining
  let threads: Int
  let memory: MemoryPlan
  /// Settings that change nothing.
  let ignored: [IgnoredSetting]
  /// What was taken by what the data are, or that nothing is there for the chosen size of the model; nil where nothing is
  /// to be said of it.
  let defaults: String?
  let isPresetChosen: Bool
  let isMethodChosen: Bool

  func print() {
    for (title, text) in lines { Self.say(title, text) }
  }

  /// A line with a title.
  static func say(_ title: String, _ text: String) {
    Console.say(text, title: title.padding(toLength: 10, withPad: " ", startingAt: 0))
  }

  private var recipe: Recipe { run.plan.recipe }

  private var lines: [(String, String)] {
    var lines = [
      ("data", dataLine), ("method", methodLine), ("model", modelLine), ("tokens", tokenLine), ("samples", sampleLine),
      ("rate", rateLine), ("schedule", scheduleLine), ("threads", threadLine), ("memory", memoryLine),
      ("output", outputLine),
    ]
    if let baseline = run.baseline {
      lines.append(("baseline", String(format: "%.4f: the loss of predicting nothing, on the first batches", baseline)))
    }
    lines.insert(contentsOf: phaseLines, at: 7)
    if let processLine { lines.insert(("processes", processLine), at: 7) }
    if let guideLine { lines.insert(("guide", guideLine), at: 4) }
    if let defaults { lines.insert(("defaults", defaults), at: 2) }
    lines += run.manifest.warnings.map { ("data", $0) }
    lines += (run.notes + ignored.map(\.description)).map { ("note", $0) }
    return lines
  }

  private var dataLine: String {
    let manifest = run.manifest
    let kind = recipe.method.isForVideo ? "video" : "still"
    var parts = ["\(manifest.files.count) \(kind)\(manifest.files.count == 1 ? "" : "s")"]
    if !run.heldOut.isEmpty { parts.append("\(run.heldOut.count) more held out to tell the loss on new ones") }
    if !manifest.bad.isEmpty { parts.append("\(manifest.bad.count) bad") }
    var ignored: [String] = []
    for (count, noun, kind) in [(manifest.ignored.stills, "still", "stills"), (manifest.ignored.videos, "video", "videos")]
    where count > 0 {
      ignored.append("\(count) \(count == 1 ? noun : kind) (a run is on one kind; --kind \(kind) chooses)")
    }
    if let others = manifest.ignored.otherKinds { ignored.append(others) }
    if !ignored.isEmpty { parts.append("ignored: \(ignored.joined(separator: ", "))") }
    return parts.joined(separator: "; ")
  }

  private var methodLine: String {
    let why = isMethodChosen ? "" : " (for \(recipe.method.isForVideo ? "videos" : "stills"); --method chooses)"
    return "\(recipe.method.name)\(why); defaults from \(recipe.method.source)"
  }

  private var modelLine: String {
    let (encoder, parameters) = (recipe.model.encoder.blocks, Double(run.model.parameters.trainableCount) / 1e6)
    let size = "\(recipe.preset.rawValue)\(isPresetChosen ? "" : " (the default; --preset chooses)")"
    var text = "\(size): \(String(format: "%.1f", parameters)) M parameters, encoder \(Self.blocks(encoder))"
    if let decoder = recipe.model.decoder?.blocks { text += ", decoder \(Self.blocks(decoder))" }
    return text
  }

  private static func blocks(_ blocks: BlockConfiguration) -> String {
    "\(blocks.width) wide × \(counted(blocks.depth, "block")) × \(counted(blocks.heads, "head"))"
  }

  private var tokenLine: String {
    let (model, masking) = (run.phaseRecipe.model, run.phaseRecipe.model.masking)
    let patch =
      model.input.tubelet > 1
      ? "\(model.input.tubelet)×\(model.input.patch)×\(model.input.patch)" : "\(model.input.patch)×\(model.input.patch)"
    if let classifier = model.classifier {
      let trained = classifier.trainedBlocks.map { "; the last \(RecipeText.number($0)) blocks are trained" } ?? ""
      return """
        \(model.grid.count), all visible (\(model.grid) tokens of \(patch) pixels); \(classifier.classes.count) classes told by \
        \(classifier.pooling.rawValue)\(trained)
        """
    }
    return """
      \(run.model.visibleTokens) of \(model.grid.count) visible (\(model.grid) tokens of \(patch) pixels, \
      \(masking.kind) masking at \(RecipeText.number(masking.ratio))\(run.model.maskingRemark.map { "; \($0)" } ?? ""))
      """
  }

  /// How a guided run chooses what is hidden.
  private var guideLine: String? {
    guard run.model.guidedMasking != nil, let guidance = recipe.guidance else { return nil }
    let start =
      switch guidance.start {
      case .automatic:
        "when the decoder comes to use mask tokens as much as visible ones"
          + (run.plan.latestGuideStart == nil ? "" : ", at the latest after a quarter of the run")
      case .epoch(let epoch): "after epoch \(RecipeText.number(epoch))"
      case .share(let share): "after \(RecipeText.number(share * 100)) % of the run"
      }
    let mode =
      guidance.mode == .image && guidance.renewal < 1
      ? "image, anew after \(RecipeText.number(guidance.renewal * 100)) % of the run" : guidance.mode.rawValue
    let line = "masks are informed \(start), mode \(mode)"
    guard let guide = (run.model.guidedMasking as? SelfGuidedMasking)?.guide else { return line }
    let rows = guide.relations == .attention ? "what attention brings" : "the output"
    let hints = guide.hints == .none ? "no hints" : "\(guide.hints.rawValue) hints, \(RecipeText.number(guide.hintRatio * 100)) %"
    return line + ", by \(rows) in \(guide.stack.rawValue) block \(guide.block(in: recipe.model)); "
      + "\(guide.target.rawValue) hidden, \(guide.edges.rawValue) edges, \(guide.object.rawValue) side, \(hints)"
  }

  private var sampleLine: String {
    let (input, data) = (run.phaseRecipe.model.input, recipe.data)
    var text: String
    switch data.sampling {
    case .still: text = "stills of \(input.size)"
    case .clip: text = "\(input.frames) frames, \(data.samplingRate) apart, of \(input.size)"
    case .timedClip: text = "\(input.frames) frames, \(data.samplingRate)/30 s apart, of \(input.size)"
    case .uniform: text = "\(input.frames) frames over each whole video, of \(input.size)"
    case .pair: text = "pairs of frames \(data.frameGap?.first ?? 4) to \(data.frameGap?.last ?? 48) apart, of \(input.size)"
    }
    text += ", crop \(data.crop.rawValue)"
    if data.flip > 0 { text += ", flip \(RecipeText.number(data.flip))" }
    if data.repeats > 1 { text += ", \(data.repeats) from each opened file" }
    let batch = recipe.run.accumulation > 1 ? "\(recipe.run.batchSize) × \(recipe.run.accumulation)" : "\(recipe.run.batchSize)"
    return text + "; batch \(batch)"
  }

  private var rateLine: String {
    guard let muon = run.trainer.optimizer as? Muon else { return recipe.learningRateArithmetic }
    let factor = recipe.optimizer.matrixRateFactor.map { " at \(RecipeText.number($0)) times that" } ?? ""
    let tera = RecipeText.rounded(Double(muon.flops) / 1e12, digits: 2)
    return """
      \(recipe.learningRateArithmetic); muon for \(muon.matrixCount) matrices\(factor) (\(tera) TFLOP an update), adamw for the \
      rest
      """
  }

  private var scheduleLine: String {
    let schedule = run.plan.schedule
    let unit = schedule.epochs < 1000 ? 100.0 : 1
    let epochs = RecipeText.number((schedule.epochs * unit).rounded() / unit)
    var text = "\(counted(schedule.steps, "step")) (epochs: \(epochs), of \(counted(run.plan.batchesPerEpoch, "batch")))"
    text += ", \(schedule.warmupSteps) of warm-up"
    if let share = recipe.schedule.warmupShare, recipe.schedule.warmupSteps == nil,
      schedule.warmupEpochs < recipe.schedule.warmupEpochs
    {
      let paper = RecipeText.number(recipe.schedule.warmupEpochs)
      text += " (\(RecipeText.number(share * 100)) % of the run; the paper's \(paper) epochs are longer)"
    }
    guard schedule.warmupSteps < schedule.steps else {
      return text + ": the run ends before the rate has reached its peak; give fewer --warmup-steps, or more --steps"
    }
    guard let start = schedule.decayStart else { return text + ", then \(schedule.kind.rawValue)" }
    return text + ", then stable until step \(start), then falling; --extend goes on from there in another folder"
  }

  /// What each phase computes on, and its part of what the run costs; nothing where there is one.
  private var phaseLines: [(String, String)] {
    let (plan, costs) = (run.plan, run.plan.costs)
    guard plan.phases.count > 1 else { return [] }
    return plan.phases.enumerated().map { number, phase in
      let (steps, model) = (costs.steps(of: number, in: plan.steps), phase.recipe.model)
      let frames = model.input.frames > 1 ? "\(model.input.frames) frames of " : ""
      let visible = (try? model.maskingStrategy())?.visibleCount(in: model.grid) ?? model.grid.count
      return (
        "phase \(number + 1)",
        """
        \(counted(steps.count, "step")) from step \(steps.lowerBound + 1): \(frames)\(model.input.size), \
        \(visible) of \(model.grid.count) tokens visible, \(RecipeText.rounded(Double(costs.flops[number]) / 1e12, digits: 2)) \
        TFLOP a step, \(Int((100 * costs.share(of: number)).rounded())) % of the cost
        """
      )
    }
  }

  /// Who shares the batches, and how the cores; nil of a process on its own.
  private var processLine: String? {
    let (processes, batch) = (run.processes, recipe.run.batchSize)
    guard processes.count > 1 else { return nil }
    let (fewest, most) = (batch / processes.count, (batch + processes.count - 1) / processes.count)
    let parts = fewest == most ? "\(most)" : "\(fewest) or \(most)"
    return """
      \(processes.count) share every batch, whose size is that of all of them: \(parts) of \(counted(batch, "sample")) each; \
      \(ProcessThreads(processes).sentence)
      """
  }

  private var threadLine: String {
    let precision = recipe.run.precision.map { ", products in \($0.rawValue)" } ?? ""
    let decoding = recipe.data.workers ?? Pretraining.defaultWorkers(run.processes)
    let text = "\(threads) computing with \(InstructionLevel.current)\(precision), \(decoding) decoding"
    return ([text] + [ComputeOptions.excess(threads)].compactMap(\.self)).joined(separator: "; ")
  }

  private var memoryLine: String {
    func text(_ bytes: Int) -> String { String(format: "%.2f GB", Double(bytes) / 1e9) }
    let kept = recipe.run.recompute ? "activations, blocks computed again" : "activations (--recompute keeps fewer)"
    return """
      about \(text(memory.total)): \(text(memory.weights)) of weights and moments, \(text(memory.activations)) of \(kept), \
      \(text(memory.reading)) of clips being read
      """
  }

  private var outputLine: String {
    if run.isFinished { return "\(run.folder.path): a finished run" }
    guard let step = run.continuedFrom else { return "\(run.folder.path): a new run" }
    return "\(run.folder.path): continues after step \(step) of \(run.plan.steps)"
  }
}
