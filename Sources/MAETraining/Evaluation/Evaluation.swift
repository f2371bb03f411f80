import MAEModels

/// What was measured beside the loss, after some step.
public struct Evaluation: Codable, Hashable, Sendable {
  /// Share of labelled samples that neighbours among frozen features recognise; nil without labels.
  public var top1: Double?
  /// The same of the network before training.
  public var untrainedTop1: Double?
  /// The loss on files that are not learned from; nil where none are held out.
  public var holdoutLoss: Double?
  /// Spent on measuring.
  public var seconds: Double

  private enum CodingKeys: String, CodingKey {
    case top1, seconds
    case untrainedTop1 = "untrained_top1"
    case holdoutLoss = "holdout_loss"
  }
}

/// Judges a model while it trains, as by labelled files.
public protocol ModelEvaluator: AnyObject {
  /// The share of samples that are recognised, 0…1; the model's parameters stay as they are.
  func accuracy(of model: Model) throws -> Double
}
