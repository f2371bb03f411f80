import MAECore

/// Everything that determines a model's parameters and what it computes.
///
/// Methods differ in these values; ``Method/graph`` names the few that differ in code.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  public var method: Method
  public var input: InputConfiguration
  public var encoder: EncoderConfiguration
  /// Nil for masked image modelling, whose head is one linear map.
  public var decoder: DecoderConfiguration?
  public var masking: MaskingConfiguration
  public var target: TargetConfiguration
  /// Weight of the uniformity term on class-token features (U-MAE); 0 = none.
  public var uniformityWeight: Double

  public init(
    method: Method, input: InputConfiguration, encoder: EncoderConfiguration, decoder: DecoderConfiguration?,
    masking: MaskingConfiguration, target: TargetConfiguration, uniformityWeight: Double = 0
  ) {
    self.method = method
    self.input = input
    self.encoder = encoder
    self.decoder = decoder
    self.masking = masking
    self.target = target
    self.uniformityWeight = uniformityWeight
  }

  /// Tokens of one sample; for a pair of frames, of one frame.
  public var grid: TokenGrid {
    TokenGrid(
      time: input.frames / input.tubelet, height: input.size.height / input.patch, width: input.size.width / input.patch)
  }

  /// Target frames per time slot.
  public var predictedFramesPerSlot: Int {
    guard let predicted = target.predictedFrames else { return input.tubelet }
    return predicted * input.tubelet / input.frames
  }

  /// Values that the head predicts for one token: frames · patch² · channels.
  public var predictionWidth: Int { predictedFramesPerSlot * input.patch * input.patch * input.channels.count }

  /// Values of one token that enter the patch embedding: channels · tubelet · patch².
  public var patchWidth: Int { input.channels.count * input.tubelet * input.patch * input.patch }

  /// What is impossible about the values, one sentence each; empty when the model can be built.
  public var problems: [String] {
    var problems: [String] = []
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) { if !condition { problems.append(problem()) } }
    require(input.patch > 0, "patch-size is \(input.patch); expected at least 1")
    require(input.tubelet > 0, "tubelet-size is \(input.tubelet); expected at least 1")
    require(input.frames > 0, "num-frames is \(input.frames); expected at least 1")
    require(input.size.width > 0 && input.size.height > 0, "input-size is \(input.size); expected at least one patch")
    guard problems.isEmpty else { return problems }
    require(
      input.size.width % input.patch == 0 && input.size.height % input.patch == 0,
      "patch-size \(input.patch) does not divide input-size \(input.size); choose a multiple of \(input.patch)")
    require(
      input.frames % input.tubelet == 0,
      "tubelet-size \(input.tubelet) does not divide num-frames \(input.frames); choose a multiple of \(input.tubelet)")
    problems += encoder.blocks.problems(of: "encoder", fixedPlane: encoder.positions == .plane)
    if let decoder {
      problems += decoder.blocks.problems(of: "decoder", fixedPlane: decoder.positions == .plane)
      require(
        decoder.classToken != .fromEncoder || encoder.classToken,
        "decoder: it expects a class token from an encoder that has none")
    }
    switch method.graph {
    case .maskedAutoencoder: require(decoder != nil && decoder?.cross == nil, "\(method.rawValue) needs a decoder of one clip")
    case .siamese: require(decoder?.cross != nil, "\(method.rawValue) needs a decoder that attends another frame")
    case .maskedImageModelling: require(decoder == nil, "\(method.rawValue) has no decoder")
    }
    if let dropout = decoder?.cross?.dropout {
      require((0..<1).contains(dropout), "decoder: dropout is \(dropout); expected at least 0 and less than 1")
    }
    require(uniformityWeight == 0 || encoder.classToken, "uniformity-weight needs a class token, which the encoder has not")
    require(
      input.mean.count == input.channels.count && input.deviation.count == input.channels.count,
      "mean and std have \(input.mean.count) and \(input.deviation.count) values for \(input.channels.count) channels")
    require(input.deviation.allSatisfy { $0 > 0 }, "std has a value that is not positive")
    if let predicted = target.predictedFrames {
      require(
        (1...input.frames).contains(predicted) && (predicted * input.tubelet) % input.frames == 0,
        "pred-t-dim \(predicted) times tubelet-size \(input.tubelet) is not a multiple of num-frames \(input.frames)")
    }
    if masking.kind == SelfGuidedMasking.kind { problems += (masking.guide ?? GuideConfiguration()).problems(in: self) }
    return problems
  }
}

