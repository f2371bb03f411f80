import MAEModels

extension Recipe {
  /// What is impossible about the values, one sentence each; empty when a run can start.
  public var problems: [String] {
    var problems = model.problems
    if problems.isEmpty, let problem = maskingProblem { problems.append(problem) }
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) { if !condition { problems.append(problem()) } }
    func text(_ value: Double) -> String { RecipeText.number(value) }

    require(model.uniformityWeight >= 0, "uniformity-weight is \(text(model.uniformityWeight)); expected at least 0")

    require(data.samplingRate >= 1, "sampling-rate is \(data.samplingRate); expected at least 1")
    if let gap = data.frameGap {
      require(
        gap.count == 2 && gap[0] >= 1 && gap[0] <= gap[1],
        "frame-gap is \(gap.map(String.init).joined(separator: ",")); expected A,B with 1 ≤ A ≤ B")
    }
    require(
      data.minimumArea > 0 && data.minimumArea <= 1, "data.minimum-area is \(text(data.minimumArea)); expected above 0, at most 1"
    )
    require((0...1).contains(data.flip), "hflip is \(text(data.flip)); expected a probability from 0 to 1")
    require(data.repeats >= 1, "repeat-aug is \(data.repeats); expected at least 1")
    require((0...1).contains(data.maxBad), "max-bad is \(text(data.maxBad)); expected a share from 0 to 1")
    require((data.workers ?? 0) >= 0, "num-workers is \(data.workers ?? 0); expected at least 0")
    require(
      data.decodeTimeout > 0 && data.decodeTimeout <= 86400,
      "decode-timeout is \(text(data.decodeTimeout)); expected seconds, above 0 and at most a day")

    require(
      optimizer.baseLearningRate > 0 && optimizer.baseLearningRate.isFinite,
      "blr is \(text(optimizer.baseLearningRate)); expected above 0")
    if let rate = optimizer.learningRate { require(rate > 0 && rate.isFinite, "lr is \(text(rate)); expected above 0") }
    require(optimizer.referenceBatch >= 1, "optimizer.reference-batch is \(optimizer.referenceBatch); expected at least 1")
    require((0..<1).contains(optimizer.beta1), "optimizer.beta1 is \(text(optimizer.beta1)); expected 0 ..< 1")
    require((0..<1).contains(optimizer.beta2), "optimizer.beta2 is \(text(optimizer.beta2)); expected 0 ..< 1")
    require(optimizer.epsilon > 0, "optimizer.epsilon is \(text(optimizer.epsilon)); expected above 0")
    require(
      optimizer.weightDecay >= 0 && optimizer.weightDecay.isFinite,
      "weight-decay is \(text(optimizer.weightDecay)); expected at least 0")
    if let limit = optimizer.clipGradient { require(limit > 0, "clip-grad is \(text(limit)); expected above 0") }

    if let steps = schedule.steps {
      require(steps >= 1, "steps is \(steps); expected at least 1")
    } else if let epochs = schedule.epochs {
      require(epochs > 0 && epochs.isFinite, "epochs is \(text(epochs)); expected above 0")
    } else {
      require(false, "schedule: neither epochs nor steps is given")
    }
    require(schedule.warmupEpochs >= 0, "warmup-epochs is \(text(schedule.warmupEpochs)); expected at least 0")
    if let share = schedule.warmupShare {
      require((0...1).contains(share), "schedule.warmup-share is \(text(share)); expected 0 to 1")
    }
    if let milestones = schedule.milestones {
      require(
        milestones.allSatisfy((0...1).contains) && milestones == milestones.sorted(),
        "schedule.milestones is \(milestones.map(text).joined(separator: ", ")); expected ascending shares from 0 to 1")
    }

    require(run.batchSize >= 1, "batch-size is \(run.batchSize); expected at least 1")
    require(run.accumulation >= 1, "accum-iter is \(run.accumulation); expected at least 1")
    require((run.threads ?? 1) >= 1, "threads is \(run.threads ?? 0); expected at least 1")
    require((run.saveEvery ?? 1) >= 1, "save-every is \(run.saveEvery ?? 0); expected at least 1")
    require((run.keep ?? 1) >= 1, "keep is \(run.keep ?? 0); expected at least 1")
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
