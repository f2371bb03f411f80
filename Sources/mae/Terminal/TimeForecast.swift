import MAEFoundation
import MaskedAutoencoders

/// How long a run will take, and what would fit into an hour where that is longer.
enum TimeForecast {
  /// - Parameters:
  ///   - seconds: of a step.
  ///   - step: steps that are done.
  static func sentence(secondsPerStep seconds: Double, after step: Int, of plan: TrainingPlan) -> String {
    let left = plan.steps - step
    let rest = seconds * Double(left)
    let hundred = ProgressLine.time(seconds * 100)
    let text =
      "about \(ProgressLine.time(rest)) for \(counted(left, "step")), \(hundred) for a hundred, measured on random pixels"
    let smaller = plan.smallerSettings(fitting: 3600, secondsPerStep: seconds)
    return rest > 3600 && !smaller.isEmpty ? "\(text); an hour would do for \(smaller.joined(separator: ", or "))" : text
  }
}
