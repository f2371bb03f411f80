import Foundation
import MAECore
import MAEModels

/// Finds a model's values from the shapes of its weights, where no configuration lies beside them.
struct ConfigurationInference {
  let weights: StateDictionary
  let method: Method
  /// Shape of the patch embedding in the file.
  let kernel: [Int]
  let attentionBias: AttentionBias
  let file: String
  /// What was assumed because weights do not tell, one sentence each.
  private(set) var assumptions: [String] = []
  /// Stacks whose number of heads nothing tells (`encoder`, `decoder`); they are given one.
  private(set) var undecided: Set<String> = []
  /// Whether nothing told how targets were normalised.
  private(set) var assumesNormalization = false

  init(_ translated: TranslatedWeights, _ dialect: Dialect, file: String) {
    weights = translated.weights
    kernel = translated.kernel
    attentionBias = dialect.attentionBias
    self.file = file
    let hasMonitor = translated.ignored.contains { $0.name == "fc.weight" }
    // Pixio's names are MAE's; it has several class tokens.
    let hasSeveral = (translated.weights["encoder.cls_token"]?.shape.dropFirst().first ?? 1) > 1
    method = dialect.method != .mae ? dialect.method : hasSeveral ? .pixio : hasMonitor ? .uMAE : .mae
  }

  mutating func configuration() throws(CheckpointError) -> ModelConfiguration {
    let blocks = try encoderBlocks()
    let size = ModelSize.allCases.first { $0.encoder.width == blocks.width } ?? .base
    var model = method.model(size)
    model.encoder.blocks = blocks
    model.encoder.classToken = has("encoder.cls_token")
    model.encoder.classTokenCount = classRows > 1 ? classRows : nil
    model.encoder.finalNorm = has("encoder.norm.weight")
    model.encoder.relativePositionBias = has("encoder.rel_pos_bias.relative_position_bias_table")
    try input(&model)
    model.encoder.positions = positions("encoder", model)
    if model.decoder != nil, has("decoder.pred.weight") || has("decoder.embed.weight") {
      try decoder(&model)
    } else if model.decoder != nil {
      assumptions.append("The decoder is that of the published size, because the file holds none.")
    }
    if let ratio = weights.setting("mask_ratio").flatMap(Double.init), ratio > 0, ratio < 1 { model.masking.ratio = ratio }
    pixelNormalization(&model)
    if model.masking.fitUnits(to: model.grid) {
      assumptions.append("Smaller blocks are hidden than the method's, which do not fit the grid.")
    }
    return model
  }

  /// Whether targets were normalised per patch, where the file says so.
  static func pixelNormalization(_ notes: StateDictionary) -> Bool? {
    (notes.setting("norm_pix_loss") ?? notes.setting("normlize_target")).flatMap {
      $0 == "True" ? true : $0 == "False" ? false : nil
    }
  }

  // MARK: Parts

  private mutating func encoderBlocks() throws(CheckpointError) -> BlockConfiguration {
    let width = try rows("encoder.patch_embed.proj.weight")
    var blocks = BlockConfiguration(
      width: width, depth: try depth("encoder"), heads: try heads(width, method.publishedHeads, "encoder", "num_heads"),
      feedForwardWidth: try rows("encoder.blocks.0.mlp.fc1.weight"))
    blocks.attentionBias = attentionBias
    if has("encoder.blocks.0.gamma_1") { blocks.layerScale = 0.1 }
    return blocks
  }

  private mutating func decoder(_ model: inout ModelConfiguration) throws(CheckpointError) {
    guard var decoder = model.decoder else { return }
    let width = try columns("decoder.pred.weight")
    let published: [Int: Int] =
      method == .videomae ? [192: 3, 384: 6, 512: 8, 640: 8] : [192: 3, 256: 8, 512: 16, 1024: 16]
    decoder.blocks = BlockConfiguration(
      width: width, depth: try depth("decoder"), heads: try heads(width, published, "decoder", "decoder_num_heads"),
      feedForwardWidth: try rows("decoder.blocks.0.mlp.fc1.weight"), attentionBias: decoder.blocks.attentionBias)
    if has("decoder.embed.weight") { decoder.embedBias = has("decoder.embed.bias") }
    if let mixed = weights["decoder.mix.weight"], let count = mixed.shape.last {
      try features(count, &model)
    }
    decoder.finalNormEpsilon = decoder.blocks.normEpsilon
    if method == .maeST { decoder.classToken = has("decoder.cls_token") ? .own : .none }
    decoder.positions = positions("decoder", model)
    model.decoder = decoder
    let area = model.input.patch * model.input.patch * model.input.channels.count
    let predicted = try rows("decoder.pred.weight")
    guard predicted % area == 0, predicted > 0 else {
      throw .unusable(
        file, "predicts \(predicted) values per token, which is no multiple of a patch's \(area)", tensor: "decoder.pred")
    }
    let slots = model.input.frames / model.input.tubelet
    model.target.predictedFrames = predicted / area == model.input.tubelet ? nil : predicted / area * slots
  }

