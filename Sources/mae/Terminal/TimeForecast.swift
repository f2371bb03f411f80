import MaskedAutoencoders

/// How long a run will take, said once, after its first measured steps.
struct TimeForecast {
  private let firstStep: Int
  private let start = ContinuousClock.now
  private var isSaid = false

  /// - Parameter firstStep: the step that was just done; it also warmed up, so the ones after it are measured.
  init(firstStep: Int) { self.firstStep = firstStep }

  /// Nil while too little is measured, and when it was said already.
  mutating func sentence(after step: Int, of plan: TrainingPlan) -> String? {
    let (measured, seconds) = (step - firstStep, (ContinuousClock.now - start) / .seconds(1))
    guard !isSaid, measured >= 3 || measured >= 1 && seconds >= 10, plan.steps - step >= measured else { return nil }
    isSaid = true
    return Self.sentence(secondsPerStep: seconds / Double(measured), step: step, plan)
  }

  /// Where the rest takes more than an hour, with what would fit into one.
  static func sentence(secondsPerStep: Double, step: Int, _ plan: TrainingPlan) -> String {
    let rest = secondsPerStep * Double(plan.steps - step)
    let hundred = ProgressLine.time(secondsPerStep * 100)
    let text =
      "about \(ProgressLine.time(rest)) for the \(plan.steps - step) steps to come, \(hundred) for a hundred"
    let smaller = plan.smallerSettings(fitting: 3600, secondsPerStep: secondsPerStep)
    return rest > 3600 && !smaller.isEmpty ? "\(text); an hour would do for \(smaller.joined(separator: ", or "))" : text
  }
}
