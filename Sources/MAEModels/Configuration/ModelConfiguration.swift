import MAECore

/// Everything that determines a model's parameters and what it computes.
///
/// Methods differ in these values; what is computed with them is the method's ``Objective``.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// Decides what is computed and how parameters start.
  public var method: Method
  /// The pixels that the model takes.
  public var input: InputConfiguration
  /// What is reused after pretraining.
  public var encoder: EncoderConfiguration
  /// Nil for masked image modelling, whose head is one linear map.
  public var decoder: DecoderConfiguration?
  /// What is hidden.
  public var masking: MaskingConfiguration
  /// What predictions are compared with.
  public var target: TargetConfiguration
  /// Weight of the uniformity term on class-token features (U-MAE); 0 = none.
  public var uniformityWeight: Double
  /// What the encoder is fine-tuned as; nil = the model is one that is pretrained.
  public var classifier: ClassifierConfiguration?
  /// Settings that an objective brings along, by ``Objective/options``; nil = none is given.
  public var options: [String: SettingValue]?

  /// A value for every setting; those with a default may be left out.
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

  /// What is computed: the classifier where there is one, else what the method pretrains.
  public var objective: any Objective.Type { classifier == nil ? method.objective : Classifier.self }

  /// The value of an option of the objective.
  public subscript(_ option: OptionDefinition) -> SettingValue { option.value(in: options) }

  /// What chooses the hidden tokens; nil where the objective hides none.
  ///
  /// - Throws: ``MaskingError``; see ``MaskingConfiguration/strategy(for:patch:)``.
  public func maskingStrategy() throws(MaskingError) -> (any MaskingStrategy)? {
    guard objective.usesMasks else { return nil }
    var masking = masking
    masking.views = input.viewCount
    return try masking.strategy(for: grid, patch: input.patch)
  }

  /// Tokens of one sample; for a pair of frames, of one frame. Views of one time are time slots one after the other.
  public var grid: TokenGrid {
    TokenGrid(
      time: input.pictures / input.tubelet, height: input.size.height / input.patch, width: input.size.width / input.patch)
  }

  /// Rows of a sample in the decoder that stand before those of the patches.
  public var decoderClassRows: Int {
    guard let decoder else { return 0 }
    return switch decoder.classToken {
    case .none: 0
    case .own: 1
    case .fromEncoder: encoder.classRows
    }
  }

  /// Frames of a sample.
  public var sampleFrames: Int { objective.sampleFrames(of: self) }

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
    require(input.patch > 0, "--patch-size is \(input.patch); expected at least 1")
    require(input.tubelet > 0, "--tubelet-size is \(input.tubelet); expected at least 1")
    require(input.frames > 0, "--num-frames is \(input.frames); expected at least 1")
    require(input.size.width > 0 && input.size.height > 0, "--input-size is \(input.size); expected at least one patch")
    guard problems.isEmpty else { return problems }
    require(
      input.size.width % input.patch == 0 && input.size.height % input.patch == 0,
      "--patch-size \(input.patch) does not divide --input-size \(input.size); choose a multiple of \(input.patch)")
    require(
      input.frames % input.tubelet == 0,
      "--tubelet-size \(input.tubelet) does not divide --num-frames \(input.frames); choose a multiple of \(input.tubelet)")
    problems += encoder.blocks.problems(
      of: "encoder", fixedPlane: [.plane, .learnedPlane, .views].contains(encoder.positions))
    if input.touch != nil, encoder.positions != .senses {
      problems.append("model.input.touch needs mwm-tactile, whose positions tell the senses apart")
    }
    if let vector = input.vector {
      require(
        method.objective == TouchWorldModel.self && encoder.positions == .senses,
        "--vector needs mwm-tactile, in which a token can be of something else than pixels")
      require(
        !vector.name.isEmpty && (1...VectorInput.limit).contains(vector.count),
        "--vector is \(vector); expected a name and a length of 1 to \(VectorInput.limit), as state:7")
    }
    if encoder.stem == .conv { problems += ConvolutionalStem.problems(of: self) }
    problems += viewProblems
    if let decoder {
      problems += decoder.blocks.problems(of: "decoder", fixedPlane: [.plane, .views].contains(decoder.positions))
      require(
        decoder.classToken != .fromEncoder || encoder.classToken,
        "decoder: it expects a class token from an encoder that has none")
    }
    problems += objective.problems(of: self)
    problems += OptionDefinition.problems(
      with: options, of: objective.options, group: "model.options", owner: "\(method)")
    if let dropout = decoder?.cross?.dropout {
      require((0..<1).contains(dropout), "decoder: dropout is \(dropout); expected at least 0 and less than 1")
    }
    let dropPath = encoder.dropPath ?? 0
    require((0..<1).contains(dropPath), "encoder: drop-path is \(dropPath); expected at least 0 and less than 1")
    require(encoder.classTokenCount ?? 1 >= 1, "encoder: \(encoder.classTokenCount ?? 1) class tokens; expected at least 1")
    require(
      uniformityWeight == 0 || encoder.classRows == 1,
      "--uniformity-weight needs one class token; the encoder has \(encoder.classRows)")
    require(
      !encoder.relativePositionBias || encoder.classRows < 2,
      "encoder: a relative position bias goes with one class token at most; there are \(encoder.classRows)")
    require(
      !encoder.relativePositionBias || method.names.official != .simmim || encoder.blocks.attentionBias == .queryAndValue,
      "encoder: a relative position bias of \(method) goes with attention-bias queryAndValue, as in its public code, under "
        + "whose names it is stored")
    require(
      input.mean.count == input.channels.count && input.deviation.count == input.channels.count,
      "--mean and --std have \(input.mean.count) and \(input.deviation.count) values for \(input.channels.count) channels")
    require(input.deviation.allSatisfy { $0 > 0 }, "--std has a value that is not positive")
    if let predicted = target.predictedFrames {
      require(
        (1...input.frames).contains(predicted) && (predicted * input.tubelet) % input.frames == 0,
        "--pred-t-dim \(predicted) times --tubelet-size \(input.tubelet) is not a multiple of --num-frames \(input.frames)")
    }
    return problems + masking.keptProblems + masking.kind.type.problems(in: self)
  }

  /// What is impossible about several cameras.
  private var viewProblems: [String] {
    guard let views = input.views else { return [] }
    var problems: [String] = []
    if views.isEmpty || Set(views).count < views.count {
      problems.append("--views is \(views.joined(separator: ",")); expected names of cameras, each once")
    }
    if input.tubelet != 1 { problems.append("--views goes with --tubelet-size 1: a token is of one camera and one frame") }
    if encoder.positions != .views {
      problems.append("--views needs model.encoder.positions: views, which tells cameras and frames apart (mwm-multiview has it)")
    }
    return problems
  }

  /// Under which public names weights of this model are known: none where its tokens are not those of the method's paper.
  public var names: CheckpointNames { encoder.stem == .conv ? .own : method.names }
}

