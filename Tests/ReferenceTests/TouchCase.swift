import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// One folder of M3L: pictures beside maps of touch, whose values are repeated over squares to become pictures of one size.
struct TouchCase: SteppedCase {
  private struct Description: Decodable {
    var imageSize, imagePatchSize, tactilePatchSize, frameStack, tactileSensors: Int
    var embedDim, depth, numHeads, mlpDim, decoderEmbedDim, decoderDepth, decoderNumHeads, decoderMlpDim, steps: Int
    var maskRatio, tactileLossWeight: Double
    var layerNormEps: Float
    var optimizer: CaseDescription.Optimizer
  }

  static let lossParts = [(ours: "reconstruction", theirs: "image_loss"), (ours: "touch", theirs: "tactile_loss")]
  static let fixedTables = ["image_enc", "image_dec", "tactile_enc", "tactile_dec"].map { "\($0)_pos_embedding" }

  let path: String
  let configuration: ModelConfiguration
  let weights, expected: StateDictionary
  private let description: Description
  private let inputs: StateDictionary

  /// Whether a folder's case says anything about touch.
  static func isOne(folder: String) -> Bool {
    (try? String(contentsOfFile: "\(folder)/case.json", encoding: .utf8))?.contains("\"method\": \"m3l\"") == true
  }

