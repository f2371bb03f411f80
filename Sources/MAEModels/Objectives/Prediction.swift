import MAEEngine

/// The pixels that an objective predicts for the hidden tokens of a batch.
public struct Prediction {
  /// With the reconstruction error first.
  public var loss: Loss
  /// The encoder's output for the tokens it saw.
  public var latents: Variable
  /// `[samples · hidden, values]`, tokens ascending within each sample.
  public var values: Variable
  /// What the values are compared with, in the same order.
  public var targets: Tensor
  /// Mean and divisor per token and channel, `[samples · hidden, channels, 2]`: pixel value = value · divisor + mean. Nil where
  /// targets are not normalised.
  public var statistics: Tensor?
  /// In which order the values of a token come.
  public var order: ValueOrder
  /// The symlog of the reward of each frame, `[samples · frames, 1]`, where one is predicted.
  public var rewards: Tensor?

  /// Values with what they are compared with.
  public init(
    loss: Loss, latents: Variable, values: Variable, targets: Tensor, statistics: Tensor? = nil,
    order: ValueOrder = .channelsLast
  ) {
    self.loss = loss
    self.latents = latents
    self.values = values
    self.targets = targets
    self.statistics = statistics
    self.order = order
  }

  /// Whether mean and deviation of the true patches are needed to make pixels of the values.
  public var isNormalized: Bool { statistics != nil }
}

/// The order of the values of a token.
public enum ValueOrder: Hashable, Sendable {
  /// Frame, row, column, channel.
  case channelsLast
  /// Channel, row, column.
  case channelsFirst
}
