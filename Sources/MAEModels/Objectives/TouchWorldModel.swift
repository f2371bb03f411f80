import MAECore
import MAEEngine

/// Encodes the visible tokens of a picture and of maps of touch together and predicts both: the representation part of M3L
/// (Sferrazza et al. 2023).
///
///     loss = mean (pixels − predicted)² + weight · mean (touch − predicted)² + weight · mean (symlog vector − predicted)²
///
/// The grid has a time slot for the picture and one for each sensor. Behind a convolutional stem the error is of all patches,
/// else of the hidden ones. A plain vector beside them, or in the place of touch, is ours: one token, the linear map of its
/// symlog, of which M3L's shares, rounded down, never hide any. A picture alone is encoded, too.
public struct TouchWorldModel: Objective {
  /// What is reused after pretraining.
  public let encoder: VisionTransformer
  private let model: ModelConfiguration
  private let touch: TouchConfiguration?
  private let embedding: Linear?
  private let maskToken: Parameter
  private let positions: SensePositions
  private let blocks: [TransformerBlock]
  private let norm: LayerNorm
  private let pixels: Linear
  private let touches, vectors: Linear?
  private let touchWeight, vectorWeight: Float
  private let isOverAll: Bool

  /// One sequence of several senses.
  public static let decoderAttention = DecoderAttention.senses
  /// Weight of the error of touch.
  public static let touchLossWeight = OptionDefinition(
    "touch-weight", default: .number(10), help: "Weight of the error of touch beside that of the pixels."
  ) { $0.number.map { $0 >= 0 && $0.isFinite } == true ? nil : "expected at least 0" }
  /// Weight of the error of the vector.
  public static let vectorLossWeight = OptionDefinition(
    "vector-weight", default: .number(1), help: "Weight of the error of the vector beside that of the pixels."
  ) { $0.number.map { $0 >= 0 && $0.isFinite } == true ? nil : "expected at least 0" }
  /// Which patches count.
  public static let lossOver = LossScope.option(default: .auto)
  /// What it brings along.
  public static let options = [touchLossWeight, vectorLossWeight, lossOver]

  /// Whether there is something beside the picture, and picture and touch have tokens of equal number.
  public static func problems(of model: ModelConfiguration) -> [String] {
    guard let decoder = model.decoder, decoder.cross == nil else { return ["\(model.method) needs a decoder of one clip"] }
    let sensors = model.input.sensors
    guard sensors != 0 || model.input.vector != nil else {
      return ["\(model.method) needs sensors, model.input.touch.sensors, or a vector beside the picture, --vector state:7"]
    }
    var problems: [String] = []
    if sensors < 0 { problems.append("model.input.touch.sensors is \(sensors); expected at least 0") }
    if let touch = model.input.touch, sensors > 0,
      touch.patch < 1 || model.input.patch % max(1, touch.patch) != 0 || touch.patch.nonzeroBitCount != 1
    {
      problems.append(
        "model.input.touch.patch is \(touch.patch); expected a power of two that divides --patch-size \(model.input.patch)")
    }
    if model.encoder.classRows > 0 || decoder.classToken != .none { problems.append("\(model.method) has no class token") }
    if model.encoder.positions != .senses || decoder.positions != .senses {
      problems.append("\(model.method) needs positions: senses in encoder and decoder")
    }
    if model.input.tubelet != model.input.frames || model.input.views != nil {
      problems.append("\(model.method) stacks all frames of one camera: --tubelet-size must be --num-frames, without --views")
    }
    return problems
  }

  /// What it reads of the settings that some objectives ignore.
  public static var reads: Set<PartialKeyPath<ModelConfiguration>> { [\.decoder, \.masking] }

