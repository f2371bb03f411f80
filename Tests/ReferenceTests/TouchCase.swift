import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// One folder of M3L: pictures beside maps of touch, whose values are repeated over squares to become pictures of one size.
struct TouchCase {
  private struct Description: Decodable {
    var imageSize, imagePatchSize, tactilePatchSize, frameStack, tactileSensors: Int
    var embedDim, depth, numHeads, mlpDim, decoderEmbedDim, decoderDepth, decoderNumHeads, decoderMlpDim, steps: Int
    var maskRatio, tactileLossWeight: Double
    var layerNormEps: Float
    var optimizer: CaseDescription.Optimizer
  }

  private let path: String
  private let description: Description
  private let configuration: ModelConfiguration
  private let weights, inputs, expected: StateDictionary

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

  func differences(at level: InstructionLevel) throws -> Differences {
    let (kernels, model) = (Kernels(threads: 2, level: level), try Model(configuration, seed: nil))
    var differences = Differences()
    differences.uncompared = try load(model)
    var compared: Set<String> = []
    func compare(_ kind: Differences.Kind, _ name: String, _ ours: [Float]) {
      guard let theirs = expected[name] else { return }
      compared.insert(name)
      differences.add(kind, name, ours, theirs.floats())
    }
    let optimizer = OptimizerRecipe(
      baseLearningRate: description.optimizer.lr, beta1: description.optimizer.betas[0], beta2: description.optimizer.betas[1],
      epsilon: description.optimizer.eps, weightDecay: description.optimizer.weightDecay, undecayed: [],
      clipGradient: description.optimizer.clipGlobalNorm
    ).optimizer(for: model.parameters, on: kernels)
    for step in 0..<description.steps {
      let batch = try batch(step)
      if step == 0 {
        for (name, ours) in try outputs(model, batch, on: kernels) { compare(.output, "step0/\(name)", ours) }
      }
      model.parameters.clearGradients()
      let tape = Tape(model.parameters, on: kernels)
      let loss = model.objective.loss(of: batch, in: Pass(on: tape))
      compare(.output, "step\(step)/loss", loss.total.tensor.floats())
      for (part, name) in [("reconstruction", "image_loss"), ("touch", "tactile_loss")] {
        guard let value = loss.parts.first(where: { $0.name == part })?.value else { continue }
        compare(.output, "step\(step)/\(name)", [Float(value)])
      }
      tape.backward(from: loss.total)
      model.parameters.completeGradients()
      let norm = optimizer.gradientNorm()
      compare(.gradient, "step\(step)/grad_norm", [Float(norm)])
      if step == 0 {
        for (name, values) in parameters(model, { model.parameters.gradient(of: $0) }) {
          compare(.gradient, "step0/grad/\(name)", values)
        }
      }
      optimizer.update(learningRate: description.optimizer.lr, gradientScale: optimizer.clippingScale(norm: norm))
    }
    for (name, values) in parameters(model, { model.parameters.values(of: $0) }) {
      guard let theirs = expected["after5/\(name)"]?.floats() else { continue }
      compared.insert("after5/\(name)")
      // AdamW divides by the gradient's own size: where that is near its epsilon, rounding decides.
      let gradient = expected["step0/grad/\(name)"]?.floats() ?? []
      let least = 1e-5 * (gradient.map(abs).max() ?? 0)
      let kept = values.indices.filter { gradient.count != values.count || abs(gradient[$0]) >= least }
      differences.add(.parameter, name, kept.map { values[$0] }, kept.map { theirs[$0] })
    }
    differences.uncompared += expected.names.filter { !compared.contains($0) }
    return differences
  }

  // MARK: Inputs

  private func batch(_ step: Int) throws -> Batch {
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

  private func outputs(_ model: Model, _ batch: Batch, on kernels: Kernels) throws -> [(name: String, values: [Float])] {
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

  /// - Returns: names that have no place.
  private func load(_ model: Model) throws -> [String] {
    let fixed = ["image_enc", "image_dec", "tactile_enc", "tactile_dec"].map { "\($0)_pos_embedding" }
    var left = Set(weights.names).subtracting(fixed)
    for parameter in model.parameters.parameters {
      let name = publicName(parameter)
      let values = try #require(weights[name], "\(path): \(name)").floats()
      model.parameters.setValues(moved(values, of: parameter, toTheirs: false), of: parameter)
      left.remove(name)
    }
    return left.sorted()
  }

  private func parameters(_ model: Model, _ ours: (Parameter) -> [Float]) -> [(name: String, values: [Float])] {
    model.parameters.parameters.map { (publicName($0), moved(ours($0), of: $0, toTheirs: true)) }
  }

  private func moved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float] {
    guard parameter.name.hasPrefix("decoder."), parameter.name.contains("pred.") else {
      return StemCase.moved(values, of: parameter, toTheirs: toTheirs)
    }
    // The rows of a head are the values of a token.
    let width = parameter.shape.count == 2 ? parameter.shape[1] : 1
    let patch = parameter.name.contains("touch") ? description.tactilePatchSize : description.imagePatchSize
    let rows = moved((0..<values.count / width).map(Float.init), patch: patch, toTheirs: toTheirs)
    return rows.flatMap { values[Int($0) * width..<(Int($0) + 1) * width] }
  }

  private func publicName(_ parameter: Parameter) -> String {
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
