extension Variable {
  /// The mean row of each sample, `[samples, width]`: of `[samples · rows, width]` and without a sample's first rows, as those of
  /// class tokens.
  ///
  /// - Precondition: samples have as many rows, and more than `first`.
  public func sampleMeans(_ samples: Int, skipping first: Int = 0) -> Variable {
    precondition(samples > 0 && rows % samples == 0, "sampleMeans: \(rows) rows of \(samples) samples")
    let perSample = rows / samples
    precondition(first < perSample, "sampleMeans: \(first) of \(perSample) rows are left out")
    let kernels = tape.kernels
    let means = kernels.zeros([samples, width])
    for sample in 0..<samples {
      let numbers = (sample * perSample + first..<(sample + 1) * perSample).map(Int32.init)
      kernels.addRows(tensor, numbers, into: means.rows(sample..<sample + 1))
    }
    kernels.scale(means, by: 1 / Float(perSample - first))
    return tape.record(means, from: [self]) {
      SampleMeansStep(input: id, shape: [rows, width], samples: samples, first: first)
    }
  }
}

private struct SampleMeansStep: BackwardStep {
  let input: Variable.ID?
  let shape: [Int]
  let samples, first: Int

  /// Every row that counts gets its share of the mean's gradient.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let (kernels, perSample) = (gradients.kernels, shape[0] / samples)
    kernels.scale(outputGradient, by: 1 / Float(perSample - first))
    let sources = (0..<shape[0]).map { Int32($0 / perSample) }
    let spread = kernels.gatherRows(outputGradient, sources)
    for sample in 0..<samples where first > 0 { kernels.cleared(spread.rows(sample * perSample..<sample * perSample + first)) }
    gradients.adopt(spread, for: input)
  }
}
