/// What hidden tokens are compared with.
public struct TargetConfiguration: Codable, Hashable, Sendable {
  public enum Normalization: String, Codable, Hashable, Sendable, CaseIterable {
    case none
    /// All values of a token jointly: (v − μ) / √(σ² + 1e-6) (MAE).
    case perPatch
    /// Each channel of a token: (v − μ) / (σ + 1e-6) (VideoMAE).
    case perChannel
  }

  public enum Values: String, Codable, Hashable, Sendable, CaseIterable {
    /// Pixels less mean, divided by deviation, as the encoder sees them (MAE).
    case standardised
    /// Pixels from 0 to 1 (VideoMAE).
    case unit
  }

  public enum Loss: String, Codable, Hashable, Sendable, CaseIterable {
    case squared
    case absolute
  }

  public var normalization: Normalization
  public var values: Values
  public var loss: Loss
  /// Frames of a clip that are predicted, spread evenly (MAE-ST's `pred_t_dim`); nil = all.
  public var predictedFrames: Int?

  public init(
    normalization: Normalization, values: Values = .standardised, loss: Loss = .squared, predictedFrames: Int? = nil
  ) {
    self.normalization = normalization
    self.values = values
    self.loss = loss
    self.predictedFrames = predictedFrames
  }
}