/// The pixels that a model takes.
public struct InputConfiguration: Codable, Hashable, Sendable {
  public var size: FrameSize
  public var channels: PixelChannels
  /// Frames of a clip; 1 for stills and for each frame of a pair.
  public var frames: Int
  /// Side of a square patch, in pixels.
  public var patch: Int
  /// Frames of a token.
  public var tubelet: Int
  /// Per channel, of pixels scaled to 0…1.
  public var mean: [Float]
  public var deviation: [Float]

  public init(
    size: FrameSize, channels: PixelChannels = .rgb, frames: Int = 1, patch: Int = 16, tubelet: Int = 1,
    mean: [Float] = Self.imageNetMean, deviation: [Float] = Self.imageNetDeviation
  ) {
    self.size = size
    self.channels = channels
    self.frames = frames
    self.patch = patch
    self.tubelet = tubelet
    self.mean = mean
    self.deviation = deviation
  }

  public static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
  public static let imageNetDeviation: [Float] = [0.229, 0.224, 0.225]
}

/// Sizes of a stack of transformer blocks.
public struct BlockConfiguration: Codable, Hashable, Sendable {
  public var width: Int
  public var depth: Int
  public var heads: Int
  /// Hidden width of the feed-forward part; 4 × width unless given.
  public var feedForwardWidth: Int
  public var attentionBias: AttentionBias
  public var normEpsilon: Float
  /// Initial value of a learned factor per channel on each branch (LayerScale); nil = none.
  public var layerScale: Float?

  public init(
    width: Int, depth: Int, heads: Int, feedForwardWidth: Int? = nil, attentionBias: AttentionBias = .all,
    normEpsilon: Float = 1e-6, layerScale: Float? = nil
  ) {
    self.width = width
    self.depth = depth
    self.heads = heads
    self.feedForwardWidth = feedForwardWidth ?? 4 * width
    self.attentionBias = attentionBias
    self.normEpsilon = normEpsilon
    self.layerScale = layerScale
  }

  /// Width of one head.
  public var headWidth: Int { width / heads }

  fileprivate func problems(of stack: String, fixedPlane: Bool) -> [String] {
    var problems: [String] = []
    for (name, value) in [("width", width), ("depth", depth), ("heads", heads), ("feed-forward width", feedForwardWidth)]
    where value < 1 { problems.append("\(stack): \(name) is \(value); expected at least 1") }
    guard problems.isEmpty else { return problems }
    if width % heads != 0 { problems.append("\(stack): \(heads) heads do not divide the width \(width)") }
    if fixedPlane && width % 4 != 0 { problems.append("\(stack): width \(width) is not a multiple of 4") }
    return problems
  }
}

/// Which of query, key and value have a bias.
public enum AttentionBias: String, Codable, Hashable, Sendable {
  case all
  /// The key bias is fixed at zero (VideoMAE, SimMIM).
  case queryAndValue
}

/// How tokens learn where they are.
public enum PositionKind: String, Codable, Hashable, Sendable {
  /// Fixed sine and cosine of column and row, stored with the weights (MAE).
  case plane
  /// Fixed interleaved sine and cosine of the token number, not stored (VideoMAE).
  case sequence
  /// One learned table over all tokens.
  case learned
  /// Learned tables over space and time, added (MAE-ST).
  case separable
  case none
}

public struct EncoderConfiguration: Codable, Hashable, Sendable {
  public var blocks: BlockConfiguration
  public var positions: PositionKind
  public var classToken: Bool
  /// Whether a layer norm follows the last block.
  public var finalNorm: Bool
  /// Learned bias on attention scores by relative position, shared by all blocks (SimMIM's published ViT).
  public var relativePositionBias: Bool

  public init(
    blocks: BlockConfiguration, positions: PositionKind, classToken: Bool, finalNorm: Bool = true,
    relativePositionBias: Bool = false
  ) {
    self.blocks = blocks
    self.positions = positions
    self.classToken = classToken
    self.finalNorm = finalNorm
    self.relativePositionBias = relativePositionBias
  }
}

public struct DecoderConfiguration: Codable, Hashable, Sendable {
  public var blocks: BlockConfiguration
  public var positions: PositionKind
  public var classToken: DecoderClassToken
  /// Whether the map from encoder to decoder width has a bias (VideoMAE: no).
  public var embedBias: Bool
  /// Of the norm after the last block; transformers' VideoMAE has 1e-5 here whatever the configuration says.
  public var finalNormEpsilon: Float
  /// Present when the decoder attends another frame (SiamMAE).
  public var cross: CrossDecoding?

