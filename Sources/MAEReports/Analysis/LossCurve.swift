import MAEEvaluation
import MAEFoundation
import MAETraining

/// The loss of the run that the checkpoints of an analysis belong to.
struct LossCurve {
  private let metrics: [StepMetrics]
  private let checkpoints: [Int]

  /// Nil where the last checkpoint lies in no run folder, or that has no metrics.
  init?(_ result: AnalysisResult) {
    guard let last = result.checkpoints.last else { return nil }
    let run = Folder.parent(of: Folder.parent(of: last.path))
    guard RunFolder.isRunFolder(run), let metrics = try? StepMetrics.read(run + "/metrics.jsonl"),
      metrics.contains(where: { $0.loss != nil })
    else { return nil }
    self.metrics = metrics
    checkpoints = result.checkpoints.compactMap(\.step)
  }

  var section: Page.Section {
    Page.Section(
      "How the loss went",
      lead: """
        The error of what the model predicts of hidden patches, at every step of the run; the dots are the checkpoints that this \
        page compares.
        """, parts: [.charts([chart])])
  }

  private var chart: Chart {
    func series(_ name: String, _ value: (StepMetrics) -> Double?) -> Series {
      let points = metrics.compactMap { line in value(line).map { (Double(line.step), $0) } }
      return Series(name, x: points.map(\.0), y: points.map(\.1))
    }
    var curves = [series("loss", \.loss).condensed(to: 400)]
    var heldOut = series("loss on held-out files") { $0.evaluation?.holdoutLoss }
    heldOut.mark = .dottedLine
    if !heldOut.x.isEmpty { curves.append(heldOut) }
    if let baseline = metrics.compactMap(\.baseline).last {
      let ends = [metrics[0].step, metrics[metrics.count - 1].step].map(Double.init)
      curves.append(Series("predicting nothing", x: ends, y: [baseline, baseline], isDashed: true))
    }
    let numbers = Set(checkpoints)
    var marks = series("checkpoints") { numbers.contains($0.step) ? $0.loss : nil }
    marks.mark = .dots
    if !marks.x.isEmpty { curves.append(marks) }
    let note = curves[0].low.isEmpty ? "" : "Band: the smallest and the largest of neighbouring steps."
    return Chart("Loss over the run", x: Axis("step"), y: Axis("loss"), series: curves, note: note)
  }
}
