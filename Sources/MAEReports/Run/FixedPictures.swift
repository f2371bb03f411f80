import Foundation
import MAECore
import MAEData
import MAEEvaluation
import MAEFoundation
import MAEMedia
import MAEModels
import MAETraining

/// A few files that a run completes again and again, always the same ones with the same masks: held out ones, if any.
///
///     pictures/pictures.jsonl     a line for each time: step, PSNR over the hidden patches
///     pictures/step-000500.png    original, as the encoder sees it, completed
final class FixedPictures {
  /// A line of `pictures.jsonl`.
  struct Line: Codable, Hashable, Sendable {
    var step: Int
    /// Of the hidden patches in decibels, mean over the files.
    var psnr: Double
    /// Of copying the mean visible colour; nil where nothing is visible.
    var psnrOfMeanColour: Double?
    /// Whether mean and deviation of each patch were taken from the original.
    var isNormalized: Bool

    private enum CodingKeys: String, CodingKey {
      case step, psnr
      case psnrOfMeanColour = "psnr_of_mean_colour"
      case isNormalized = "normalized"
    }

    var fileName: String { String(format: "step-%06d.png", step) }
  }

  private let run: Pretraining
  private let folder: String
  private let every: Int?
  private var samples: Samples
  private let lines: LogFile
  private var part: Int
  private var spent = 0.0

  /// What is completed, of the size that inputs have in a phase of the run.
  private struct Samples {
    let phase: Int
    let clips: [Clip]
    let masks: [TokenMask]

    /// Reads the files; nil when none can be read, or the masking has no masks for all tokens.
    ///
    /// - Throws: ``MaskingError``.
    init?(_ run: Pretraining) throws {
      let (recipe, model) = (run.plan.recipe, run.phaseRecipe.model)
      phase = run.trainer.state.phase
      clips = FixedPictures.clips(run)
      guard !clips.isEmpty,
        let strategy = try? model.masking.ofAllTokens.strategy(for: model.grid, patch: model.input.patch)
      else { return nil }
      masks = try clips.indices.map { index in
        var random = RandomStream(seed: recipe.run.seed).fork("pictures", index)
        return try strategy.mask(MaskContext(grid: model.grid), random: &random)
      }
    }
  }

  private static let parts = 10
  /// The share of the time of training that pictures take at most, unless somebody says when they are made.
  private static let share = 0.01
  /// About as many pixels as a picture has, so that a page of a dozen stays small.
  private static let mostPixels = 250_000

  /// Reads the files; nil when the model completes nothing, or no file can be read.
  ///
  /// - Throws: ``FileError``, ``MaskingError``.
  init?(_ run: Pretraining) throws {
    let recipe = run.plan.recipe
    guard recipe.evaluation.picturesEvery != 0, recipe.model.decoder != nil, !run.model.predictedFrames.isEmpty else {
      return nil
    }
    (self.run, folder, every) = (run, run.folder.picturesPath, recipe.evaluation.picturesEvery)
    guard let samples = try Samples(run) else { return nil }
    self.samples = samples
    // Where nothing can be predicted nothing is to be left behind.
    guard Reconstruction(ifPossible: samples.clips[0], mask: samples.masks[0], by: run.model, on: run.kernels) != nil else {
      return nil
    }
    try Folder.make(folder)
    lines = try Self.log(in: folder, continuingAfter: run.trainer.state.step)
    part = run.trainer.state.step * Self.parts / run.plan.steps
  }

  /// What a run has drawn, by step.
  static func read(_ folder: String) throws(FileError) -> [Line] {
    let lines: [Line] = try JSONLines.read(folder + "/pictures.jsonl")
    return lines.filter { Folder.isAnything(at: "\(folder)/\($0.fileName)") }
  }

  /// Cuts what belongs to later steps, or to all when a run begins.
  private static func log(in folder: String, continuingAfter step: Int) throws(FileError) -> LogFile {
    let all: [Line] = try JSONLines.read(folder + "/pictures.jsonl")
    let kept = all.filter { step > 0 && $0.step <= step }
    for name in Folder.names(in: folder) ?? [] where name.hasSuffix(".png") && !kept.contains(where: { $0.fileName == name }) {
      Folder.remove("\(folder)/\(name)")
    }
    try DurableFile.write(JSONLines.text(kept), to: folder + "/pictures.jsonl")
    return try LogFile(path: folder + "/pictures.jsonl")
  }

