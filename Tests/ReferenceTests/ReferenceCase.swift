import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// One folder: weights, inputs and expected values of a public implementation.
struct ReferenceCase {
  let description: CaseDescription
  let configuration: ModelConfiguration
  let checkpoint: Checkpoint
  let inputs: StateDictionary
  let expected: StateDictionary

  /// - Throws: for a method that is not known, and for a file that is missing.
  init(folder: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    description = try decoder.decode(CaseDescription.self, from: data)
    let method = try #require(
      Catalogue.builtIn.method(named: description.method), "\(folder): there is no method '\(description.method)'")
    inputs = try WeightFile.read(path: "\(folder)/inputs.safetensors").state
    expected = try WeightFile.read(path: "\(folder)/expected.safetensors").state
    if FileManager.default.fileExists(atPath: "\(folder)/model") {
      checkpoint = try Checkpoint.read(path: "\(folder)/model")
      var configuration = checkpoint.configuration
      if let ratio = description.maskRatio { configuration.masking.ratio = ratio }
      self.configuration = configuration
    } else {
      configuration = description.configuration(method)
      checkpoint = try Checkpoint(
        path: folder, WeightFile.read(path: "\(folder)/weights.safetensors"), configuration: configuration)
    }
  }

  func differences(at level: InstructionLevel) throws -> Differences {
    let kernels = Kernels(threads: 2, level: level)
    let model = try Model(configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    var differences = Differences()
    differences.uncompared = report.missing + report.leftOver
    var compared: Set<String> = []
    let optimizer = AdamW(optimizerRecipe(model), for: model.parameters, on: kernels)
    for step in 0..<description.steps {
      let (source, masks) = try batch(step)
      let tape = Tape(model.parameters, on: kernels)
      model.parameters.clearGradients()
      guard let run = model.objective.prediction(of: Batch(source, masks: masks), in: Pass(on: tape)) else {
        preconditionFailure("\(configuration.method) predicts no pixels")
      }
      differences.add(.output, "step\(step)/loss", run.loss.total.tensor.floats(), values("step\(step)/loss"))
      compared.insert("step\(step)/loss")
      if step == 0 { compareOutputs(model, run, source, masks, &differences, &compared) }
      tape.backward(from: run.loss.total)
      model.parameters.completeGradients()
      if step == 0 {
        try compare(.gradient, "step0/grad/", model, &differences, &compared) { model.parameters.gradient(of: $0) }
      }
      optimizer.update(learningRate: description.optimizer.lr)
    }
    try compare(.parameter, "after5/", model, &differences, &compared) { model.parameters.values(of: $0) }
    differences.uncompared += expected.names.filter { !compared.contains($0) }
    return differences
  }

  // MARK: Inputs

  private func batch(_ step: Int) throws -> (PixelSource, [TokenMask]) {
    let input = configuration.input
    let (pixels, order): (StoredTensor, PixelSource.FloatOrder)
    if configuration.method.objective.encodedFrame == 1 {
      // Two frames next to each other for every sample.
      let (first, second) = (inputs["step\(step)/frame1"]!, inputs["step\(step)/frame2"]!)
      let (a, b, count) = (first.floats(), second.floats(), first.count / first.shape[0])
      var both: [Float] = []
      for sample in 0..<first.shape[0] {
        both += a[sample * count..<(sample + 1) * count]
        both += b[sample * count..<(sample + 1) * count]
      }
      pixels = StoredTensor(shape: [first.shape[0], 2] + first.shape[1...], floats: both)
      order = .framesFirst
    } else {
      pixels = inputs["step\(step)/pixel_values"]!
      // transformers puts frames before channels, the official repositories after.
      order =
        pixels.shape.count == 5 && pixels.shape[2] == input.frames && pixels.shape[1] == input.channels.count
        ? .channelsFirst : .framesFirst
    }
    let samples = pixels.shape[0]
    let frames = configuration.sampleFrames
    let source = PixelSource(
      shape: ClipBatchShape(samples: samples, frames: frames, size: input.size, channels: input.channels),
      values: .floats(pixels.floats(), order), mean: input.mean, deviation: input.deviation)
    return (source, try masks(step, samples))
  }

  private func masks(_ step: Int, _ samples: Int) throws -> [TokenMask] {
    let grid = configuration.grid
    if let mask = inputs["step\(step)/mask"]?.floats() {
      return (0..<samples).map { sample in
        TokenMask(grid: grid, isHidden: mask[sample * grid.count..<(sample + 1) * grid.count].map { $0 != 0 })
      }
    }
    let visible = try Model(configuration, seed: nil).visibleTokens
    let predicted = configuration.masking.keptCount(of: grid.count - visible, in: grid) ?? grid.count - visible
    return orders(step, samples).map { order in
      TokenMask(
        grid: grid, visible: order.prefix(visible).map(Int32.init).sorted(),
        hidden: order.suffix(predicted).map(Int32.init).sorted())
    }
  }

  /// Tokens by ascending noise, per sample; block by block where there is noise for each block.
  private func orders(_ step: Int, _ samples: Int) -> [[Int]] {
    let (noise, grid, side) = (inputs["step\(step)/noise"]!.floats(), configuration.grid, description.maskGrid ?? 1)
    let (count, columns) = (grid.count / (side * side), grid.width / side)
    return (0..<samples).map { sample in
      (0..<count).sorted { noise[sample * count + $0] < noise[sample * count + $1] }.flatMap { block in
        (0..<side * side).map { place in
          (block / columns * side + place / side) * grid.width + block % columns * side + place % side
        }
      }
    }
  }

  private func values(_ name: String) -> [Float] { expected[name]?.floats() ?? [] }

  // MARK: Comparisons

  private func compareOutputs(
    _ model: Model, _ run: Prediction, _ source: PixelSource, _ masks: [TokenMask], _ differences: inout Differences,
    _ compared: inout Set<String>
  ) {
    func compare(_ name: String, _ ours: () -> [Float]) {
      guard expected["step0/\(name)"] != nil else { return }
      compared.insert("step0/\(name)")
      differences.add(.output, name, ours(), values("step0/\(name)"))
    }
    let (grid, width) = (configuration.grid, run.values.width)
    compare("mask") {
      masks.flatMap { mask in (0..<Int32(grid.count)).map { mask.hidden.contains($0) ? 1 : 0 } }
    }
    compare("ids_restore") {
      orders(0, masks.count).flatMap { order in
        var places = [Float](repeating: 0, count: order.count)
        for (place, token) in order.enumerated() { places[token] = Float(place) }
        return places
      }
    }
    if let objective = model.objective as? CrossMaskedAutoencoder {
      let pass = Pass(inferring: model.parameters, on: run.values.tape.kernels)
      let (features, mixtures) = objective.features(of: Batch(source, masks: masks), in: pass)
      let rows = features[0].rows
      compare("features") { interleaved(features.map { $0.tensor }, masks) }
      compare("weighted") {
        interleaved((0..<mixtures.rows / rows).map { mixtures.tensor.rows($0 * rows..<($0 + 1) * rows) }, masks)
      }
    }
    let latentNames = ["latent", "latent2"].filter { expected["step0/\($0)"] != nil }
    for name in latentNames {
      compare(name) { latents(run.latents.tensor, masks, rows: expected["step0/\(name)"]!.shape[1]) }
    }
    compare("latent1") {
      let pass = Pass(inferring: model.parameters, on: run.values.tape.kernels)
      return model.objective.encoder(source, EncoderTokens(allOf: grid, samples: masks.count), in: pass).tensor.floats()
    }
    for (name, ours) in [("pred", run.values.tensor), ("target", run.targets)] {
      guard let tensor = expected["step0/\(name)"] else { continue }
      compared.insert("step0/\(name)")
      differences.add(.output, name, ours.floats(), hiddenRows(tensor, masks, width))
    }
    for part in run.loss.parts where expected["step0/\(part.name)"]?.count == 1 { compare(part.name) { [Float(part.value)] } }
    if let picture = expected["step0/reconstruction"], picture.count > 1 {
      compared.insert("step0/reconstruction")
      let theirs = hiddenPixels(picture, masks)
      differences.add(.output, "reconstruction", run.values.tensor.floats(), theirs)
    }
  }

  /// Latents in the reference's order: class tokens (if it has any), then visible tokens by ascending noise where there is
  /// noise.
  private func latents(_ tensor: Tensor, _ masks: [TokenMask], rows: Int) -> [Float] {
    let (values, width) = (tensor.floats(), tensor.width)
    let perSample = tensor.rows / masks.count
    let classRows = configuration.encoder.classRows
    let keepsClass = rows == perSample
    let noise = inputs["step0/noise"] != nil ? orders(0, masks.count) : nil
    return masks.enumerated().flatMap { sample, mask in
      let order = noise.map { order in order[sample].prefix(mask.visible.count).map(Int32.init) } ?? mask.visible
      let tokenRows = order.map { classRows + mask.visible.firstIndex(of: $0)! }
      return ((keepsClass ? Array(0..<classRows) : []) + tokenRows).flatMap { row in
        let start = (sample * perSample + row) * width
        return values[start..<start + width]
      }
    }
  }

  /// Several tensors of latents with their values side by side, in the reference's order.
  private func interleaved(_ tensors: [Tensor], _ masks: [TokenMask]) -> [Float] {
    let values = tensors.map { latents($0, masks, rows: $0.rows / masks.count) }
    return values[0].indices.flatMap { index in values.map { $0[index] } }
  }

  /// The rows of hidden tokens, where a tensor has one for every token.
  private func hiddenRows(_ tensor: StoredTensor, _ masks: [TokenMask], _ width: Int) -> [Float] {
    let (values, count) = (tensor.floats(), configuration.grid.count)
    guard tensor.shape[1] == count else { return values }
    return masks.enumerated().flatMap { sample, mask in
      mask.hidden.flatMap { token in
        let start = (sample * count + Int(token)) * width
        return values[start..<start + width]
      }
    }
  }

  /// The hidden patches of pictures `[samples, channels, height, width]` in (channel, row, column) order.
  private func hiddenPixels(_ picture: StoredTensor, _ masks: [TokenMask]) -> [Float] {
    let (values, patch, grid) = (picture.floats(), configuration.input.patch, configuration.grid)
    let (channels, height, width) = (picture.shape[1], picture.shape[2], picture.shape[3])
    var result: [Float] = []
    for (sample, mask) in masks.enumerated() {
      for token in mask.hidden {
        let (row, column) = (Int(token) / grid.width * patch, Int(token) % grid.width * patch)
        for channel in 0..<channels {
          for y in row..<row + patch {
            let start = ((sample * channels + channel) * height + y) * width + column
            result += values[start..<start + patch]
          }
        }
      }
    }
    return result
  }

  /// Compares a value of every trainable parameter under its public names.
  private func compare(
    _ kind: Differences.Kind, _ prefix: String, _ model: Model, _ differences: inout Differences,
    _ compared: inout Set<String>, _ ours: (Parameter) -> [Float]
  ) throws {
    var state = StateDictionary()
    for parameter in model.parameters.parameters where parameter.isTrainable {
      state[parameter.name] = StoredTensor(shape: parameter.shape, floats: ours(parameter))
    }
    let largest = expected.filter { $0.name.hasPrefix(prefix) }
      .flatMap { $0.tensor.floats() }.reduce(0.0) { max($0, abs(Double($1))) }
    for (name, tensor) in try checkpoint.dialect.names(for: state, configuration.input, file: name) {
      guard let reference = expected[prefix + name] else { continue }
      compared.insert(prefix + name)
      let (mine, theirs) = (tensor.floats(), reference.floats())
      differences.add(
        kind, ofParameter: name, mine, theirs, gradient: expected["step0/grad/" + name]?.floats(), largest: largest)
    }
  }

  private var name: String { checkpoint.path }

  /// The case's optimizer; which roles do not decay is read off its list.
  private func optimizerRecipe(_ model: Model) -> OptimizerRecipe {
    let listed = Set(description.optimizer.noDecay)
    var undecayed = Set<Parameter.Role>()
    for parameter in model.parameters.parameters where parameter.isTrainable {
      var one = StateDictionary()
      one[parameter.name] = StoredTensor(shape: parameter.shape, floats: model.parameters.values(of: parameter))
      let names = (try? checkpoint.dialect.names(for: one, configuration.input, file: name).names) ?? []
      if names.contains(where: listed.contains) { undecayed.insert(parameter.role) }
    }
    var recipe = configuration.method.recipe(.base).optimizer
    recipe.beta1 = description.optimizer.betas[0]
    recipe.beta2 = description.optimizer.betas[1]
    recipe.epsilon = description.optimizer.eps
    recipe.weightDecay = description.optimizer.weightDecay
    recipe.clipGradient = nil
    recipe.undecayed = Array(undecayed)
    return recipe
  }
}
