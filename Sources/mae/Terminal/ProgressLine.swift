import Foundation
import MaskedAutoencoders

/// Shows a training run in a line; speed, time left, loss and step stand first, since narrow terminals show no more.
package final class ProgressLine: TrainingObserver {
  private let noun: String
  private let batchesPerEpoch: Int
  private var recentLosses: [Double] = []
  private var recentRates: [Double] = []
  private var accuracy: Double?
  private var status = StatusLine(startsAtOnce: true)

  /// - Parameter noun: what a sample is: clips or pictures.
  package init(noun: String, batchesPerEpoch: Int) {
    self.noun = noun
    self.batchesPerEpoch = batchesPerEpoch
  }

  package func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) {
    if let loss = metrics.loss { recentLosses = recentLosses.suffix(19) + [loss] }
    accuracy = metrics.evaluation?.top1 ?? accuracy
    recentRates = recentRates.suffix(19) + [metrics.samplesPerSecond]
    status.show(isLast: metrics.step == plan.steps, parts(metrics, plan), values(metrics, plan))
  }

  package func didJudge(_ metrics: StepMetrics, of plan: TrainingPlan) { accuracy = metrics.evaluation?.top1 ?? accuracy }

  package func didLook(at done: Int, of count: Int) {
    status.show(
      isLast: done == count, ["looking at the pictures as they are", "\(done)/\(count)"],
      ["progress": "looking at the pictures as they are", "done": .integer(done), "total": .integer(count)])
  }

  package func note(_ text: String) {
    close()
    Console.say(text)
  }

  /// Ends the line, so that something else can be said.
  func close() { status.close() }

  /// The same for programs.
  private func values(_ metrics: StepMetrics, _ plan: TrainingPlan) -> JSONValue {
    let rate = recentRates.reduce(0, +) / Double(max(1, recentRates.count))
    let rest = Double((plan.steps - metrics.step) * plan.recipe.effectiveBatch) / max(rate, 1e-9)
    return [
      "progress": "training", "step": .integer(metrics.step), "steps": .integer(plan.steps), "epoch": .number(metrics.epoch),
      "loss": metrics.loss.map(JSONValue.number) ?? .null, "lr": .number(metrics.lr), "samples_per_second": .number(rate),
      "eta_seconds": .number(rest.rounded()),
    ]
  }

  /// What the line says of a step; the speed, the time left, the loss and the step fit any terminal.
  package func parts(_ metrics: StepMetrics, _ plan: TrainingPlan) -> [String] {
    let loss = recentLosses.isEmpty ? "–" : String(format: "%.3f", recentLosses.reduce(0, +) / Double(recentLosses.count))
    let rate = recentRates.reduce(0, +) / Double(max(1, recentRates.count))
    let secondsPerStep = Double(plan.recipe.effectiveBatch) / max(rate, 1e-9)
    let rest = plan.stepsLeft(after: metrics.step) * secondsPerStep
    let baseline = metrics.baseline.map { String(format: "baseline %.3f", $0) }
    let judged = accuracy.map { "\(plan.recipe.model.classifier == nil ? "knn" : "val") \(String(format: "%.3f", $0))" }
    return [
      String(format: "%.1f %@/s", rate, noun), "eta \(Self.time(rest))", "loss \(loss)",
      "step \(metrics.step)/\(plan.steps)",
    ] + [baseline, judged].compactMap(\.self) + [
      place(metrics, plan),
      "lr \(RecipeText.number(Self.rounded(metrics.lr)))", "|g| \(metrics.gradNorm.map { String(format: "%.2f", $0) } ?? "–")",
      "data \(Int((metrics.dataShare * 100).rounded()))%", "mem \(Self.size(metrics.memoryBytes))",
    ]
  }

  /// `▓▓▓░░░ epoch 3/50`
  private func place(_ metrics: StepMetrics, _ plan: TrainingPlan) -> String {
    let epochs = Int(plan.schedule.epochs.rounded(.up))
    let share = Double(metrics.step) / Double(plan.steps)
    let filled = Int(share * 6)
    let bar = String(repeating: "▓", count: filled) + String(repeating: "░", count: 6 - filled)
    let epoch = min(epochs, Int(metrics.epoch) + 1)
    return "\(bar) epoch \(epoch)/\(epochs)"
  }

  /// Two digits are enough while the rate changes with every step.
  private static func rounded(_ rate: Double) -> Double {
    guard rate > 0 else { return 0 }
    let unit = pow(10, (log10(rate)).rounded(.down) - 1)
    return (rate / unit).rounded() * unit
  }

  static func size(_ bytes: Int) -> String {
    bytes >= 1 << 30 ? String(format: "%.1fG", Double(bytes) / 1_073_741_824) : "\(bytes >> 20)M"
  }

  static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3600: return String(format: "%dm%02d", whole / 60, whole % 60)
    case ..<(100 * 3600): return String(format: "%dh%02d", whole / 3600, whole / 60 % 60)
    default: return "\(whole / 86400)d"
    }
  }
}
