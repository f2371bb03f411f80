import MAEModels

extension Recipe {
  /// What is impossible about the values, one sentence each; empty when a run can start.
  public var problems: [String] {
    var problems = model.problems + Settings.all.compactMap { $0.problem(in: self) }
    if schedule.steps == nil, schedule.epochs == nil, schedule.maxTime == nil {
      problems.append("--steps, --epochs or --max-time is needed; none is given")
    }
    let peak = optimizer.peakLearningRate(effectiveBatch: effectiveBatch)
    if let minimum = schedule.minimumLearningRate, minimum > peak {
      problems.append(
        """
        --min-lr is \(RecipeText.number(minimum)), above the highest rate of \(RecipeText.number(peak)); give a \
        smaller one, or a larger --lr
        """
      )
    }
    if guidance?.mode == .image, model.input.frames > 1 {
      problems.append(
        "--guide-mode image is for stills: what is where changes from clip to clip of a video; choose step or frozen")
    }
    if problems.isEmpty, let problem = maskingProblem { problems.append(problem) }
    return problems
  }

  private var maskingProblem: String? {
    do throws(MaskingError) {
      _ = try model.maskingStrategy()
      return nil
    } catch {
      return error.description
    }
  }
}
