import MAECore

/// How much each token belongs to the object of a picture.
public struct Relevance: Hashable, Sendable {
  /// Cosine with the mean of the object's tokens; one per token, or one per place where all time slots are alike.
  public var scores: [Double]
  /// Whether a token is on the object's side of the cut.
  public var isObject: [Bool]

  /// - Precondition: as many flags as scores.
  public init(scores: [Double], isObject: [Bool]) {
    precondition(scores.count == isObject.count, "Relevance: \(scores.count) scores, \(isObject.count) flags")
    self.scores = scores
    self.isObject = isObject
  }

  /// Numbers by falling score; of equal ones the lower first.
  public var order: [Int] {
    scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  }
}

/// What a guide tells a masking about one sample.
public struct MaskGuidance: Hashable, Sendable {
  /// Nil when the sample could not be cut in two.
  public var relevance: Relevance?
  /// Share of the run since the switch that is done, 0…1.
  public var progress: Double

  /// What a guide found in one sample, and when.
  public init(relevance: Relevance?, progress: Double = 0) {
    self.relevance = relevance
    self.progress = progress
  }
}

/// A masking that wants to know how a sample's tokens relate to each other.
///
/// Without ``MaskContext/guidance`` it hides at random.
public protocol GuidedMasking: MaskingStrategy {
  var guide: GuideConfiguration { get }

  /// Finds the object of a sample; nil when its graph has no two parts worth the name.
  func relevance(of features: TokenFeatures, in grid: TokenGrid) -> Relevance?
}
