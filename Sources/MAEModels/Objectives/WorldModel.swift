import Foundation
import MAECore
import MAEEngine

/// Encodes the visible tokens of one or several cameras and predicts the pixels of all and the rewards of the frames: the
/// representation part of Masked World Models (Seo et al. 2022 and 2023).
///
///     loss = mean (pixels − predicted)² + weight · mean (symlog reward − predicted)²
///
/// Hidden are the tokens behind the stem; with a convolutional one they have seen their neighbours, so the error of every patch
/// counts. Samples without a reward count in the first part alone.
public struct WorldModel: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let decoder: WorldModelDecoder
  private let target: PixelTarget
  private let isOverAll: Bool
  private let rewardWeight: Float
  private let frames: Int

  /// Tokens of rewards stand beside those of the patches.
  public static let decoderAttention = DecoderAttention.rewards

  /// Whether rewards are predicted.
  public static let predictsRewards = OptionDefinition(
    "reward", default: .truth(true), help: "Whether the reward of each frame is predicted, too.")
  /// What rewards are predicted from.
  public static let rewardReads = OptionDefinition(
    "reward-reads", default: .text("token"),
    help: "What the reward is predicted from: token, its own, or last-patch, as the public code of MWM does."
  ) { ["token", "last-patch"].contains($0.text) ? nil : "expected token or last-patch" }
  /// Weight of the rewards' error.
  public static let rewardLossWeight = OptionDefinition(
    "reward-weight", default: .number(1), help: "Weight of the error of the reward beside that of the pixels."
  ) { $0.number.map { $0 >= 0 && $0.isFinite } == true ? nil : "expected at least 0" }
  /// Which patches count.
  public static let lossOver = LossScope.option(default: .all)
  /// Whether cameras are not told apart.
  public static let sharesViewEmbedding = OptionDefinition(
    "shared-view-embedding", default: .truth(false),
    help: "Whether all cameras have one embedding, as where their places are drawn anew in each episode.")
  /// What it brings along.
  public static let options = [predictsRewards, rewardReads, rewardLossWeight, lossOver, sharesViewEmbedding]

  /// Whether the decoder is the right one, and rewards have a place.
  public static func problems(of model: ModelConfiguration) -> [String] {
    guard let decoder = model.decoder, decoder.cross == nil else { return ["\(model.method) needs a decoder of one clip"] }
    var problems: [String] = []
    if model.encoder.classRows != 1 || decoder.classToken != .fromEncoder {
      problems.append("\(model.method) needs one class token, which goes on from encoder to decoder")
    }
    if ![.plane, .views].contains(decoder.positions) {
      problems.append("\(model.method): positions of the decoder are \(decoder.positions); expected plane or views")
    }
    if model.input.tubelet != 1 { problems.append("\(model.method) has a reward for each frame: --tubelet-size must be 1") }
    if model.input.pictures > 1, decoder.positions != .views || model.encoder.positions != .views {
      problems.append(
        "\(model.method) of several frames or cameras needs positions: views in encoder and decoder (mwm-multiview)")
    }
    if model.input.frames > 1, model[rewardReads].text == "last-patch", model[predictsRewards].truth == true {
      problems.append("model.options.reward-reads last-patch is of one frame; a clip of \(model.input.frames) needs token")
    }
    return problems
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [\.decoder, \.masking, \.target.normalization, \.target.values, \.target.loss]
  }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    guard let decoder = configuration.decoder else { preconditionFailure("WorldModel: there is no decoder") }
    frames = configuration.input.frames
    let reading: RewardReading
    if configuration[Self.predictsRewards].truth != true {
      reading = .none
    } else {
      reading = configuration[Self.rewardReads].text == "last-patch" ? .lastPatch : .token(frames: frames)
    }
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    self.decoder = WorldModelDecoder(configuration, decoder, reading, in: scope["decoder"])
    target = PixelTarget(configuration)
    isOverAll = LossScope.isOverAll(Self.lossOver, of: configuration)
    rewardWeight = Float(configuration[Self.rewardLossWeight].number ?? 1)
  }

  /// The reconstruction error, and that of the rewards where samples have them.
  public func loss(of batch: Batch, in pass: Pass) -> Loss {
    let x = decoded(batch, in: pass).rows
    // First on the tape, so that gradients are added up in one order whether pixels are predicted in parts or whole.
    let reward = rewardError(of: decoder.rewards(of: x, samples: batch.masks.count), in: batch)
    let scored = isOverAll ? batch.predictingAll : batch
    return loss(target.loss(of: predicted(scored.masks.map(\.hidden), in: x), in: scored), reward)
  }

  /// The pixels of the hidden tokens and the rewards.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let (latents, x) = decoded(batch, in: pass)
    let rewards = decoder.rewards(of: x, samples: batch.masks.count)
    let reward = rewardError(of: rewards, in: batch)
    let scored = isOverAll ? batch.predictingAll : batch
    var prediction = target.prediction(of: predicted(scored.masks.map(\.hidden), in: x), latents, in: scored)
    prediction.loss = loss(prediction.loss.total, reward)
    prediction.rewards = rewards?.tensor
    return isOverAll ? prediction.ofHiddenTokens(batch.masks) : prediction
  }

  /// The values of every token, `[samples · tokens, values]`, and the symlog of the rewards.
  package func predictions(of batch: Batch, in pass: Pass) -> (values: Variable, rewards: Variable?) {
    let x = decoded(batch, in: pass).rows
    let all = predicted(batch.predictingAll.masks.map(\.hidden), in: x)
    return (all.predict(all.inputs), decoder.rewards(of: x, samples: batch.masks.count))
  }

  private func decoded(_ batch: Batch, in pass: Pass) -> (latents: Variable, rows: Variable) {
    let latents = encoder(batch.pixels, EncoderTokens(visible: batch.visible), in: pass, probe: pass.probes["encoder"])
    return (latents, decoder(latents, masks: batch.masks, in: pass))
  }

  private func predicted(_ tokens: [[Int32]], in x: Variable) -> PredictedRows {
    let decoder = decoder
    return PredictedRows(x.rows(decoder.rows(of: tokens, in: x))) { decoder.values(of: $0) }
  }

  private func loss(_ reconstruction: Variable, _ reward: Variable?) -> Loss {
    var loss = Loss(reconstruction: reconstruction)
    guard let reward else { return loss }
    loss.parts.append((name: "reward", value: Double(reward.tensor.scalar)))
    loss.total = loss.total.adding(reward, weight: rewardWeight)
    return loss
  }

  /// Over the frames that have a reward; nil where none has.
  private func rewardError(of predicted: Variable?, in batch: Batch) -> Variable? {
    guard let predicted, !batch.samples.isEmpty else { return nil }
    let known = batch.samples.enumerated().flatMap { sample, origin in
      origin.rewards(ofFrames: frames).enumerated().compactMap { frame, reward in
        reward.map { (row: Int32(sample * frames + frame), value: Float(Symlog.of($0))) }
      }
    }
    guard !known.isEmpty else { return nil }
    let rows = known.count == predicted.rows ? predicted : predicted.rows(known.map(\.row))
    return rows.pixelLoss(
      predicted.tape.kernels.tensor(known.map(\.value), [known.count, 1]), .squared, divisor: Double(known.count))
  }
}

/// The logarithm of a number's size with its sign: sign(x) · ln(1 + |x|), by which large rewards and small ones weigh alike
/// (Hafner et al. 2023).
public enum Symlog {
  /// sign(x) · ln(1 + |x|)
  public static func of(_ x: Double) -> Double { x < 0 ? -log1p(-x) : log1p(x) }
  /// What ``of(_:)`` was made of: sign(y) · (e^|y| − 1).
  public static func inverse(_ y: Double) -> Double { y < 0 ? -expm1(-y) : expm1(y) }
}

extension Sample {
  /// The reward of each frame as far as it is known: the numbers `reward 0`, `reward 1` …, or `reward` of one frame.
  public func rewards(ofFrames count: Int) -> [Double?] {
    (0..<count).map { numbers?["reward \($0)"] ?? (count == 1 ? numbers?["reward"] : nil) }
  }
}
