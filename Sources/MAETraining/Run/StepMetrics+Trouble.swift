import Foundation

extension StepMetrics {
  /// What was wrong with the step, and what became of it, a sentence; nil for a step as usual.
  package var trouble: String? {
    if loss == nil { return "step \(step): loss or gradient was not a number; the step was left out" }
    guard let spike else { return nil }
    let scores = String(format: "loss %.1f, norm of the gradient %.1f", spike.loss, spike.gradNorm)
    let end =
      spike.isLeftOut
      ? "the step was left out"
      : "it counts all the same; the same command with --skip-spikes \(Int(SpikeWatch.usualLimit)) leaves out those to come"
    return "step \(step): lies far above what is usual, in standard deviations: \(scores); \(end)"
  }
}
