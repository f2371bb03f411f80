import MAEEvaluation
import MAEFoundation
import MAETraining

/// The loss of a run, beside that on held-out files and what predicting nothing costs.
struct LossCurve {
  private let metrics: [StepMetrics]
  private let checkpoints: [Int]

  /// - Parameter checkpoints: steps that get a dot.
  init(_ metrics: [StepMetrics], checkpoints: [Int] = []) { (self.metrics, self.checkpoints) = (metrics, checkpoints) }

  /// Of the run that the checkpoints of an analysis belong to; nil where the last one lies in no run folder, or that has no
  /// metrics.
  init?(_ result: AnalysisResult) {
    guard let last = result.checkpoints.last else { return nil }
    let run = Folder.parent(of: Folder.parent(of: last.path))
    guard RunFolder.isRunFolder(run), let metrics = try? StepMetrics.read(run + "/metrics.jsonl"),
      metrics.contains(where: { $0.loss != nil })
    else { return nil }
    self.init(metrics, checkpoints: result.checkpoints.compactMap(\.step))
  }

  var section: Page.Section {
    Page.Section(
      "How the loss went",
      lead: """
        The error of what the model predicts of hidden patches, at every step of the run; the dots are the checkpoints that this \
        page compares.
        """, parts: [.charts([chart])])
  }

  var chart: Chart {
    var curves = [Series("loss", of: metrics, \.loss)]
    let heldOut = Series("loss on held-out files", of: metrics, mark: .dottedLine) { $0.evaluation?.holdoutLoss }
    if !heldOut.x.isEmpty { curves.append(heldOut) }
    if let baseline = metrics.lazy.reversed().compactMap(\.baseline).first {
      let ends = [metrics[0].step, metrics[metrics.count - 1].step].map(Double.init)
      curves.append(Series("predicting nothing", x: ends, y: [baseline, baseline], isDashed: true))
    }
    let numbers = Set(checkpoints)
    let marks = Series("checkpoints", of: metrics, mark: .dots) { numbers.contains($0.step) ? $0.loss : nil }
    if !marks.x.isEmpty { curves.append(marks) }
    let note = curves[0].low.isEmpty ? "" : "Band: the smallest and the largest of neighbouring steps."
    return Chart("Loss over the run", x: Axis("step"), y: .loss(of: curves), series: curves, note: note)
  }
}