  /// Declares the parameters.
  public init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    guard let decoder = configuration.decoder else { preconditionFailure("TouchWorldModel: there is no decoder") }
    (model, touch) = (configuration, configuration.input.sensors > 0 ? configuration.input.touch : nil)
    let (inputs, width, initialization) = (
      configuration.encoder.blocks.width, decoder.blocks.width, configuration.method.initialization
    )
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    let scope = scope["decoder"]
    embedding =
      inputs == width
      ? nil : Linear(inputs, width, initializer: initialization.bridge(inputs, width), hiddenMaps: 1, in: scope["embed"])
    maskToken = scope.parameter("mask_token", [1, 1, width], .normal(deviation: 1), role: .token)
    positions = SensePositions(
      grid: configuration.grid, hasVector: configuration.input.vector != nil, width: width, classRows: 0, in: scope)
    blocks = (0..<decoder.blocks.depth).map {
      TransformerBlock(decoder.blocks, depth: $0 + 1, initialization, in: scope["blocks"][$0])
    }
    norm = LayerNorm(width, epsilon: decoder.finalNormEpsilon, in: scope["norm"])
    func head(_ patch: Int, _ name: String) -> Linear {
      let values = patch * patch * configuration.input.tubelet * configuration.input.channels.count
      return Linear(width, values, initializer: initialization.linear(width, values), in: scope[name])
    }
    pixels = head(configuration.input.patch, "pred")
    touches = touch.map { head($0.patch, "touch_pred") }
    vectors = configuration.input.vector.map { vector in
      Linear(width, vector.count, initializer: initialization.linear(width, vector.count), in: scope["vector_pred"])
    }
    touchWeight = Float(configuration[Self.touchLossWeight].number ?? 10)
    vectorWeight = Float(configuration[Self.vectorLossWeight].number ?? 1)
    isOverAll = LossScope.isOverAll(Self.lossOver, of: configuration)
  }

  /// The error of the picture, and those of touch and of the vector, where there are any.
  public func loss(of batch: Batch, in pass: Pass) -> Loss { compared(batch, in: pass).loss }

  /// Of hidden tokens the pixels, and touch with every value repeated over its square.
  public func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let (loss, latents, image, touched) = compared(batch, in: pass)
    let (kernels, grid) = (pass.tape.kernels, model.grid)
    let targets = kernels.values(of: self.targets(batch, slots: 0..<grid.time, patch: model.input.patch)).values
    let width = image.width
    var values: [Float] = []
    let (pictured, felt) = (image.tensor.floats(), touched.map { enlarged($0.tensor.floats()) } ?? [])
    var rows: [Int32] = []
    for (sample, mask) in batch.masks.enumerated() {
      for token in mask.hidden {
        let slot = Int(token) / grid.plane
        let row =
          slot == 0 ? sample * grid.plane + Int(token) : sample * model.input.sensors * grid.plane + Int(token) - grid.plane
        values += (slot == 0 ? pictured : felt)[row * width..<(row + 1) * width]
        rows.append(Int32(sample * grid.count) + token)
      }
    }
    return Prediction(
      loss: loss, latents: latents, values: pass.tape.constant(kernels.tensor(values, [rows.count, width])),
      targets: kernels.gatherRows(targets, rows))
  }

  /// The values of every token: of pictures `[samples · tokens, values]`, of touch `[samples · sensors · tokens, values]`; nil
  /// without sensors.
  package func predictions(of batch: Batch, in pass: Pass) -> (image: Variable, touch: Variable?) {
    let (_, _, image, touched) = compared(batch, in: pass)
    return (image, touched)
  }

  /// What the decoder's first block gets, `[samples · tokens, width]`, in the order of the grid; behind it the vector's token
  /// where the latents end with one.
  package func decoderInput(_ latents: Variable, masks: [TokenMask]) -> Variable {
    let (tape, grid) = (latents.tape, model.grid)
    let hasVector = latents.rows > masks.reduce(0) { $0 + $1.visible.count }
    let count = grid.count + (hasVector ? 1 : 0)
    var sources = [Int32](repeating: Int32(TokenPlacement.maskToken), count: masks.count * count)
    var row: Int32 = 0
    for (sample, mask) in masks.enumerated() {
      for token in mask.visible {
        sources[sample * count + Int(token)] = row
        row += 1
      }
      guard hasVector else { continue }
      sources[sample * count + grid.count] = row
      row += 1
    }
    return (embedding.map { $0(latents) } ?? latents).placed(
      TokenPlacement(sources: sources, places: masks.flatMap { _ in 0..<Int32(count) }),
      maskToken: tape.variable(of: maskToken), positions: positions.table(on: tape))
  }

  private func compared(
    _ batch: Batch, in pass: Pass
  ) -> (loss: Loss, latents: Variable, image: Variable, touch: Variable?) {
    let (samples, grid) = (batch.masks.count, model.grid)
    let latents = encoder(batch.pixels, EncoderTokens(visible: batch.visible), in: pass, probe: pass.probes["encoder"])
    var x = decoderInput(latents, masks: batch.masks)
    for block in blocks { x = pass.run([x]) { block($0[0], samples: samples) } }
    let count = x.rows / samples
    func rows(_ slots: Range<Int>) -> [Int32] {
      (0..<samples).flatMap { sample in
        (slots.lowerBound * grid.plane..<slots.upperBound * grid.plane).map { Int32(sample * count + $0) }
      }
    }
    x = norm(x)
    let image = pixels(x.rows(rows(0..<1)))
    let touched = touches.map { $0(x.rows(rows(1..<grid.time))) }
    func error(_ values: Variable, _ slots: Range<Int>, _ patch: Int) -> Variable {
      let (kernels, tokens) = (pass.tape.kernels, slots.count * grid.plane)
      var (values, targets) = (values, kernels.values(of: self.targets(batch, slots: slots, patch: patch)).values)
      if !isOverAll {
        let first = Int32(slots.lowerBound * grid.plane)
        let hidden = batch.masks.enumerated().flatMap { sample, mask in
          mask.hidden.compactMap { (0..<Int32(tokens)).contains($0 - first) ? Int32(sample * tokens) + $0 - first : nil }
        }
        // Of few tokens a small ratio hides none.
        guard !hidden.isEmpty else { return pass.tape.constant(kernels.zeros([1])) }
        (values, targets) = (values.rows(hidden), kernels.gatherRows(targets, hidden))
      }
      return values.pixelLoss(targets, .squared, divisor: Double(targets.count))
    }
    var loss = Loss(reconstruction: error(image, 0..<1, model.input.patch))
    func add(_ error: Variable, _ name: String, weight: Float) {
      loss.parts.append((name: name, value: Double(error.tensor.scalar)))
      loss.total = loss.total.adding(error, weight: weight)
    }
    if let touched, let touch { add(error(touched, 1..<grid.time, touch.patch), "touch", weight: touchWeight) }
    if let vectors, count > grid.count {
      let predicted = vectors(x.rows((0..<samples).map { Int32($0 * count + grid.count) }))
      let truth = pass.tape.kernels.vectorSymlogs(of: batch.pixels)
      add(predicted.pixelLoss(truth, .squared, divisor: Double(truth.count)), "vector", weight: vectorWeight)
    }
    return (loss, latents, image, touched)
  }

  /// Of all tokens of some slots, with patches of the picture's size or of a sensor's.
  package func targets(_ batch: Batch, slots: Range<Int>, patch: Int) -> PatchTargets {
    let (input, grid) = (model.input, model.grid)
    let own = TokenGrid(time: slots.count, height: grid.height, width: grid.width)
    var targets = PatchTargets(
      batch.pixels, PatchLayout(grid: own, patch: patch, tubelet: input.tubelet),
      frames: (0..<Int32(slots.count * input.tubelet)).map { $0 }, framesPerSlot: input.tubelet, normalization: .none,
      inUnits: model.target.values == .unit, tokens: Array(repeating: Array(0..<Int32(own.count)), count: batch.masks.count),
      firstFrame: slots.lowerBound * input.tubelet)
    targets.step = input.patch / patch
    return targets
  }

  /// Tokens of touch `[tokens, frames · patch · patch · channels]` with every value repeated over a square of the picture.
  private func enlarged(_ values: [Float]) -> [Float] {
    let (small, large, channels) = (touch?.patch ?? model.input.patch, model.input.patch, model.input.channels.count)
    let step = large / small
    return (0..<values.count / (small * small * channels)).flatMap { frame in
      (0..<large * large).flatMap { place in
        let start = ((frame * small + place / large / step) * small + place % large / step) * channels
        return values[start..<start + channels]
      }
    }
  }
}
