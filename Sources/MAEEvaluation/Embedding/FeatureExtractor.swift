import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAETraining

/// Features of stills and clips: what a trained encoder makes of all their tokens, none of them masked.
///
/// Of a video the clip in its middle is taken; for a model of pairs of frames, the frame in its middle.
public final class FeatureExtractor: ClipFeatures {
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
  private let encoder: PooledEncoder

  /// - Parameter path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  /// - Throws: ``CheckpointError`` when there is no whole encoder; ``ConfigurationError`` when it has no such layer or no class
  ///   token.
  public convenience init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), layer: Int? = nil, pooling: Pooling = .mean,
    on kernels: Kernels = Kernels()
  ) throws {
    try self.init(Checkpoint.read(path: path, options: weights), layer: layer, pooling: pooling, on: kernels)
  }

  /// - Parameters:
  ///   - seed: of initial weights to take in place of the checkpoint's.
  ///   - model: with the inputs to take in place of the checkpoint's own, which differ where those of its run change on the way.
  init(
    _ checkpoint: Checkpoint, layer: Int?, pooling: Pooling, seed: UInt64? = nil, adaptedTo model: ModelConfiguration? = nil,
    on kernels: Kernels
  ) throws {
    self.layer = layer
    self.pooling = pooling
    self.checkpoint = checkpoint
    try checkpoint.requireHeads(decoder: false)
    let configuration = model ?? checkpoint.configuration
    let depth = configuration.encoder.blocks.depth
    if let layer, !(1...depth).contains(layer) {
      throw ConfigurationError("--layer is \(layer); the encoder has blocks 1 to \(depth)")
    }
    if pooling == .cls, !configuration.encoder.classToken {
      throw ConfigurationError("--pool is cls; this \(configuration.method.name) has no class token, use mean or tokens")
    }
    let own = try Model(checkpoint.configuration, seed: seed)
    if seed == nil {
      let report = try checkpoint.load(into: own)
      remarks = report.remarks
      if let missing = report.missing.first(where: { $0.hasPrefix("encoder.") }) {
        throw CheckpointError(.unusable, file: checkpoint.path, tensor: missing, reason: "is missing")
      }
    } else {
      remarks = []
    }
    encoder = try PooledEncoder(model: own.adapted(to: configuration), layer: layer, pooling: pooling, kernels: kernels)
    var request = checkpoint.fixedRequest(for: configuration)
    if case .pair = request.sampling { request.sampling = .still }
    self.request = request
  }

  /// The same with the weights that training began with, unless those came from a file: then with random ones.
  func untrained() throws -> FeatureExtractor {
    try FeatureExtractor(checkpoint, layer: layer, pooling: pooling, seed: checkpoint.recipe?.run.seed ?? 0, on: encoder.kernels)
  }

  /// The same with one vector for a sample.
  func pooled() throws -> FeatureExtractor {
    pooling == .tokens ? try FeatureExtractor(checkpoint, layer: layer, pooling: .mean, on: encoder.kernels) : self
  }

  /// The same with the weights of the other checkpoints of its run, if it belongs to one; oldest first. All take the inputs of
  /// this one.
  func othersOfRun() throws -> [(step: Int, extractor: FeatureExtractor)] {
    let entries = CheckpointStore(folder: Folder.parent(of: checkpoint.path)).entries()
    guard entries.contains(where: { $0.path == checkpoint.path }) else { return [] }
    return try entries.filter { $0.path != checkpoint.path && CheckpointStore.damage(of: $0.path) == nil }.map { entry in
      let other = try Checkpoint.read(path: entry.path, options: WeightOptions(catalogue: checkpoint.catalogue))
      return (
        entry.step,
        try FeatureExtractor(
          other, layer: layer, pooling: pooling, adaptedTo: checkpoint.configuration, on: encoder.kernels)
      )
    }
  }

  /// Channels of a token.
  public var width: Int { encoder.width }

  /// `[width]`, or `[tokens, width]` without pooling; a vector beside the pictures is the last token.
  public var featureShape: [Int] {
    let configuration = encoder.model.configuration
    let tokens = configuration.grid.count + (configuration.input.vector == nil ? 0 : 1)
    return (pooling == .tokens ? [tokens] : []) + [width]
  }

  /// Samples that go through the encoder at once unless somebody says: 32 stills or 4 clips.
  var defaultBatch: Int { request.sampling.frameCount == 1 ? 32 : 4 }

  /// Reads files as the model sees them.
  ///
  /// - Parameters:
  ///   - chunk: files that are handed on together; nil = ``defaultBatch``.
  ///   - clips: of each video.
  ///   - timeLimit: how long nothing may get on before a file is given up.
  func reader(
    chunk: Int?, threads: Int, allowsTruncated: Bool, timeLimit: Duration?, clips: Int = 1
  ) -> FileReadAhead {
    let (preprocessor, size) = (checkpoint.preprocessor, request.size)
    return FileReadAhead(
      request: request, window: { preprocessor.window(in: $0, for: size) }, clips: clips, allowsTruncated: allowsTruncated,
      timeLimit: timeLimit, chunk: chunk ?? defaultBatch, threads: threads)
  }

  /// The features of clips, one after the other.
  ///
  /// - Precondition: clips have the frames and the size of ``request``.
  public func features(of clips: [Clip]) -> [Float] { encoder.features(of: clips) }

  /// The pooled output of every block, the first block of all clips first.
  func featuresOfBlocks(of clips: [Clip]) -> [[Float]] { encoder.featuresOfBlocks(of: clips) }
}
