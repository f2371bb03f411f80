import Foundation
import MAEFoundation
import MaskedAutoencoders

/// What `--plan` prints: a fact per line, then the learning rate over the run.
struct ForecastText {
  let forecast: RunForecast
  /// What was taken by what the data are, or that nothing is there for the chosen size of the model.
  var defaults: String?

  var text: String {
    let (plan, schedule) = (forecast.plan, forecast.plan.schedule)
    let model = plan.recipe.model
    let times = forecast.stepSeconds.map { String(format: "%.3f", $0) }.joined(separator: ", ")
    let gigaflops = Double(forecast.flopsPerStep) / 1e9
    let limit = plan.isCutByTime ? "; as many as fit into \(plan.recipe.schedule.maxTime?.description ?? "its time")" : ""
    let classes = model.classifier.map { ", a classifier of \($0.classes.count) classes" } ?? ""
    let phase = plan.phases.count > 1 ? ", in the last of \(plan.phases.count) phases" : ""
    var facts = [
      ("model", "\(plan.recipe.method.name), \(plan.recipe.preset.rawValue)\(classes)"),
      ("parameters", String(format: "%.1f M", Double(forecast.parameters) / 1e6)),
      (
        "tokens",
        "\(forecast.visibleTokens) of \(model.grid.count) visible, \(counted(plan.recipe.effectiveBatch, "sample")) a step"
      ),
      (
        "step",
        String(
          format: "%.3f s (\(times)), %.1f GFLOP; on random pixels, without reading\(phase)",
          forecast.cluster?.computing ?? forecast.secondsPerStep, gigaflops)
      ),
      ("memory", String(format: "about %.2f GB", Double(forecast.memory.total) / 1e9)),
      (
        "length",
        """
        \(counted(plan.steps, "step")) (epochs: \(RecipeText.rounded(schedule.epochs, digits: 3))), \(schedule.warmupSteps) of \
        warm-up\(limit)
        """
      ),
      ("time", "about \(ProgressLine.time(forecast.seconds))"),
      ("rate", plan.recipe.learningRateArithmetic),
    ]
    if let defaults { facts.insert(("defaults", defaults), at: 1) }
    return (facts + clusterFacts).map { "\($0.padding(toLength: 12, withPad: " ", startingAt: 0))\($1)\n" }.joined() + curve
  }

  /// What a step takes of many processes, and what comes to one of them.
  private var clusterFacts: [(String, String)] {
    guard let cluster = forecast.cluster else { return [] }
    let rate = Double(forecast.plan.recipe.effectiveBatch) / cluster.secondsPerStep
    return [
      (
        "cluster",
        String(
          format: "%d processes: %.3f s a step = %.3f computing + %.3f adding up %.0f MB + %.3f waiting for the slowest",
          cluster.processes, cluster.secondsPerStep, cluster.computing, cluster.summing, 4e-6 * Double(cluster.gradients),
          cluster.waiting)
      ),
      ("efficiency", String(format: "%.2f: %.1f samples/s, which the data must be read at", cluster.efficiency, rate)),
      (
        "checkpoint",
        String(format: "%.2f GB, written by one process while the others wait", 1e-9 * Double(cluster.checkpointBytes))
      ),
    ]
  }

  /// The rate at the start, the end of warm-up, and at tenths of the run, with a bar for each.
  private var curve: String {
    let (plan, schedule) = (forecast.plan, forecast.plan.schedule)
    let tenths = (0...10).map { $0 * (plan.steps - 1) / 10 }
    let steps = Set(tenths + [min(schedule.warmupSteps, plan.steps - 1)]).sorted()
    return "\n    step      epoch  learning rate\n"
      + steps.map { step in
        let rate = schedule.rate(at: step)
        let bar = String(repeating: "▓", count: Int((30 * rate / max(schedule.peak, .leastNormalMagnitude)).rounded()))
        return String(format: "%8d %10.2f  %.3e  ", step, plan.epoch(after: step), rate) + bar + "\n"
      }.joined()
  }
}
