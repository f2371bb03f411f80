import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// One folder of Masked World Models or of SiamMAE behind its stem: weights under names that no file of ours has, rewards beside
/// the pixels, and an optimizer that clips.
struct StemCase: SteppedCase {
  static let lossParts = [(ours: "reconstruction", theirs: "image_loss"), (ours: "reward", theirs: "reward_loss")]
  static let fixedTables = ["pos_embed", "decoder_pos_embed"]

  let path: String
  let configuration: ModelConfiguration
  let weights, expected: StateDictionary
  private let description: CaseDescription
  private let inputs: StateDictionary

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

  var steps: Int { description.steps }
  var optimizer: CaseDescription.Optimizer { description.optimizer }
  private var isPair: Bool { configuration.objective.encodedFrame == 1 }

  // MARK: Inputs

  func batch(_ step: Int, _ model: Model) throws -> Batch {
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

  func outputs(_ model: Model, _ batch: Batch, on kernels: Kernels) throws -> [(name: String, values: [Float])] {
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

  func publicName(_ parameter: Parameter) -> String {
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
}