/// The pixels that a model takes.
public struct InputConfiguration: Codable, Hashable, Sendable {
  /// Width and height in pixels.
  public var size: FrameSize
  /// Grey, colour, or colour with alpha.
  public var channels: PixelChannels
  /// Frames of a clip; 1 for stills and for each frame of a pair.
  public var frames: Int
  /// Side of a square patch, in pixels.
  public var patch: Int
  /// Frames of a token.
  public var tubelet: Int
  /// Names of the cameras that show a sample, in the order of its pictures: those of the first time, then those of the next;
  /// nil = one without a name.
  public var views: [String]?
  /// Touch beside the picture; nil = none. Its maps are pictures too: the frames of the image come first, then those of each
  /// sensor.
  public var touch: TouchConfiguration?
  /// A plain vector beside the picture, which is one token; nil = none.
  public var vector: VectorInput?
  /// Per channel, of pixels scaled to 0…1.
  public var mean: [Float]
  /// Per channel, of pixels scaled to 0…1.
  public var deviation: [Float]

  /// A value for every setting; those with a default may be left out.
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

  /// Cameras that show a sample.
  public var viewCount: Int { max(1, views?.count ?? 1) }
  /// Sensors of touch.
  public var sensors: Int { touch?.sensors ?? 0 }
  /// Pictures of a sample: frames of every camera and every sensor of touch.
  public var pictures: Int { frames * viewCount * (1 + max(0, sensors)) }

  /// Of ImageNet, for red, green and blue.
  public static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
  /// Of ImageNet, for red, green and blue.
  public static let imageNetDeviation: [Float] = [0.229, 0.224, 0.225]
}

/// Maps of touch beside a picture: three numbers, forces along x, y and z, at every place of a sensor.
///
/// A map has as many tokens as the picture. It is stored as a picture of the same size, each of its values repeated over a
/// square.
public struct TouchConfiguration: Codable, Hashable, Sendable {
  /// Sensors, each with a map of its own; 0 where a vector stands beside the picture alone.
  public var sensors: Int
  /// Side of a token's part of a map, in values of the sensor.
  public var patch: Int

  /// Sensors, and the side of a token's part of their maps.
  public init(sensors: Int, patch: Int) { (self.sensors, self.patch) = (sensors, patch) }
}