  /// Which features the decoder mixes: all blocks, with the encoder's input or without.
  private func features(_ count: Int, _ model: inout ModelConfiguration) throws(CheckpointError) {
    let depth = model.encoder.blocks.depth
    switch count {
    case depth + 1: break
    case depth: model.options = [CrossMaskedAutoencoder.featureInput.name: .truth(false)]
    default:
      throw .unusable(
        file, "mixes \(count) features of \(depth) encoder blocks, and does not say which; put a config.json of ours beside it",
        tensor: "decoder.mix.weight")
    }
  }

  private mutating func input(_ model: inout ModelConfiguration) throws(CheckpointError) {
    guard kernel.count == 4 || kernel.count == 5, kernel[kernel.count - 1] == kernel[kernel.count - 2],
      kernel.allSatisfy({ (1...65_536).contains($0) }), let channels = PixelChannels(rawValue: kernel[1])
    else { throw .unusable(file, "its patch embedding has the shape \(kernel), which no supported model has") }
    model.input.patch = kernel[kernel.count - 1]
    model.input.tubelet = kernel.count == 5 ? kernel[2] : 1
    if channels != model.input.channels {
      model.input.channels = channels
      model.input.mean = [Float](repeating: 0.5, count: channels.count)
      model.input.deviation = [Float](repeating: 0.5, count: channels.count)
      assumptions.append("Mean and deviation of the pixels are 0.5, because the file does not say.")
    }
    var slots = try timeSlots(model)
    if method == .maeST, weights.setting("num_frames") == nil, let table = weights["encoder.pos_embed"], table.shape.count == 3 {
      slots = squarePlaneSlots(rows: table.shape[1] - classRows, usual: slots)
      assumptions.append("The clip is taken to have \(slots * model.input.tubelet) frames, because the file does not say.")
    }
    model.input.frames = slots * model.input.tubelet
    guard let plane = try planeTokens(model, slots: slots) else {
      try inputSizeFromNotes(&model)
      return
    }
    let side = Int(Double(plane).squareRoot())
    if side * side == plane {
      model.input.size = FrameSize(square: side * model.input.patch)
    } else {
      try inputSizeFromNotes(&model)
      guard model.grid.plane == plane else {
        throw .unusable(file, "has \(plane) positions, which is not a square; put a config.json beside it that says the size")
      }
    }
  }

  private func timeSlots(_ model: ModelConfiguration) throws(CheckpointError) -> Int {
    if let table = weights["encoder.pos_embed_temporal"], table.shape.count == 3, table.shape[1] > 0 { return table.shape[1] }
    guard method.isForVideo, kernel.count == 5 else { return 1 }
    let frames = weights.setting("num_frames").flatMap { Int($0) } ?? model.input.frames
    guard frames > 0, frames <= 65_536, frames % model.input.tubelet == 0 else {
      throw .unusable(file, "says num_frames \(frames), which its tubelets of \(model.input.tubelet) frames do not divide")
    }
    return frames / model.input.tubelet
  }

  /// Time slots for which a joint table has a square plane, the usual number if possible.
  private func squarePlaneSlots(rows: Int, usual: Int) -> Int {
    ([usual] + (1...64)).first { slots in
      guard rows > 0, rows % slots == 0 else { return false }
      let side = Int(Double(rows / slots).squareRoot())
      return side * side * slots == rows
    } ?? usual
  }

