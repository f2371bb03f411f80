import Foundation
import MAEModels
import MAERecipes

/// Says in words whether a loss is lower than what predicting nothing costs.
struct WhatWasLearned {
  var plan: TrainingPlan
  private var baseline: Double?
  private var losses: [Double] = []
  private var hasSaidPlateau = false
  private var evaluation: Evaluation?

  /// Steps that a mean is taken over, of a long run.
  private static let window = StepMetrics.recent(after: .max)
  /// The share of the baseline from which on nothing has been learned.
  private static let nothing = 0.99

  init(_ plan: TrainingPlan, baseline: Double?) { (self.plan, self.baseline) = (plan, baseline) }

  /// Losses of another phase are compared with another baseline.
  mutating func begin(baseline: Double?) { (self.baseline, losses) = (baseline, []) }

  mutating func add(_ metrics: StepMetrics) {
    if let loss = metrics.reconstructionLoss { losses = losses.suffix(Self.window - 1) + [loss] }
    evaluation = metrics.evaluation ?? evaluation
  }

  /// A sentence, once, when the loss has stayed at the baseline for long enough after the warm-up.
  mutating func plateau(after step: Int) -> String? {
    guard let baseline, !hasSaidPlateau, losses.count == Self.window, step >= plan.schedule.warmupSteps + 2 * Self.window,
      losses.reduce(0, +) / Double(losses.count) > Self.nothing * baseline
    else { return nil }
    hasSaidPlateau = true
    let patch = plan.recipe.model.input.patch
    let smaller = patch > 4 ? ["smaller patches (--patch-size \(patch / 2))"] : []
    let pixels = plan.recipe.model.target.normalization == .none ? [] : ["--no-norm-pix-loss, which is easier"]
    return """
      after \(step) steps the loss is \(Self.text(losses)), and predicting nothing costs \(Self.text([baseline])): nothing has \
      been learned yet; what helps: \((["more steps"] + pixels + smaller).joined(separator: ", "))
      """
  }

  /// `Loss 0.9917 where the mean gives 0.9922: nothing yet`; nil where there is nothing to compare with.
  func sentence() -> String? {
    if plan.recipe.model.classifier != nil {
      return evaluation?.top1.map { String(format: "%.1f %% of the validation samples are recognised", 100 * $0) }
    }
    let recent = losses.suffix(StepMetrics.recent(after: plan.steps))
    guard let baseline, !recent.isEmpty else { return nil }
    let loss = recent.reduce(0, +) / Double(recent.count)
    var text = "Loss \(Self.text(recent)) where the mean gives \(String(format: "%.4f", baseline)): "
    text += loss > Self.nothing * baseline ? "nothing yet" : "\(Int((100 * (1 - loss / baseline)).rounded())) % lower"
    if let loss = evaluation?.holdoutLoss { text += String(format: "; %.4f on files left out", loss) }
    if let top1 = evaluation?.top1 {
      text += String(format: "; neighbours recognise %.3f", top1)
      if let untrained = evaluation?.untrainedTop1 { text += String(format: ", untrained %.3f", untrained) }
    }
    return text
  }

  private static func text(_ losses: some Collection<Double>) -> String {
    String(format: "%.4f", losses.reduce(0, +) / Double(losses.count))
  }
}
