import MAEModels

/// What was measured beside the loss, after some step.
public struct Evaluation: Codable, Hashable, Sendable {
  /// Share of labelled samples that the ``ModelEvaluator`` of the run recognises; nil without labels.
  public var top1: Double?
  /// The same of the network before training.
  public var untrainedTop1: Double?
  /// The loss on files that are not learned from; nil where none are held out. Not a number, in files null, where
  /// the model has diverged.
  public var holdoutLoss: Double?
  /// Spent on measuring.
  public var seconds: Double

  private enum CodingKeys: String, CodingKey {
    case top1, seconds
    case untrainedTop1 = "untrained_top1"
    case holdoutLoss = "holdout_loss"
  }

  /// What is not a number is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let shares: [(key: CodingKeys, value: Double?)] = [
      (.top1, top1), (.untrainedTop1, untrainedTop1), (.holdoutLoss, holdoutLoss),
    ]
    for (key, value) in shares {
      guard let value else { continue }
      if value.isFinite { try container.encode(value, forKey: key) } else { try container.encodeNil(forKey: key) }
    }
    try container.encode(seconds, forKey: .seconds)
  }
}

/// Judges a model while it trains, as by labelled files.
public protocol ModelEvaluator: AnyObject {
  /// The share of samples that are recognised, 0…1; the model's parameters stay as they are.
  func accuracy(of model: Model) throws -> Double
}
