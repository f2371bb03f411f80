import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels

/// Features of stills and clips: what a trained encoder makes of all their tokens, none of them masked.
///
/// Of a video the clip in its middle is taken; for a model of pairs of frames, the frame in its middle.
public final class FeatureExtractor {
  /// What the model was read from.
  public let checkpoint: Checkpoint
  /// The block whose output is taken, from 1, before any final norm; nil = the encoder's output, after its final norm.
  public let layer: Int?
  /// Which numbers stand for a sample.
  public let pooling: Pooling
  /// Frames of a file, and their size.
  public let request: SampleRequest
  /// What people should know about the model, one sentence each.
  public let remarks: [String]
  private let model: Model
  private let kernels: Kernels

  /// - Parameter path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  /// - Throws: ``CheckpointError`` when there is no whole encoder; ``ConfigurationError`` when it has no such layer or no class
  ///   token.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), layer: Int? = nil, pooling: Pooling = .mean,
    on kernels: Kernels = Kernels()
  ) throws {
    self.kernels = kernels
    self.layer = layer
    self.pooling = pooling
    checkpoint = try Checkpoint.read(path: path, options: weights)
    try checkpoint.requireHeads(decoder: false)
    let configuration = checkpoint.configuration
    let depth = configuration.encoder.blocks.depth
    if let layer, !(1...depth).contains(layer) {
      throw ConfigurationError("layer is \(layer); the encoder has blocks 1 to \(depth)")
    }
    if pooling == .cls, !configuration.encoder.classToken {
      throw ConfigurationError("pool is cls; this \(configuration.method.name) has no class token, use mean or tokens")
    }
    model = try Model(configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    remarks = report.remarks
    if let missing = report.missing.first(where: { $0.hasPrefix("encoder.") }) {
      throw CheckpointError(.unusable, file: checkpoint.path, tensor: missing, reason: "is missing")
    }
    var request = checkpoint.fixedRequest(for: configuration)
    if case .pair = request.sampling { request.sampling = .still }
    self.request = request
  }

  /// `[width]`, or `[tokens, width]` without pooling.
  public var featureShape: [Int] {
    let configuration = model.configuration
    return (pooling == .tokens ? [configuration.grid.count] : []) + [configuration.encoder.blocks.width]
  }

  /// The features of clips, one after the other.
  ///
  /// - Precondition: clips have the frames and the size of ``request``.
  public func features(of clips: [Clip]) -> [Float] {
    let configuration = model.configuration
    let (grid, width) = (configuration.grid, configuration.encoder.blocks.width)
    let encoder = model.objective.encoder
    var inside: Tensor?
    let probe = Probe(output: { index, x in if index + 1 == self.layer { inside = x.tensor } })
    let output = encoder(
      model.source(ClipBatch(clips)), EncoderTokens(allOf: grid, samples: clips.count),
      in: Pass(inferring: model.parameters, on: kernels), probe: probe)
    let values = (inside ?? output.tensor).floats()
    let rows = encoder.classRows + grid.count
    return clips.indices.flatMap { clip in
      let tokens = values[clip * rows * width..<(clip + 1) * rows * width]
      return switch pooling {
      case .cls: Array(tokens.prefix(width))
      case .tokens: Array(tokens.dropFirst(encoder.classRows * width))
      case .mean: Self.mean(tokens.dropFirst(encoder.classRows * width), width: width)
      }
    }
  }

  private static func mean(_ tokens: ArraySlice<Float>, width: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: width)
    var column = 0
    for value in tokens {
      sums[column] += Double(value)
      column = column + 1 == width ? 0 : column + 1
    }
    return sums.map { Float($0 * Double(width) / Double(tokens.count)) }
  }
}
