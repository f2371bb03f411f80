import MAEModels

extension Recipe {
  /// What is impossible about the values, one sentence each; empty when a run can start.
  public var problems: [String] {
    var problems = model.problems + Settings.all.compactMap { $0.problem(in: self) }
    if schedule.steps == nil, schedule.epochs == nil, schedule.maxTime == nil {
      problems.append("--steps, --epochs or --max-time is needed; none is given")
    }
    let peak = peakLearningRate
    if let minimum = schedule.minimumLearningRate, minimum.isFinite, minimum > peak {
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
    if model.classifier != nil, data.sampling.isClip != (model.input.frames > 1) {
      let samples = model.input.frames > 1 ? "clips" : "stills"
      problems.append("--sampling is \(data.sampling.rawValue), and the model takes \(samples); leave it out")
    }
    if data.sampling == .uniform, let clips = evaluation.clips, clips > 2 {
      problems.append(
        "--eval-clips is \(clips), and frames over the whole video make two clips at most; give 1 or 2, or --sampling dense")
    }
    if problems.isEmpty, let problem = model.maskingProblem { problems.append(problem) }
    if problems.isEmpty, schedule.hasStages { problems += stageProblems }
    return problems
  }

  /// What is impossible about the phases of the run.
  private var stageProblems: [String] {
    var problems: [String] = []
    if run.extends != nil || fineTuning != nil {
      let other = fineTuning == nil ? "--extend" : "mae finetune"
      problems.append(
        "stages as 112@50%,224 are for whole runs of pretraining; leave them out with \(other)"
      )
    }
    if model.masking.kind.type is any GuidedMasking.Type {
      problems.append(
        "stages as 112@50%,224 are for masks that need no guide, whose view is of one grid; choose another --mask-type than "
          + "\(model.masking.kind), or give one value")
    }
    let shapes = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.shape) })
    for phase in phases.dropLast() {
      var found = phase.recipe.model.problems
      if found.isEmpty, let problem = phase.recipe.model.maskingProblem { found.append(problem) }
      if found.isEmpty,
        let odd = phase.recipe.model.parameters.first(where: { $0.role != .position && $0.shape != shapes[$0.name] })
      {
        found.append("\(odd.name) belongs to one input size and number of frames; give one value of them with \(method)")
      }
      problems += found.filter { !problems.contains($0) }
    }
    return problems
  }
}

extension ModelConfiguration {
  fileprivate var maskingProblem: String? {
    do throws(MaskingError) {
      _ = try maskingStrategy()
      return nil
    } catch {
      return error.description
    }
  }
}