  public init(
    blocks: BlockConfiguration, positions: PositionKind, classToken: DecoderClassToken, embedBias: Bool = true,
    finalNormEpsilon: Float = 1e-6, cross: CrossDecoding? = nil
  ) {
    self.blocks = blocks
    self.positions = positions
    self.classToken = classToken
    self.embedBias = embedBias
    self.finalNormEpsilon = finalNormEpsilon
    self.cross = cross
  }
}

public enum DecoderClassToken: String, Codable, Hashable, Sendable {
  case none
  /// The encoder's class token goes on through the decoder (MAE).
  case fromEncoder
  /// The encoder's is dropped and a learned one takes its place (MAE-ST).
  case own
}

/// Blocks that attend another frame (Gupta et al. 2023, section 3; order and norm of the public implementation by default).
public struct CrossDecoding: Codable, Hashable, Sendable {
  public enum Order: String, Codable, Hashable, Sendable, CaseIterable {
    case crossMLPSelf = "cross-mlp-self"
    case crossSelfMLP = "cross-self-mlp"
  }

  public var order: Order
  /// Whether the norm stands before each branch instead of after the sum.
  public var normFirst: Bool
  /// Share of attention's probabilities, hidden values and branch outputs that training sets to zero.
  public var dropout: Float
  /// Whether the first frame's tokens get decoder positions as well.
  public var memoryPositions: Bool

  public init(order: Order = .crossMLPSelf, normFirst: Bool = false, dropout: Float = 0, memoryPositions: Bool = false) {
    self.order = order
    self.normFirst = normFirst
    self.dropout = dropout
    self.memoryPositions = memoryPositions
  }
}

/// Which masking hides how many tokens.
public struct MaskingConfiguration: Codable, Hashable, Sendable {
  /// A name of the masking catalogue: random, tube, frame, block, grid …
  public var kind: String
  /// Hidden share of the tokens, 0 ..< 1.
  public var ratio: Double
  public var rounding: RatioRounding
  /// Share of the tokens that the decoder is not asked for (Wang et al. 2023, VideoMAE V2); nil = it is asked for every
  /// hidden token. Only training does this.
  public var decoderRatio: Double?
  /// The masking that chooses them.
  public var decoderKind = "cell"
  /// Of masking 'given': one character per token, 1 = hidden; for the grid or for one time slot of it.
  public var masks: [String]?
  /// Of masking 'self-guided'.
  public var guide: GuideConfiguration?

  public init(
    kind: String, ratio: Double, rounding: RatioRounding = .visibleDown, decoderRatio: Double? = nil,
    guide: GuideConfiguration? = nil
  ) {
    self.kind = kind
    self.ratio = ratio
    self.rounding = rounding
    self.decoderRatio = decoderRatio
    self.guide = guide
  }
}

/// How a ratio becomes a count; public implementations differ, and counts must agree with theirs.
public enum RatioRounding: Codable, Hashable, Sendable {
  /// visible = ⌊n · (1 − ratio)⌋ (MAE and its relatives).
  case visibleDown
  /// hidden = ⌊ratio · n⌋ (VideoMAE, per plane).
  case hiddenDown
  /// hidden = ⌈ratio · n⌉ over square units of `unit` pixels (SimMIM).
  case hiddenUp(unit: Int)

  /// Visible tokens (or units) among `count`, in double precision as the public implementations compute it.
  public func visible(of count: Int, ratio: Double) -> Int {
    switch self {
    case .visibleDown: Int(Double(count) * (1 - ratio))
    case .hiddenDown: count - Int(ratio * Double(count))
    case .hiddenUp: count - Int((Double(count) * ratio).rounded(.up))
    }
  }
}

/// What hidden tokens are compared with.
public struct TargetConfiguration: Codable, Hashable, Sendable {
  public enum Normalization: String, Codable, Hashable, Sendable {
    case none
    /// All values of a token jointly: (v − μ) / √(σ² + 1e-6) (MAE).
    case perPatch
    /// Each channel of a token: (v − μ) / (σ + 1e-6) (VideoMAE).
    case perChannel
  }

  public enum Values: String, Codable, Hashable, Sendable {
    /// Pixels less mean, divided by deviation, as the encoder sees them (MAE).
    case standardised
    /// Pixels from 0 to 1 (VideoMAE).
    case unit
  }

  public enum Loss: String, Codable, Hashable, Sendable {
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
