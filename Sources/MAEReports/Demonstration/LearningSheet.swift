import MAECore
import MAEEngine
import MAEEvaluation
import MAEMedia
import MAEModels
import MAETraining

/// Draws what a model has learned after each part of its run: a clip that it does not learn from, completed again and again,
/// below the clip as it is and as the model sees it. As an observer of the run it passes everything on to another one.
public final class LearningSheet: TrainingObserver {
  /// Everything that is there so far.
  public var picture: Image {
    Montage(
      title: "What a fresh model has learned", columnTitles: shownFrames.map { ReconstructionStrip.seconds(clip.times[$0]) },
      rows: top + rows + bottom,
      caption: ["PSNR of the hidden patches stands beside each row; visible patches are pasted from the original."],
      cellWidth: 128
    ).draw()
  }

  private let run: Pretraining
  private let clip: Clip
  private let mask: TokenMask
  private let path: String
  private let kernels: Kernels
  private let next: any TrainingObserver
  private let shownFrames: [Int]
  private var top: [Montage.Row] = []
  private var rows: [Montage.Row] = []
  private var bottom: [Montage.Row] = []
  private var done = 0
  private var hasFailed = false

  /// Parts after each of which there is a picture.
  private static let parts = 4

  /// Draws how the model completes the clip before it learns.
  ///
  /// - Parameters:
  ///   - clip: as the model takes it.
  ///   - shipped: the same clip completed by another model, for the last row; nil for none.
  ///   - path: of the PNG, which is written anew after each part.
  /// - Throws: ``MaskingError``, and ``FileError`` or ``MediaError`` when the picture cannot be written.
  public init(
    _ run: Pretraining, of clip: Clip, beside shipped: Reconstruction?, to path: String, on kernels: Kernels,
    then next: any TrainingObserver
  ) throws {
    (self.run, self.clip, self.path, self.kernels, self.next) = (run, clip, path, kernels, next)
    mask = try shipped?.mask ?? run.model.mask(seed: 0)
    shownFrames = ReconstructionStrip.shownFrames(of: clip.frameCount, columns: 8)
    let framesPerSlot = max(1, clip.frameCount / mask.grid.time)
    top = [
      Montage.Row("original", shownFrames.map(clip.frame)),
      Montage.Row(
        "masked", shownFrames.map { MaskedPicture.draw(clip.frame($0), mask: mask, slot: $0 / framesPerSlot) }),
    ]
    if let shipped { bottom = [row("trained model", shipped)] }
    let state = run.trainer.state
    done = state.step * Self.parts / run.plan.steps
    try draw(state.step == 0 ? "before training" : "after \(Int(state.seconds.rounded())) s")
  }

  /// Draws another row at the end of a part; pictures that fail are said once and left out from then on.
  public func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
    next.didStep(metrics, of: plan)
    let part = metrics.step * Self.parts / plan.steps
    guard part > done, !hasFailed else { return }
    done = part
    do {
      try draw("after \(Int(metrics.seconds.rounded())) s")
      next.note("step \(metrics.step) of \(plan.steps): what was learned so far is in \(path)")
    } catch {
      // A picture is not worth a run.
      hasFailed = true
      next.note("the pictures of what is learned are left out: \(error)")
    }
  }

  /// Passed on.
  public func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) { next.didJudge(metrics, of: plan) }
  /// Passed on.
  public func didLook(at done: Int, of count: Int) { next.didLook(at: done, of: count) }
  /// Passed on.
  public func didSave(step: Int, path: String) { next.didSave(step: step, path: path) }
  /// Passed on.
  public func note(_ text: String) { next.note(text) }

  private func draw(_ title: String) throws {
    rows.append(row(title, Reconstruction(clip, mask: mask, by: run.model, on: kernels)))
    try PictureWriter.writePNG(picture, to: path)
  }

  private func row(_ title: String, _ made: Reconstruction) -> Montage.Row {
    let value = made.signalToNoise.isFinite ? "\((made.signalToNoise * 10).rounded() / 10)" : "∞"
    return Montage.Row("\(title): \(value) dB", shownFrames.map(made.completed.frame))
  }
}
