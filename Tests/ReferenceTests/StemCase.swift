import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// One folder of Masked World Models or of SiamMAE behind its stem: weights under names that no file of ours has, rewards beside
/// the pixels, and an optimizer that clips.
struct StemCase {
  private let path: String
  private let description: CaseDescription
  private let configuration: ModelConfiguration
  private let weights, inputs, expected: StateDictionary

  /// Whether a folder's case says anything about a stem.
  static func isOne(folder: String) -> Bool {
    (try? String(contentsOfFile: "\(folder)/case.json", encoding: .utf8))?.contains("\"early_conv\"") == true
  }

  /// - Throws: for a method that is not known, and for a file that is missing.
  init(folder: String) throws {
    path = folder
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    description = try decoder.decode(
      CaseDescription.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json")))
    let method = try #require(
      Catalogue.builtIn.method(named: description.method), "\(folder): there is no method '\(description.method)'")
    configuration = description.configuration(method)
    weights = try WeightFile.read(path: "\(folder)/weights.safetensors").state
    inputs = try WeightFile.read(path: "\(folder)/inputs.safetensors").state
    expected = try WeightFile.read(path: "\(folder)/expected.safetensors").state
  }

  private var isPair: Bool { configuration.objective.encodedFrame == 1 }

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
    var recipe = OptimizerRecipe(
      baseLearningRate: description.optimizer.lr, beta1: description.optimizer.betas[0], beta2: description.optimizer.betas[1],
      epsilon: description.optimizer.eps, weightDecay: description.optimizer.weightDecay,
      undecayed: description.optimizer.noDecay.isEmpty ? [] : [.bias, .norm], clipGradient: description.optimizer.clipGlobalNorm)
    recipe.kind = description.optimizer.name?.contains("TensorFlow") == true ? .adam : .adamW
    let optimizer = recipe.optimizer(for: model.parameters, on: kernels)
    for step in 0..<description.steps {
      let batch = try batch(step, model)
      if step == 0 {
        for (name, ours) in try outputs(model, batch, on: kernels) { compare(.output, "step0/\(name)", ours) }
      }
      model.parameters.clearGradients()
      let tape = Tape(model.parameters, on: kernels)
      let loss = model.objective.loss(of: batch, in: Pass(on: tape))
      compare(.output, "step\(step)/loss", loss.total.tensor.floats())
      for (part, name) in [("reconstruction", "image_loss"), ("reward", "reward_loss")] {
        guard let value = loss.parts.first(where: { $0.name == part })?.value else { continue }
        compare(.output, "step\(step)/\(name)", [Float(value)])
      }
      tape.backward(from: loss.total)
      model.parameters.completeGradients()
      let norm = optimizer.gradientNorm()
      compare(.gradient, "step\(step)/grad_norm", [Float(norm)])
      if step == 0 {
        compareParameters(.gradient, "step0/grad/", model, &differences, &compared) { model.parameters.gradient(of: $0) }
      }
      optimizer.update(learningRate: description.optimizer.lr, gradientScale: optimizer.clippingScale(norm: norm))
    }
    compareParameters(.parameter, "after5/", model, &differences, &compared) { model.parameters.values(of: $0) }
    differences.uncompared += expected.names.filter { !compared.contains($0) }
    return differences
  }

  // MARK: Inputs

  private func batch(_ step: Int, _ model: Model) throws -> Batch {
    let (source, masks) = (try source(step), try masks(step, model))
    let rewards = inputs["step\(step)/reward"]?.floats()
    let frames = configuration.input.frames
    let samples = masks.indices.map { sample in
      var numbers: [String: Double] = [:]
      for frame in 0..<frames { numbers["reward \(frame)"] = rewards.map { Double($0[sample * frames + frame]) } }
      return Sample(
        file: 0, position: sample, epoch: 0, crop: PixelRect(whole: configuration.input.size), numbers: numbers)
    }
    return Batch(source, masks: masks, samples: samples)
  }

  private func source(_ step: Int) throws -> PixelSource {
    guard isPair else {
      let pixels = try #require(inputs["step\(step)/pixel_values"])
      return source(pixels.floats(), samples: pixels.shape[0], frames: configuration.input.pictures)
    }
    let (first, second) = (try #require(inputs["step\(step)/frame1"]), try #require(inputs["step\(step)/frame2"]))
    let (a, b, count) = (first.floats(), second.floats(), first.count / first.shape[0])
    var both: [Float] = []
    for sample in 0..<first.shape[0] {
      both += a[sample * count..<(sample + 1) * count]
      both += b[sample * count..<(sample + 1) * count]
    }
    return source(both, samples: first.shape[0], frames: 2)
  }

  private func source(_ pixels: [Float], samples: Int, frames: Int) -> PixelSource {
    let input = configuration.input
    return PixelSource(
      shape: ClipBatchShape(samples: samples, frames: frames, size: input.size, channels: input.channels),
      values: .floats(pixels, .framesFirst), mean: input.mean, deviation: input.deviation)
  }

  /// Tokens of each sample by ascending noise, equal ones in the order of the grid.
  private func orders(_ step: Int) throws -> [[Int]] {
    let noise = try #require(inputs["step\(step)/noise"])
    let (values, count) = (noise.floats(), noise.shape[1])
    return (0..<noise.shape[0]).map { sample in
      (0..<count).sorted { (values[sample * count + $0], $0) < (values[sample * count + $1], $1) }
    }
  }

  private func masks(_ step: Int, _ model: Model) throws -> [TokenMask] {
    let (grid, visible) = (configuration.grid, model.visibleTokens)
    let masks = try orders(step).map { order in
      TokenMask(
        grid: grid, visible: order.prefix(visible).map(Int32.init).sorted(),
        hidden: order.dropFirst(visible).map(Int32.init).sorted())
    }
    guard let patchNoise = inputs["step\(step)/patch_noise"]?.floats(),
      let viewNoise = inputs["step\(step)/view_noise"]?.floats()
    else { return masks }
    // What the given noise was made of makes the same masks.
    let masking = try #require(try configuration.maskingStrategy() as? ViewMasking)
    for (sample, mask) in masks.enumerated() {
      let (patches, views) = (patchNoise[sample * grid.count..<(sample + 1) * grid.count], viewNoise.count / masks.count)
      let ours = masking.mask(
        grid, patchNoise: patches.map(Double.init),
        viewNoise: viewNoise[sample * views..<(sample + 1) * views].map(Double.init))
      #expect(ours == mask)
      if step == 0, let hidden = expected["step0/view_hidden"]?.floats() {
        let slots = masking.hiddenSlots(viewNoise[sample * views..<(sample + 1) * views].map(Double.init))
        #expect(slots == (0..<views).filter { hidden[sample * views + $0] == 1 })
      }
    }
    return masks
  }

  // MARK: Outputs

  private func outputs(_ model: Model, _ batch: Batch, on kernels: Kernels) throws -> [(name: String, values: [Float])] {
    let (grid, samples, encoder) = (configuration.grid, batch.masks.count, model.objective.encoder)
    let (pass, all) = (Pass(inferring: model.parameters, on: kernels), EncoderTokens(allOf: grid, samples: samples))
    let orders = try orders(0)
    var outputs: [(name: String, values: [Float])] = [
      ("mask", batch.masks.flatMap { $0.bytes.map(Float.init) }),
      (
        "ids_restore",
        orders.flatMap { order in
          var places = [Float](repeating: 0, count: order.count)
          for (place, token) in order.enumerated() { places[token] = Float(place) }
          return places
        }
      ),
      // Compared where masks are made.
      ("view_hidden", expected["step0/view_hidden"]?.floats() ?? []),
    ]
    if isPair {
      for (frame, name) in ["conv_features1", "conv_features2"].enumerated() {
        outputs.append((name, channelsFirst(encoder.embedding(of: batch.pixels, all, firstFrame: frame, in: pass))))
      }
      outputs.append(("latent1", encoder(batch.pixels, all, in: pass).tensor.floats()))
    } else {
      outputs.append(("conv_features", channelsFirst(encoder.embedding(of: batch.pixels, all, in: pass))))
      outputs.append(("tokens", withoutClassRows(encoder.states(batch.pixels, all, in: pass)[0], samples)))
      let visible = encoder.states(batch.pixels, EncoderTokens(visible: batch.masks.map(\.visible)), in: pass)[0]
      outputs.append(("visible", ordered(visible, orders, batch.masks, classRows: 0)))
      // Each frame by itself, as a world model gets it, and its last view alone.
      let (views, frames) = (configuration.input.viewCount, samples * configuration.input.frames)
      let alone = source(try #require(inputs["step0/pixel_values"]).floats(), samples: frames, frames: views)
      for (name, first) in [("features", 0), ("features_last_view", views - 1)] {
        let tokens = (first * grid.plane..<views * grid.plane).map(Int32.init)
        let visible = EncoderTokens(visible: Array(repeating: tokens, count: frames))
        outputs.append((name, encoder(alone, visible, in: pass).tensor.floats()))
      }
    }
    let latents = encoder(
      batch.pixels, EncoderTokens(visible: batch.masks.map(\.visible)), in: pass, firstFrame: isPair ? 1 : 0)
    outputs.append((isPair ? "latent2" : "latent", ordered(latents, orders, batch.masks, classRows: 1)))
    if let siamese = model.objective as? SiameseAutoencoder {
      outputs.append(("pred", siamese.predictions(of: batch, in: pass).tensor.floats()))
    } else if let world = model.objective as? WorldModel {
      let (values, rewards) = world.predictions(of: batch, in: pass)
      outputs.append(("pred", values.tensor.floats()))
      if let rewards { outputs.append(("reward_pred", rewards.tensor.floats())) }
    }
    let targets = kernels.values(
      of: PatchTargets(
        batch.pixels, configuration.patchLayout, frames: (0..<Int32(grid.time)).map { $0 }, framesPerSlot: 1,
        normalization: .none, inUnits: false, tokens: all.visible, firstFrame: isPair ? 1 : 0))
    return outputs + [("target", targets.values.floats())]
  }

  /// Features `[pictures · tokens, width]` as `[pictures, width, tokens]`.
  private func channelsFirst(_ x: Variable) -> [Float] {
    let (values, tokens, width) = (x.tensor.floats(), configuration.grid.plane, x.width)
    return (0..<x.rows / tokens).flatMap { picture in
      (0..<width).flatMap { channel in (0..<tokens).map { values[(picture * tokens + $0) * width + channel] } }
    }
  }

  private func withoutClassRows(_ x: Variable, _ samples: Int) -> [Float] {
    let (values, perSample) = (x.tensor.floats(), x.rows / samples * x.width)
    return (0..<samples).flatMap { values[$0 * perSample + x.width..<($0 + 1) * perSample] }
  }

  /// Rows of visible tokens by ascending noise, behind those of class tokens where they are wanted.
  private func ordered(_ x: Variable, _ orders: [[Int]], _ masks: [TokenMask], classRows: Int) -> [Float] {
    let (values, perSample) = (x.tensor.floats(), x.rows / masks.count)
    return masks.enumerated().flatMap { sample, mask in
      let tokens = orders[sample].prefix(mask.visible.count).map { 1 + mask.visible.firstIndex(of: Int32($0))! }
      return (Array(0..<classRows) + tokens).flatMap { row in
        let start = (sample * perSample + row) * x.width
        return values[start..<start + x.width]
      }
    }
  }

  // MARK: Parameters

  /// - Returns: names that have no place, on either side.
  private func load(_ model: Model) throws -> [String] {
    // Fixed tables, which outputs depend on.
    var left = Set(weights.names).subtracting(["pos_embed", "decoder_pos_embed"])
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let name = publicName(parameter)
      let values = try #require(weights[name], "\(path): \(name)").floats()
      model.parameters.setValues(Self.moved(values, of: parameter, toTheirs: false), of: parameter)
      left.remove(name)
    }
    return left.sorted()
  }

  private func publicName(_ parameter: Parameter) -> String {
    var name = parameter.name
    let stem = configuration.encoder.stem == .conv ? "early_conv." : "patch_embed."
    let places = [
      ("encoder.patch_embed.", stem), ("encoder.", ""), ("decoder.mask_token", "mask_token"),
      ("decoder.reward.", "reward_pred."), ("decoder.", "decoder_"),
    ]
    for (ours, theirs) in places where name.hasPrefix(ours) {
      name = theirs + name.dropFirst(ours.count)
      break
    }
    guard isPair else { return name }
    let parts = [
      (".self_attn.qkv.", ".self_attn.in_proj_"), (".cross_attn.qkv.", ".multihead_attn.in_proj_"),
      (".self_attn.proj.", ".self_attn.out_proj."), (".cross_attn.proj.", ".multihead_attn.out_proj."),
    ]
    for (ours, theirs) in parts { name = name.replacing(ours, with: theirs) }
    if name.hasPrefix("decoder_blocks.") {
      name = name.replacing(".mlp.fc1.", with: ".linear1.").replacing(".mlp.fc2.", with: ".linear2.")
    }
    return name
  }

  /// Kernels are `[out, row, column, in]` here and `[out, in, row, column]` there; all else lies the same way.
  static func moved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float] {
    guard parameter.shape.count == 4 else { return values }
    let (outputs, window, inputs) = (parameter.shape[0], parameter.shape[1] * parameter.shape[2], parameter.shape[3])
    var moved = values
    for output in 0..<outputs {
      for place in 0..<window {
        for input in 0..<inputs {
          let (ours, theirs) = (
            (output * window + place) * inputs + input, (output * inputs + input) * window + place
          )
          if toTheirs { moved[theirs] = values[ours] } else { moved[ours] = values[theirs] }
        }
      }
    }
    return moved
  }

  private func compareParameters(
    _ kind: Differences.Kind, _ prefix: String, _ model: Model, _ differences: inout Differences,
    _ compared: inout Set<String>, _ ours: (Parameter) -> [Float]
  ) {
    let largest = expected.filter { $0.name.hasPrefix(prefix) }
      .flatMap { $0.tensor.floats() }.reduce(0.0) { max($0, abs(Double($1))) }
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let name = publicName(parameter)
      guard let reference = expected[prefix + name] else { continue }
      compared.insert(prefix + name)
      let (mine, theirs) = (Self.moved(ours(parameter), of: parameter, toTheirs: true), reference.floats())
      var kept = Array(mine.indices)
      if let keys = ReferenceCase.keyBias(name, count: mine.count) {
        if kind == .gradient {
          differences.largestKeyBias = max(
            differences.largestKeyBias, mine[keys].reduce(0.0) { max($0, abs(Double($1))) } / largest)
        }
        kept.removeSubrange(keys)
      }
      if kind == .parameter, let gradient = expected["step0/grad/" + name]?.floats() {
        let least = 1e-5 * (gradient.map(abs).max() ?? 0)
        kept.removeAll { abs(gradient[$0]) < least }
      }
      differences.add(kind, name, kept.map { mine[$0] }, kept.map { theirs[$0] })
    }
  }
}
