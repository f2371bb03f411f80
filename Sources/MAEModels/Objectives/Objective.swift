import MAECore
import MAEEngine

/// What a model is pretrained for: a batch in, a loss out.
///
/// Most objectives hide tokens and predict pixels; one that does neither, such as a classifier, is as welcome.
public protocol Objective: Sendable {
  /// Declares the parameters.
  ///
  /// - Precondition: the configuration has no ``problems(of:)``.
  init(_ configuration: ModelConfiguration, in scope: ParameterScope)

  /// What is impossible about a configuration, one sentence each.
  static func problems(of model: ModelConfiguration) -> [String]
  /// Settings that some objectives read and others do not, as far as this one reads them; the others have no effect on it.
  static var reads: Set<PartialKeyPath<ModelConfiguration>> { get }
  /// Settings of its own, in ``ModelConfiguration/options``.
  static var options: [OptionDefinition] { get }
  /// Whether tokens are hidden; if not, batches have no masks.
  static var usesMasks: Bool { get }
  /// Frames of a sample.
  static func sampleFrames(of model: ModelConfiguration) -> Int
  /// Where in a sample the clip starts whose tokens are hidden.
  static var encodedFrame: Int { get }
  /// Which frames of a sample have predictions, ascending.
  static func predictedFrames(of model: ModelConfiguration) -> [Int]
  /// What predicts hidden tokens.
  static var decoderAttention: DecoderAttention { get }

  /// What is reused after pretraining.
  var encoder: VisionTransformer { get }

  /// What training minimises.
  ///
  /// A pass that records may compute parts of the loss forward and backward at once, which takes less memory: gradients of
  /// parameters are then added to while this runs, and the rest by ``Tape/backward(from:)``.
  func loss(of batch: Batch, in pass: Pass) -> Loss

  /// The same with the pixels that are predicted, for pictures and comparisons; nil for an objective that predicts none.
  func prediction(of batch: Batch, in pass: Pass) -> Prediction?
}

extension Objective {
  /// None.
  public static var options: [OptionDefinition] { [] }
  /// Tokens are hidden.
  public static var usesMasks: Bool { true }
  /// Those of the clip, of every camera.
  public static func sampleFrames(of model: ModelConfiguration) -> Int { model.input.pictures }
  /// At the first frame.
  public static var encodedFrame: Int { 0 }
  /// Those that the target names.
  public static func predictedFrames(of model: ModelConfiguration) -> [Int] {
    PixelTarget(model).frames.map { encodedFrame + Int($0) }
  }

  /// None.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? { nil }
}

/// What the decoder of a model attends.
public enum DecoderAttention: Hashable, Sendable {
  /// Visible tokens and mask tokens, in one sequence.
  case ownTokens
  /// Another frame besides.
  case otherFrame
  /// Features of the encoder, and nothing else.
  case features
  /// Visible tokens, mask tokens and tokens of rewards, in one sequence.
  case rewards
  /// Tokens of several senses, in one sequence.
  case senses
  /// There is no decoder.
  case none
}