  /// Positions in one time slot; nil when the file holds no table.
  private func planeTokens(_ model: ModelConfiguration, slots: Int) throws(CheckpointError) -> Int? {
    if let table = weights["encoder.pos_embed_spatial"], table.shape.count == 3 { return table.shape[1] }
    if let table = weights["encoder.pos_embed"], table.shape.count == 3 {
      let count = table.shape[1] - classRows
      guard count > 0, count % slots == 0 else {
        throw .unusable(file, "has \(count) rows, which are no whole number for \(slots) time slots", tensor: "encoder.pos_embed")
      }
      return count / slots
    }
    if let table = weights["encoder.rel_pos_bias.relative_position_bias_table"], let entries = table.shape.first, entries > 3 {
      let side = (Int(Double(entries - 3).squareRoot()) + 1) / 2
      return side * side
    }
    return nil
  }

  private mutating func inputSizeFromNotes(_ model: inout ModelConfiguration) throws(CheckpointError) {
    if let side = weights.setting("input_size").flatMap({ Int($0) }), side > 0, side <= 65_536, side % model.input.patch == 0 {
      model.input.size = FrameSize(square: side)
    } else {
      model.input.size = FrameSize(square: max(1, 224 / model.input.patch) * model.input.patch)
      assumptions.append("The input size is taken to be \(model.input.size), because the file does not say.")
    }
  }

  private func positions(_ stack: String, _ model: ModelConfiguration) -> PositionKind {
    if has("\(stack).pos_embed_spatial") { return .separable }
    if has("\(stack).pos_embed") { return [.simmim, .maeST, .pixio].contains(method) ? .learned : .plane }
    return method == .videomae ? .sequence : .none
  }

  private mutating func pixelNormalization(_ model: inout ModelConfiguration) {
    guard model.target.normalization != .none else { return }
    switch Self.pixelNormalization(weights) {
    case true?: break
    case false?: model.target.normalization = .none
    case nil:
      assumesNormalization = true
      assumptions.append("Targets are taken to be normalised per patch, as the method's recipe has it; the file does not say.")
    }
  }

  /// Weights do not tell the number of heads, unless each has its own position bias; a published width does.
  private mutating func heads(
    _ width: Int, _ published: [Int: Int], _ stack: String, _ key: String
  ) throws(CheckpointError) -> Int {
    if let table = weights["\(stack).rel_pos_bias.relative_position_bias_table"], table.shape.count == 2 { return table.shape[1] }
    if let heads = weights.setting(key).flatMap({ Int($0) }), heads > 0, width % heads == 0 { return heads }
    guard let heads = published[width] else {
      undecided.insert(stack)
      return 1
    }
    assumptions.append("The \(stack) is taken to have \(heads) heads, as published for its width; weights do not tell.")
    return heads
  }

  // MARK: Access

  /// Class tokens.
  private var classRows: Int { weights["encoder.cls_token"].map { $0.shape.dropFirst().first ?? 1 } ?? 0 }

  private func has(_ name: String) -> Bool { weights[name] != nil }

  private func rows(_ name: String) throws(CheckpointError) -> Int {
    guard let rows = weights[name]?.shape.first, rows > 0 else {
      throw .unusable(file, "is missing; the file is not whole", tensor: name)
    }
    return rows
  }

  private func columns(_ name: String) throws(CheckpointError) -> Int {
    guard let shape = weights[name]?.shape, shape.count == 2, shape[1] > 0 else {
      throw .unusable(file, "is no matrix; the file is not whole", tensor: name)
    }
    return shape[1]
  }

  private func depth(_ stack: String) throws(CheckpointError) -> Int {
    var depth = 0
    while has("\(stack).blocks.\(depth).mlp.fc1.weight") { depth += 1 }
    guard depth > 0 else { throw .unusable(file, "has no transformer blocks (\(stack).blocks.0 is missing)") }
    return depth
  }
}

extension Method {
  /// Heads of the published encoders, by width: our sizes, ViT-g and ViT-G (Zhai et al. 2021, table 2), the first of which is
  /// that of VideoMAE V2 (Wang et al. 2023), and the largest two of Pixio (Yang et al. 2025).
  fileprivate var publishedHeads: [Int: Int] {
    Dictionary(
      uniqueKeysWithValues: ModelSize.allCases.map { ($0.encoder.width, $0.encoder.heads) } + [
        (1408, 16), (1664, 16), (1536, 24), (3072, 32),
      ])
  }
}