  /// - Throws: for a file that is missing.
  init(folder: String) throws {
    path = folder
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let description = try decoder.decode(
      Description.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json")))
    self.description = description
    var model = Method.mwmTactile.model(.base)
    model.input.size = FrameSize(square: description.imageSize)
    model.input.patch = description.imagePatchSize
    (model.input.frames, model.input.tubelet) = (description.frameStack, description.frameStack)
    model.input.touch = TouchConfiguration(sensors: description.tactileSensors, patch: description.tactilePatchSize)
    model.encoder.blocks = BlockConfiguration(
      width: description.embedDim, depth: description.depth, heads: description.numHeads, feedForwardWidth: description.mlpDim,
      attentionBias: .none, normEpsilon: description.layerNormEps)
    model.decoder?.blocks = BlockConfiguration(
      width: description.decoderEmbedDim, depth: description.decoderDepth, heads: description.decoderNumHeads,
      feedForwardWidth: description.decoderMlpDim, attentionBias: .none, normEpsilon: description.layerNormEps)
    model.decoder?.finalNormEpsilon = description.layerNormEps
    model.masking.ratio = description.maskRatio
    model.options = [TouchWorldModel.touchLossWeight.name: .number(description.tactileLossWeight)]
    configuration = model
    weights = try WeightFile.read(path: "\(folder)/weights.safetensors").state
    inputs = try WeightFile.read(path: "\(folder)/inputs.safetensors").state
    expected = try WeightFile.read(path: "\(folder)/expected.safetensors").state
  }

  var steps: Int { description.steps }
  var optimizer: CaseDescription.Optimizer { description.optimizer }

  // MARK: Inputs

  func batch(_ step: Int, _ model: Model) throws -> Batch {
    let (input, image) = (configuration.input, try #require(inputs["step\(step)/image"]))
    let samples = image.shape[0]
    let maps = try (1...description.tactileSensors).map { try enlarged(#require(inputs["step\(step)/tactile\($0)"])) }
    let (values, count) = (image.floats(), image.count / samples)
    var pixels: [Float] = []
    for sample in 0..<samples {
      for picture in [values] + maps { pixels += picture[sample * count..<(sample + 1) * count] }
    }
    let source = PixelSource(
      shape: ClipBatchShape(samples: samples, frames: input.pictures, size: input.size, channels: input.channels),
      values: .floats(pixels, .framesFirst), mean: input.mean, deviation: input.deviation)
    let masking = try #require(try configuration.maskingStrategy() as? SenseMasking)
    return Batch(source, masks: try orders(step).map { masking.mask(configuration.grid, orders: $0) })
  }

  /// A map with every value repeated over a square, so that it is as large as a picture.
  private func enlarged(_ map: StoredTensor) -> [Float] {
    let (values, height, width) = (map.floats(), map.shape[2], map.shape[3])
    let step = description.imageSize / height
    return (0..<map.shape[0] * map.shape[1]).flatMap { plane in
      (0..<height * step * width * step).map { place in
        values[(plane * height + place / (width * step) / step) * width + place % (width * step) / step]
      }
    }
  }

  /// Of each sample and slot the tokens by ascending noise, the first of which are hidden.
  private func orders(_ step: Int) throws -> [[[Int32]]] {
    let image = try #require(inputs["step\(step)/image_noise"])
    let touch = try #require(inputs["step\(step)/tactile_noise"])
    let plane = configuration.grid.plane
    func order(_ noise: ArraySlice<Float>) -> [Int32] {
      let noise = Array(noise)
      return noise.indices.sorted { noise[$0] < noise[$1] }.map(Int32.init)
    }
    let (seen, felt) = (image.floats(), touch.floats())
    return (0..<image.shape[0]).map { sample in
      let first = sample * description.tactileSensors * plane
      return [order(seen[sample * plane..<(sample + 1) * plane])]
        + (0..<description.tactileSensors).map { order(felt[first + $0 * plane..<first + ($0 + 1) * plane]) }
    }
  }

  // MARK: Outputs

  func outputs(_ model: Model, _ batch: Batch, on kernels: Kernels) throws -> [(name: String, values: [Float])] {
    let objective = try #require(model.objective as? TouchWorldModel)
    let (grid, samples, encoder) = (configuration.grid, batch.masks.count, model.objective.encoder)
    let (pass, visible) = (Pass(inferring: model.parameters, on: kernels), EncoderTokens(visible: batch.masks.map(\.visible)))
    let latents = encoder(batch.pixels, visible, in: pass)
    let (image, touch) = objective.predictions(of: batch, in: pass)
    let seen = EncoderTokens(visible: Array(repeating: Array(0..<Int32(grid.plane)), count: samples))
    func targets(_ slots: Range<Int>, _ patch: Int) -> [Float] {
      moved(kernels.values(of: objective.targets(batch, slots: slots, patch: patch)).values.floats(), patch: patch)
    }
    return [
      ("mask", batch.masks.flatMap { $0.bytes.map(Float.init) }),
      ("visible", try ordered(encoder.states(batch.pixels, visible, in: pass)[0], batch.masks)),
      ("latent", try ordered(latents, batch.masks)),
      ("decoder_input", objective.decoderInput(latents, masks: batch.masks).tensor.floats()),
      ("features", encoder(batch.pixels, EncoderTokens(allOf: grid, samples: samples), in: pass).tensor.floats()),
      ("features_vision", encoder(batch.pixels, seen, in: pass).tensor.floats()),
      ("pred_image", moved(image.tensor.floats(), patch: description.imagePatchSize)),
      ("pred_tactile", moved(try #require(touch).tensor.floats(), patch: description.tactilePatchSize)),
      ("target_image", targets(0..<1, description.imagePatchSize)),
      ("target_tactile", targets(1..<grid.time, description.tactilePatchSize)),
    ]
  }

  /// Rows of visible tokens slot by slot, by ascending noise within each.
  private func ordered(_ x: Variable, _ masks: [TokenMask]) throws -> [Float] {
    let (values, perSample, plane) = (x.tensor.floats(), x.rows / masks.count, Int32(configuration.grid.plane))
    let orders = try orders(0)
    return masks.enumerated().flatMap { sample, mask in
      orders[sample].enumerated().flatMap { slot, order in
        order.compactMap { mask.visible.firstIndex(of: Int32(slot) * plane + $0) }.flatMap { row in
          values[(sample * perSample + row) * x.width..<(sample * perSample + row + 1) * x.width]
        }
      }
    }
  }

  /// Values of tokens from our order (frame, row, column, colour) to theirs (row, column, frame, colour), or back.
  private func moved(_ values: [Float], patch: Int, toTheirs: Bool = true) -> [Float] {
    let (frames, area) = (description.frameStack, patch * patch)
    var result = values
    for token in 0..<values.count / (frames * area * 3) {
      for frame in 0..<frames {
        for place in 0..<area {
          for colour in 0..<3 {
            let ours = ((token * frames + frame) * area + place) * 3 + colour
            let theirs = ((token * area + place) * frames + frame) * 3 + colour
            if toTheirs { result[theirs] = values[ours] } else { result[ours] = values[theirs] }
          }
        }
      }
    }
    return result
  }

  // MARK: Parameters

  func moved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float] {
    guard parameter.name.hasPrefix("decoder."), parameter.name.contains("pred.") else {
      return kernelsMoved(values, of: parameter, toTheirs: toTheirs)
    }
    // The rows of a head are the values of a token.
    let width = parameter.shape.count == 2 ? parameter.shape[1] : 1
    let patch = parameter.name.contains("touch") ? description.tactilePatchSize : description.imagePatchSize
    let rows = moved((0..<values.count / width).map(Float.init), patch: patch, toTheirs: toTheirs)
    return rows.flatMap { values[Int($0) * width..<(Int($0) + 1) * width] }
  }

  func publicName(_ parameter: Parameter) -> String {
    let names = [
      ("encoder.patch_embed.touch.", "early_conv_tactile."), ("encoder.patch_embed.", "early_conv_vision."),
      ("encoder.sense_embed", "encoder_modality_embedding.weight"), ("encoder.blocks.", "encoder.transformer.layers."),
      ("encoder.norm.", "encoder.transformer.norm."), ("decoder.mask_token", "mask_token"),
      ("decoder.sense_embed", "decoder_modality_embedding.weight"), ("decoder.blocks.", "decoder.layers."),
      ("decoder.pred.", "to_pixels."), ("decoder.touch_pred.", "to_tactiles."),
    ]
    guard let (ours, theirs) = names.first(where: { parameter.name.hasPrefix($0.0) }) else { return parameter.name }
    var name = theirs + parameter.name.dropFirst(ours.count)
    let layers =
      name.hasPrefix("early_conv")
      ? [(".0.", ".conv1."), (".1.", ".conv2."), (".2.", ".conv3."), (".proj.", ".conv4.")]
      : [
        (".norm1.", ".0.norm."), (".attn.qkv.", ".0.to_qkv."), (".attn.proj.", ".0.to_out.0."), (".norm2.", ".1.net.0."),
        (".mlp.fc1.", ".1.net.1."), (".mlp.fc2.", ".1.net.4."),
      ]
    for (ours, theirs) in layers where name.contains(ours) {
      name = name.replacing(ours, with: theirs)
      break
    }
    return name
  }
}
