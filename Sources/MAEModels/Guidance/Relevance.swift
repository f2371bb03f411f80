import MAECore

/// How much each token of a sample belongs to what is to be hidden.
public struct Relevance: Hashable, Sendable {
  /// One per token, or one per place where all time slots are alike; of self-guided masking the cosine with the mean of the
  /// hidden side's tokens.
  public var scores: [Double]
  /// Whether a token is on the hidden side.
  public var isObject: [Bool]
  /// Whether similarities below zero were left out of its graph; see ``NormalizedCut/isClipped``.
  public var isClipped: Bool

  /// - Precondition: as many flags as scores.
  public init(scores: [Double], isObject: [Bool], isClipped: Bool = false) {
    precondition(scores.count == isObject.count, "Relevance: \(scores.count) scores, \(isObject.count) flags")
    self.scores = scores
    self.isObject = isObject
    self.isClipped = isClipped
  }

  /// Numbers by falling score; of equal ones the lower first.
  public static func order(_ scores: [Double]) -> [Int] {
    scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  }
}

/// What a guide tells a masking about one sample.
public struct MaskGuidance: Hashable, Sendable {
  /// ``Relevance/scores``; nil when nothing was found in the sample.
  public var scores: [Double]?
  /// Share of the run since the switch that is done, 0…1.
  public var progress: Double

  /// What a guide found in one sample, and when.
  public init(scores: [Double]?, progress: Double = 0) {
    self.scores = scores
    self.progress = progress
  }
}
