import MAECore
import MAEEngine
import MAEModels
import Testing

/// A classifier: no masks, no decoder, labels; an objective that the package does not know.
private struct Classifier: Objective {
  static let classes = OptionDefinition(
    "classes", default: .whole(2), help: "Number of classes.",
    check: { $0.whole.map { $0 > 1 } == true ? nil : "expected at least 2" })

  static let usesMasks = false
  static let options = [classes]
  static let decoderAttention = DecoderAttention.none
  static var reads: Set<PartialKeyPath<ModelConfiguration>> { [] }
  static func problems(of model: ModelConfiguration) -> [String] {
    model.encoder.classToken ? [] : ["\(model.method) needs a class token"]
  }

  let encoder: VisionTransformer
  private let head: Linear
  private let (grid, classes): (TokenGrid, Int)

  init(_ configuration: ModelConfiguration, in scope: ParameterScope) {
    encoder = VisionTransformer(configuration, in: scope["encoder"])
    classes = configuration[Self.classes].whole ?? 0
    head = Linear(
      configuration.encoder.blocks.width, classes, initializer: .truncatedNormal(deviation: 2e-5, cut: 2), in: scope["head"])
    grid = configuration.grid
  }

  /// The mean squared difference from a one in the place of the class.
  func loss(of batch: Batch, in pass: Pass) -> Loss {
    let samples = batch.pixels.shape.samples
    let features = encoder(batch.pixels, EncoderTokens(allOf: grid, samples: samples), in: pass)
    let outputs = head(features.rows((0..<samples).map { Int32($0 * (grid.count + 1)) }))
    let targets = batch.samples.flatMap { sample in (0..<classes).map { $0 == sample.label ? Float(1) : 0 } }
    let loss = outputs.pixelLoss(
      pass.tape.kernels.tensor(targets, [samples, classes]), .squared, divisor: Double(targets.count))
    return Loss(loss, parts: [(name: "squared", value: Double(loss.tensor.scalar))])
  }
}

extension Method {
  fileprivate static let classifier: Method = Method(
    name: "classifier", citation: "none", source: "a test", isForVideo: false, objective: Classifier.self,
    initialization: .mae
  ) { size in
    var recipe = Method.mae.recipe(size)
    recipe.model.decoder = nil
    return recipe
  }
}

/// An objective from outside, as natural as the package's own.
@Suite struct OwnObjectiveTests {
  private static func model() -> ModelConfiguration {
    var model = Method.classifier.model(.tiny)
    model.input.size = FrameSize(square: 16)
    model.input.patch = 8
    model.encoder.blocks = BlockConfiguration(width: 16, depth: 2, heads: 2)
    return model
  }

  /// Bright pictures of one class and dark ones of another.
  private static let clips = ClipBatch(
    shape: ClipBatchShape(samples: 4, frames: 1, size: FrameSize(square: 16)),
    pixels: (0..<4).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 40 : 200, count: 16 * 16 * 3) },
    samples: (0..<4).map {
      Sample(file: $0, position: $0, epoch: 0, crop: PixelRect(x: 0, y: 0, width: 16, height: 16), label: $0 % 2)
    })

  @Test("a classifier learns labels without masks")
  func learns() throws {
    let (model, kernels) = (try Model(Self.model(), seed: 1), Kernels(threads: 1))
    #expect(model.visibleTokens == 4 && model.maskingRemark == nil)
    #expect(try model.masks(for: Self.clips.samples, random: RandomStream(seed: 1)).isEmpty)
    let batch = model.batch(Self.clips, masks: [])
    #expect(model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: kernels)) == nil)
    let losses = (0..<30).map { _ in
      let loss = GradientPass(model, on: kernels) { _, _ in batch }.loss
      for parameter in model.parameters.parameters where parameter.isTrainable {
        let gradient = model.parameters.gradient(of: parameter)
        model.parameters.setValues(
          zip(model.parameters.values(of: parameter), gradient).map { $0 - 0.1 * $1 }, of: parameter)
      }
      return loss
    }
    #expect(abs(losses[0] - 0.5) < 0.01 && losses[29] < 0.1, "\(losses)")
  }

  @Test("blocks have depths, for rates that differ by layer")
  func depths() throws {
    let parameters = Self.model().parameters
    func depth(_ name: String) -> Int? { parameters.first { $0.name == name }?.depth }
    #expect(depth("encoder.patch_embed.proj.weight") == 0 && depth("encoder.cls_token") == 0)
    #expect(depth("encoder.blocks.0.attn.qkv.weight") == 1 && depth("encoder.blocks.1.mlp.fc2.bias") == 2)
    #expect(depth("encoder.norm.weight") == 3 && depth("head.weight") == nil)
  }

  @Test("options of its own are read, checked and named")
  func options() throws {
    var model = Self.model()
    #expect(model.problems == [])
    model.options = ["classes": .whole(5)]
    #expect(model.parameters.last?.shape == [5])
    model.options = ["classes": .whole(1)]
    #expect(model.problems == ["model.options.classes is 1; expected at least 2"])
    model.options = ["classes": .text("many"), "colour": .truth(true)]
    #expect(
      model.problems == [
        "model.options.classes is many; expected a whole number",
        "model.options.colour: classifier has no such option; it has classes",
      ])
  }
}
