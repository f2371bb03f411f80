import MAEModels

extension Recipe {
  /// What is impossible about the values, one sentence each; empty when a run can start.
  public var problems: [String] {
    var problems = model.problems + Settings.all.compactMap { $0.problem(in: self) }
    if schedule.steps == nil, schedule.epochs == nil { problems.append("--steps or --epochs is needed; neither is given") }
    if problems.isEmpty, let problem = maskingProblem { problems.append(problem) }
    return problems
  }

  private var maskingProblem: String? {
    do throws(MaskingError) {
      _ = try model.masking.strategy(for: model.grid, patch: model.input.patch)
      return nil
    } catch {
      return error.description
    }
  }
}
