import MAECheckpoint
import MAEFoundation
import MAEMedia
import MAEModels
import MAETraining

/// Shows what guides the masks of a self-guided run: a sheet of pictures in its `guide/` for each checkpoint. As an observer of
/// the run it passes everything on to another one.
public final class GuideReport: TrainingObserver {
  private let run: Pretraining
  private let next: any TrainingObserver
  private let viewer: GuideViewer
  private var hasFailed = false

  /// Nil when the run has no guide.
  public init?(_ run: Pretraining, then next: any TrainingObserver) {
    guard run.trainer.masks is SelfGuide else { return nil }
    self.run = run
    self.next = next
    viewer = run.guideViewer()
    for file in viewer.bad { next.note("the pictures of masks go without \(file.file): \(file.reason)") }
  }

  /// Passed on.
  public func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { next.didStep(metrics, of: plan) }
  /// Passed on.
  public func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) { next.didJudge(metrics, of: plan) }
  /// Passed on.
  public func didLook(at done: Int, of count: Int) { next.didLook(at: done, of: count) }
  /// Passed on.
  public func note(_ text: String) { next.note(text) }

  /// Draws the sheet of the checkpoint; pictures that fail are said once and left out from then on.
  public func didSave(step: Int, path: String) {
    next.didSave(step: step, path: path)
    guard !hasFailed else { return }
    do {
      try draw(step)
    } catch {
      // A picture is not worth a run.
      hasFailed = true
      next.note("the pictures of masks are left out: \(error)")
    }
  }

  private func draw(_ step: Int) throws {
    let state = run.trainer.state.guide
    let progress = state?.switchedAt.map { Double(step - $0) / Double(max(1, run.plan.steps - $0)) } ?? 0
    let views = try viewer.views(of: run.model, progress: progress)
    guard !views.isEmpty else { return }
    try Folder.make(run.folder.guidePath)
    let rows = views.map { view in
      GuideSheet.Row(
        title: view.title, picture: view.picture, isObject: view.relevance?.isObject, scores: view.relevance?.scores,
        masks: [view.random, view.informed, view.hinted])
    }
    let sheet = GuideSheet(
      title: "Step \(step): what the model sees and hides", maskTitles: ["random", "informed", "with hints"], rows: rows,
      caption: [
        state?.switchedAt.map { "Masks are informed since step \($0)." }
          ?? "Masks are still random; those at the right are what the guide would choose.",
        run.model.configuration.masking.kind == .selfGuided
          ? "Object: the side of the normalised cut that is to be hidden. Score: cosine with the mean of its tokens, from the "
            + "picture's lowest (dark) to its highest (light). No object: the graph could not be cut in two, and tokens are "
            + "hidden at random."
          : "Object: what the class token attends more than its mean. Score: the class token's attention in the last block, "
            + "from the picture's lowest (dark) to its highest (light).",
      ])
    let path = "\(run.folder.guidePath)/\(CheckpointStore.name(step)).png"
    try PictureWriter.writePNG(sheet.draw(), to: path)
  }
}
