import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import Testing

/// Our side of the exchange with Python libraries; `Tests/interchange.sh` runs it and sets the folder and the direction.
///
/// `write` trains a tiny model of every method for a few steps and leaves its checkpoint, its exports and what it computes.
/// `read` opens what the libraries saved and compares what they computed.
@Suite(.serialized) struct InterchangeTests {
  static let folder = ProcessInfo.processInfo.environment["MAE_INTERCHANGE"] ?? ""
  static let direction = ProcessInfo.processInfo.environment["MAE_INTERCHANGE_DIRECTION"] ?? ""
  /// Largest difference relative to the largest value.
  static let tolerance: Float = 1e-5

  @Test("exports of freshly trained models", .enabled(if: direction == "write"), arguments: Catalogue.builtIn.methods)
  func write(method: Method) throws {
    let kernels = Kernels(threads: 2)
    let model = try Model(Self.configuration(method), seed: 5)
    var random = RandomStream(seed: 17).fork(method.name)
    for _ in 0..<4 { try Self.train(model, on: kernels, &random) }
    let (source, masks) = try Self.batch(model, &random)

    let folder = "\(Self.folder)/\(method.name)"
    try FileManager.default.createDirectory(atPath: folder + "/native", withIntermediateDirectories: true)
    try Checkpoint.write(model, to: folder + "/native", notes: ["step": "4"])
    let checkpoint = try Checkpoint.read(path: folder + "/native")
    for target in ExportTargets.all where target.obstacle(for: model.configuration) == nil {
      _ = try checkpoint.export(target, to: "\(folder)/\(target.name)")
    }
    try SafeTensorsWriter.write(Self.outputs(of: model, source, masks, on: kernels), to: folder + "/computed.safetensors")
  }

  static let classifiers: [(MAEModels.Method, ClassifierConfiguration.Pooling)] = [
    (.mae, .classToken), (.mae, .mean), (.videomae, .mean), (.simmim, .classToken), (.crossmae, .mean),
  ]

