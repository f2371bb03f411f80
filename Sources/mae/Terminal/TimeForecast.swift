import MAEFoundation
import MaskedAutoencoders

/// How long a run will take, and what would fit into an hour where that is longer.
enum TimeForecast {
  /// - Parameters:
  ///   - seconds: of the next step.
  ///   - step: steps that are done.
  static func sentence(secondsPerStep seconds: Double, after step: Int, of plan: TrainingPlan) -> String {
    let left = plan.steps - step
    let rest = seconds * plan.stepsLeft(after: step)
    let hundred = ProgressLine.time(seconds * 100)
    let text =
      "about \(ProgressLine.time(rest)) for \(counted(left, "step")), \(hundred) for a hundred, measured on random pixels"
    if plan.isCutByTime, step == 0, let limit = plan.recipe.schedule.maxTime {
      return "at most \(limit): \(text)\(wholeLength(rest / Double(left), plan))"
    }
    // A run that has begun stays what it is.
    guard rest > 3600, step == 0 else { return text }
    let smaller = plan.smallerSettings(fitting: 3600, secondsPerStep: rest / Double(left))
    return smaller.isEmpty ? text : "\(text); an hour would do in another folder for \(smaller.joined(separator: ", or "))"
  }

  /// What the run would take without its limit, with the flag that asks for that.
  private static func wholeLength(_ seconds: Double, _ plan: TrainingPlan) -> String {
    guard let whole = plan.stepsWithoutLimit else { return "" }
    let (schedule, published) = (plan.recipe.schedule, plan.recipe.method.recipe(plan.recipe.preset).schedule)
    let flag = schedule.steps.map { "--steps \($0)" } ?? "--epochs \(RecipeText.number(schedule.epochs ?? 0))"
    let isPublished = schedule.steps == nil && schedule.epochs == published.epochs
    return "; \(flag)\(isPublished ? ", the paper's length," : "") alone would take \(ProgressLine.time(seconds * Double(whole)))"
  }
}
