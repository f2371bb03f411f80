import CKernels
import Foundation

/// The numbers of one AdamW step (Loshchilov and Hutter 2019), in PyTorch's order of operations.
public struct AdamWStep: Sendable {
  /// Which of two rules is followed.
  public enum Form: Sendable {
    /// PyTorch's: ε stands beside the corrected root, and weights shrink by decay times the rate.
    case torch
    /// TensorFlow's, as Masked World Models (`common/tfutils.py`) uses it: ε stands beside the uncorrected root, and weights
    /// shrink by the decay whatever the rate is.
    case tensorFlow
  }

  /// Of this step.
  public var learningRate: Float
  /// Of the mean of gradients.
  public var beta1: Float
  /// Of the mean of squared gradients.
  public var beta2: Float
  /// Added to the root of that mean.
  public var epsilon: Float
  /// Share of the rate by which weights shrink; in TensorFlow's form share of the weights.
  public var weightDecay: Float
  /// From 1.
  public var step: Int
  /// Gradients are multiplied by this first (clipping).
  public var gradientScale: Float
  /// PyTorch's or TensorFlow's.
  public var form: Form

  /// The numbers of one step (Loshchilov and Hutter 2019, algorithm 2).
  public init(
    learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.95, epsilon: Float = 1e-8, weightDecay: Float, step: Int,
    gradientScale: Float = 1, form: Form = .torch
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.step = step
    self.gradientScale = gradientScale
    self.form = form
  }
}

extension Kernels {
  /// Updates parameters and both moments in place; all four have one length.
  public func adamW(_ parameters: Tensor, gradients: Tensor, first: Tensor, second: Tensor, _ step: AdamWStep) {
    let correction2 = 1 - power(step.beta2, step.step)
    let (epsilon, keep) =
      switch step.form {
      case .torch: (step.epsilon, Float(1 - Double(step.learningRate) * Double(step.weightDecay)))
      // m / (√v + ε) · √c is m / (√(v / c) + ε / √c).
      case .tensorFlow: (Float(Double(step.epsilon) / correction2.squareRoot()), Float(1 - Double(step.weightDecay)))
      }
    let numbers = mae_adamw_step(
      learning_rate: step.learningRate, beta1: step.beta1, beta2: step.beta2, epsilon: epsilon, keep: keep,
      correction1: Float(1 - power(step.beta1, step.step)), correction2: Float(correction2),
      gradient_scale: step.gradientScale)
    let (p, g, m, v) = (parameters.pointer, gradients.pointer, first.pointer, second.pointer)
    let update = unsafe table.adamw
    workers.forEachRange(parameters.count, grain: elementGrain) { range in
      var numbers = numbers
      let start = range.lowerBound
      unsafe update(p.base + start, g.base + start, m.base + start, v.base + start, Int64(range.count), &numbers)
    }
  }

  /// Moves values towards others by a share of the way: x += share · (y − x), as a running mean does.
  package func move(_ x: Tensor, towards y: Tensor, by share: Float) {
    precondition(x.count == y.count, "move: \(x.shape) towards \(y.shape)")
    let (to, from) = (x.pointer, y.pointer)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      for index in range { unsafe to.base[index] += share * (from.base[index] - to.base[index]) }
    }
  }

  private func power(_ base: Float, _ exponent: Int) -> Double {
    // The decimal value is meant: 0.95, not the float nearest to it.
    pow(Double("\(base)") ?? Double(base), Double(exponent))
  }
}