  @Test("exports of classifiers", .enabled(if: direction == "write"), arguments: classifiers)
  func writeClassifier(method: MAEModels.Method, pooling: ClassifierConfiguration.Pooling) throws {
    let kernels = Kernels(threads: 2)
    let classes = ["a bird", "cat", "dog", "7", "left"]
    let model = try Model(
      Self.configuration(method).classifying(ClassifierConfiguration(classes: classes, pooling: pooling)), seed: 5)
    var random = RandomStream(seed: 18).fork(method.name)
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let scale = parameter.shape.count > 1 ? 0.5 / Float(parameter.shape.last!).squareRoot() : 0.1
      model.parameters.setValues(
        model.parameters.values(of: parameter).map { $0 + scale * Float(random.normal()) }, of: parameter)
    }
    let folder = "\(Self.folder)/classifiers/\(method.name)-\(pooling.rawValue)"
    try FileManager.default.createDirectory(atPath: folder + "/native", withIntermediateDirectories: true)
    try Checkpoint.write(model, to: folder + "/native", notes: ["step": "4"])
    let checkpoint = try Checkpoint.read(path: folder + "/native")
    for target in [TransformersExport() as any ExportTarget, TimmExport()]
    where target.obstacle(for: model.configuration) == nil {
      _ = try checkpoint.export(target, to: "\(folder)/\(target.name)")
    }
    let (source, _) = try Self.batch(model, &random)
    var state = StateDictionary()
    state["pixels"] = Self.pixels(of: source)
    state["logits"] = StoredTensor(shape: [2, classes.count], floats: Self.logits(of: model, source, on: kernels))
    try SafeTensorsWriter.write(state, to: folder + "/computed.safetensors")
  }

  @Test("classifiers that transformers saved", .enabled(if: direction == "read"), arguments: savedClassifiers)
  func readClassifier(name: String) throws {
    let folder = "\(Self.folder)/saved-classifiers/\(name)"
    let checkpoint = try Checkpoint.read(path: folder + "/model").asClassifier()
    let (model, report) = try checkpoint.model()
    #expect(report.missing.isEmpty && report.leftOver.isEmpty, "\(report)")
    let expected = try SafeTensorsReader.read(path: folder + "/computed.safetensors")
    let source = Self.source(try #require(expected["pixels"]), of: model)
    let difference = Self.difference(
      Self.logits(of: model, source, on: Kernels(threads: 2)), try #require(expected["logits"]).floats())
    #expect(difference <= 1e-4)
    #expect(checkpoint.configuration.classifier?.classes == ["ant", "bee", "cow", "dog"])
    print("\(name) (\(checkpoint.dialect.title)): features and classifier, logits \(difference)")
  }

  @Test("the library saved classifiers of both kinds", .enabled(if: direction == "read"))
  func savedBoth() { #expect(Self.savedClassifiers.count >= 4) }

  static let savedClassifiers: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/saved-classifiers")) ?? []).sorted()

  private static func logits(of model: Model, _ source: PixelSource, on kernels: Kernels) -> [Float] {
    (model.objective as! Classifier).logits(of: source, in: Pass(inferring: model.parameters, on: kernels)).logits.tensor.floats()
  }

  @Test("what the libraries saved", .enabled(if: direction == "read"), arguments: savedCases)
  func read(name: String) throws {
    let kernels = Kernels(threads: 2)
    let folder = "\(Self.folder)/saved/\(name)"
    let checkpoint = try Checkpoint.read(path: folder + "/model")
    let (model, report) = try checkpoint.model()
    let expected = try SafeTensorsReader.read(path: folder + "/computed.safetensors")
    let configuration = model.configuration
    let pixels = try #require(expected["pixels"])
    let source = Self.source(pixels, of: model)
    let count = configuration.grid.count
    let flags = try #require(expected["mask"]).floats()
    let masks = (0..<pixels.shape[0]).map { sample in
      TokenMask(grid: configuration.grid, isHidden: flags[sample * count..<(sample + 1) * count].map { $0 != 0 })
    }
    #expect(report.leftOver.isEmpty, "\(report.leftOver)")
    var differences: [String] = []
    let outputs = Self.outputs(of: model, source, masks, on: kernels)
    for (name, theirs) in expected where name != "pixels" && name != "mask" {
      let difference = Self.difference(try #require(outputs[name]).floats(), theirs.floats())
      #expect(difference <= Self.tolerance, "\(name)")
      differences.append("\(name) \(difference)")
    }
    #expect(!differences.isEmpty)
    print("\(name) (\(checkpoint.dialect.title)): \(differences.joined(separator: ", "))")
  }

  @Test("the libraries saved every kind of model", .enabled(if: direction == "read"))
  func saved() { #expect(Self.savedCases.count >= 24) }

  static let savedCases: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/saved")) ?? []).sorted()

  // MARK: Models

  private static func configuration(_ method: Method) -> ModelConfiguration {
    var configuration = method.model(.tiny)
    configuration.input.size = FrameSize(square: 64)
    if method.isForVideo, configuration.input.frames > 1 { configuration.input.frames = 8 }
    if configuration.input.touch != nil { configuration.input.tubelet = configuration.input.frames }
    if configuration.target.predictedFrames != nil { configuration.target.predictedFrames = 4 }
    if method == .siammae || method == .simmim { configuration.masking.ratio = 0.75 }
    configuration.masking = configuration.masking.ofAllTokens
    // Pictures of 4 × 4 patches leave no larger unit visible.
    if method == .pixio { configuration.masking.rounding = .visibleDownPatches(side: 2) }
    return configuration
  }

  private static func batch(_ model: Model, _ random: inout RandomStream) throws -> (PixelSource, [TokenMask]) {
    let input = model.configuration.input
    let frames = model.configuration.sampleFrames
    let shape = ClipBatchShape(samples: 2, frames: frames, size: input.size, channels: input.channels)
    let values = (0..<shape.count).map { _ in Float(random.normal()) }
    let samples = (0..<2).map { Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: input.size)) }
    let source = PixelSource(shape: shape, values: .floats(values, .framesFirst), mean: input.mean, deviation: input.deviation)
    return (source, try model.masks(for: samples, random: random.fork("masks")))
  }

  /// One step against the gradient, each parameter at its own scale, so that none stays where it began.
  private static func train(_ model: Model, on kernels: Kernels, _ random: inout RandomStream) throws {
    let (source, masks) = try batch(model, &random)
    _ = GradientPass(model, on: kernels) { _, _ in Batch(source, masks: masks) }
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let gradient = model.parameters.gradient(of: parameter)
      let size = (gradient.reduce(0) { $0 + $1 * $1 } / Float(gradient.count)).squareRoot() + 1e-20
      let values = zip(model.parameters.values(of: parameter), gradient).map { $0 - 0.01 * $1 / size }
      model.parameters.setValues(values, of: parameter)
    }
  }

  /// Pixels and masks in transformers' layout, prediction of the hidden tokens, loss, and the features of all tokens.
  private static func outputs(
    of model: Model, _ source: PixelSource, _ masks: [TokenMask], on kernels: Kernels
  ) -> StateDictionary {
    var state = StateDictionary(metadata: ["method": model.configuration.method.name])
    state["pixels"] = pixels(of: source)
    state["mask"] = StoredTensor(
      type: .uint8, shape: [masks.count, model.configuration.grid.count], bytes: masks.flatMap(\.bytes))
    let pass = Pass(inferring: model.parameters, on: kernels)
    let prediction = model.objective.prediction(of: Batch(source, masks: masks), in: pass)!
    let values = prediction.values
    state["prediction"] = StoredTensor(
      shape: [masks.count, values.rows / masks.count, values.width], floats: values.tensor.floats())
    state["loss"] = StoredTensor(
      shape: [1], floats: prediction.loss.parts.filter { $0.name == "reconstruction" }.map { Float($0.value) })
    let features = model.objective.encoder(
      firstFrames(source, of: model), EncoderTokens(allOf: model.configuration.grid, samples: masks.count), in: pass)
    state["features"] = StoredTensor(
      shape: [masks.count, features.rows / masks.count, features.width], floats: features.tensor.floats())
    return state
  }

  /// In transformers' layout; nil where they are bytes.
  private static func pixels(of source: PixelSource) -> StoredTensor? {
    guard case .floats(let values, _) = source.values else { return nil }
    let (shape, size) = (source.shape, source.shape.size)
    let frames = shape.frames == 1 ? [] : [shape.frames]
    return StoredTensor(shape: [shape.samples] + frames + [shape.channels.count, size.height, size.width], floats: values)
  }

  private static func source(_ pixels: StoredTensor, of model: Model) -> PixelSource {
    let input = model.configuration.input
    return PixelSource(
      shape: ClipBatchShape(samples: pixels.shape[0], frames: input.frames, size: input.size, channels: input.channels),
      values: .floats(pixels.floats(), .framesFirst), mean: input.mean, deviation: input.deviation)
  }

  /// Of pairs of frames the first, which is encoded whole; other sources as they are.
  private static func firstFrames(_ source: PixelSource, of model: Model) -> PixelSource {
    guard model.configuration.method.objective.encodedFrame == 1, case .floats(let values, let order) = source.values else {
      return source
    }
    var shape = source.shape
    shape.frames = 1
    let (all, one) = (source.shape.valuesPerSample, shape.valuesPerSample)
    let first = (0..<shape.samples).flatMap { values[$0 * all..<$0 * all + one] }
    return PixelSource(shape: shape, values: .floats(first, order), mean: source.mean, deviation: source.deviation)
  }

  private static func difference(_ ours: [Float], _ theirs: [Float]) -> Float {
    guard ours.count == theirs.count else { return .infinity }
    let largest = theirs.reduce(0) { max($0, abs($1)) }
    return zip(ours, theirs).reduce(0) { $1.0.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) } / largest
  }
}