  private static func clips(_ run: Pretraining) -> [Clip] {
    let (recipe, input) = (run.phaseRecipe, run.phaseRecipe.model.input)
    var request = recipe.request
    (request.crop, request.flipProbability) = (.centre(filter: recipe.data.filter), 0)
    if case .pair(let least, let most) = request.sampling {
      let gap = (least + most) / 2
      request.sampling = .pair(minimumGap: gap, maximumGap: gap + 1)
    }
    let isStill = run.model.predictedFrames.count == 1
    let pixels = 3 * input.size.pixelCount * (isStill ? 1 : Self.columns(run))
    let wanted = max(isStill ? 4 : 1, min(isStill ? 8 : 3, mostPixels / pixels))
    let files = run.heldOut.isEmpty ? run.manifest.files : run.heldOut
    // Some more than are wanted, for some may be bad.
    let count = min(files.count, wanted + 2)
    var clips: [Clip] = []
    for index in 0..<count where clips.count < wanted && StopSignal.requested == nil {
      let file = files[index * files.count / count]
      let sample = try? FixedSample(
        path: file.path, request: request, span: file.span, frameRate: file.frameRate,
        timeLimit: .seconds(recipe.data.decodeTimeout), allowsTruncated: recipe.data.allowsTruncated ?? false,
        isCancelled: { StopSignal.requested != nil })
      if let clip = sample?.clip { clips.append(clip) }
    }
    return clips
  }

  /// Frames of a clip that are shown.
  private static func columns(_ run: Pretraining) -> Int {
    min(run.phaseRecipe.model.input.size.width > 128 ? 4 : 8, run.model.predictedFrames.count)
  }

  // MARK: Drawing

  /// Draws when it is time.
  ///
  /// - Returns: what the event of the step gets; nothing when it is not time.
  /// - Throws: ``FileError`` or ``MediaError``.
  func drawIfDue(after metrics: StepMetrics, of plan: TrainingPlan) throws -> [EventValue] {
    let isLast = metrics.step == plan.steps
    if let every { return isLast || metrics.step.isMultiple(of: every) ? try draw(metrics.step) : [] }
    let now = metrics.step * Self.parts / plan.steps
    guard now > part || isLast else { return [] }
    part = now
    return isLast || spent <= Self.share * metrics.seconds ? try draw(metrics.step) : []
  }

  /// Draws what the model makes of the files now.
  func draw(_ step: Int) throws -> [EventValue] {
    let watch = Stopwatch()
    defer { spent += watch.seconds }
    if samples.phase != run.trainer.state.phase {
      // Those of another phase do not fit the model; there are none where somebody asks to stop.
      guard let others = try Samples(run) else { return [] }
      samples = others
    }
    let made = zip(samples.clips, samples.masks).compactMap {
      Reconstruction(ifPossible: $0, mask: $1, by: run.model, on: run.kernels)
    }
    guard let first = made.first else { return [] }
    let line = Line(
      step: step, psnr: Self.mean(made.map(\.signalToNoise)) ?? 0,
      psnrOfMeanColour: Self.mean(made.compactMap { $0.signalToNoiseOfCopying[.meanColour] }), isNormalized: first.isNormalized)
    let picture = PictureStrip.draw(rows: rows(made), gap: 2)
    let png = Array(try PictureWriter.png(picture))
    try DurableFile.write(png, to: "\(folder)/\(line.fileName)")
    try lines.append(JSONText.line(line))
    return [
      EventValue("reconstruction", .picture(png: png, width: picture.size.width, height: picture.size.height)),
      EventValue("psnr", .scalar(line.psnr)),
    ]
  }

  private static func mean(_ values: [Double]) -> Double? {
    let finite = values.filter(\.isFinite)
    return finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
  }

  /// Stills side by side; of clips frames side by side, and clips below each other.
  private func rows(_ made: [Reconstruction]) -> [[Image]] {
    let all = run.model.predictedFrames
    let shown = ReconstructionStrip.shownFrames(of: all.count, columns: Self.columns(run)).map { all[$0] }
    let rows = made.map { made in
      let perSlot = max(1, made.original.frameCount / made.mask.grid.time)
      let isPair = all.first != 0 && made.original.frameCount == 2
      let past = isPair ? [[made.original.frame(0)]] : []
      return past
        + [
          shown.map(made.original.frame),
          shown.map { MaskedPicture.draw(made.original.frame($0), mask: made.mask, slot: isPair ? 0 : $0 / perSlot) },
          shown.map(made.completed.frame),
        ].map { $0.map(\.inRGB) }
    }
    guard shown.count == 1 else { return rows.flatMap(\.self) }
    return rows[0].indices.map { row in rows.map { $0[row][0] } }
  }
}
