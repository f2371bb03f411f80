import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels

/// What an encoder makes of the patches of single frames of any size, none of them masked: its position table is interpolated.
///
/// A model of clips sees a frame that stands still for one tubelet, at the first of its places in time.
public final class FrameEncoder {
  /// What the model was read from.
  public let checkpoint: Checkpoint
  /// What people should know about the model, one sentence each.
  public let remarks: [String]
  private let trained: Model
  private let kernels: Kernels
  private var fitted: (size: FrameSize, encoder: VisionTransformer, store: ParameterStore)?

  /// - Parameters:
  ///   - path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  ///   - seed: of initial weights to take in place of the checkpoint's.
  /// - Throws: ``CheckpointError`` when there is no whole encoder, or one that is tied to the size it was trained at.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), seed: UInt64? = nil, on kernels: Kernels = Kernels()
  ) throws {
    checkpoint = try Checkpoint.read(path: path, options: weights)
    self.kernels = kernels
    try checkpoint.requireHeads(decoder: false)
    if checkpoint.configuration.encoder.relativePositionBias {
      throw CheckpointError(
        .usage, file: checkpoint.path,
        reason: """
          its encoder (\(checkpoint.configuration.method.name)) has a bias for each distance between patches, which is tied to \
          the size that it was trained at; use an encoder that has a position table, such as that of mae or siammae
          """)
    }
    trained = try Model(checkpoint.configuration, seed: seed)
    var remarks: [String] = []
    if seed == nil {
      let report = try checkpoint.load(into: trained)
      remarks = report.remarks
      if let missing = report.missing.first(where: { $0.hasPrefix("encoder.") }) {
        throw CheckpointError(.unusable, file: checkpoint.path, tensor: missing, reason: "is missing")
      }
    }
    if checkpoint.configuration.input.frames > 1 {
      remarks.append("The encoder was trained on clips: each frame stands still for \(checkpoint.configuration.input.tubelet).")
    }
    self.remarks = remarks
  }

  /// Side of a patch in pixels.
  public var patch: Int { checkpoint.configuration.input.patch }
  /// What a pixel of a frame holds.
  public var channels: PixelChannels { checkpoint.configuration.input.channels }

  /// Columns and rows of patches of a frame of a size.
  ///
  /// - Throws: ``ConfigurationError`` when patches do not fill it.
  public func grid(of size: FrameSize) throws(ConfigurationError) -> FrameSize {
    guard size.width % patch == 0, size.height % patch == 0, size.pixelCount > 0 else {
      throw ConfigurationError(
        """
        --size is \(size.height)x\(size.width), which the model's patches of \(patch)×\(patch) pixels do not fill; choose \
        multiples of \(patch), as \(max(1, size.height / patch) * patch)x\(max(1, size.width / patch) * patch)
        """)
    }
    return FrameSize(width: size.width / patch, height: size.height / patch)
  }

  /// The features of a frame's patches at a size, row by row: `[rows · columns, width]`, after the final norm.
  ///
  /// - Throws: ``ConfigurationError`` when patches do not fill the size.
  public func features(of frame: Image, at size: FrameSize) throws(ConfigurationError) -> [Float] {
    let (encoder, store) = try encoder(at: size)
    let input = checkpoint.configuration.input
    let picture = frame.linearlySampled(to: size)
    let still = Clip(
      size: size, channels: frame.channels, times: [Double](repeating: 0, count: input.tubelet),
      pixels: Array(repeatElement(picture.pixels, count: input.tubelet).joined()))
    let tokens = encoder(
      PixelSource(ClipBatch([still]), mean: input.mean, deviation: input.deviation),
      EncoderTokens(allOf: TokenGrid(height: size.height / patch, width: size.width / patch), samples: 1),
      in: Pass(inferring: store, on: kernels))
    return Array(tokens.tensor.floats().dropFirst(encoder.classRows * tokens.tensor.width))
  }

  private func encoder(at size: FrameSize) throws(ConfigurationError) -> (VisionTransformer, ParameterStore) {
    if let fitted, fitted.size == size { return (fitted.encoder, fitted.store) }
    _ = try grid(of: size)
    var configuration = checkpoint.configuration
    (configuration.input.size, configuration.input.frames) = (size, configuration.input.tubelet)
    let scope = ParameterScope()
    let encoder = VisionTransformer(
      configuration, maskToken: trained.parameters["encoder.mask_token"] != nil, in: scope["encoder"])
    let store = ParameterStore(scope, seed: nil)
    for parameter in store.parameters {
      guard let old = trained.parameters[parameter.name] else {
        preconditionFailure("FrameEncoder: the model has no \(parameter.name)")
      }
      let values = trained.parameters.values(of: old)
      store.setValues(
        parameter.role == .position
          ? positions(values, parameter, on: configuration.grid) : values, of: parameter)
    }
    fitted = (size, encoder, store)
    return (encoder, store)
  }

  /// A position table on another grid, of the first place in time; interpolated as DINO's and CropMAE's public code does it,
  /// where 0.1 is added to the new sides.
  private func positions(_ table: [Float], _ parameter: Parameter, on new: TokenGrid) -> [Float] {
    let (old, width) = (checkpoint.configuration.grid, parameter.shape.last ?? 1)
    let isWhole = !parameter.name.hasSuffix("_spatial")
    if parameter.name.hasSuffix("_temporal") || parameter.name.hasSuffix("_class") {
      return Array(table.prefix(parameter.count))
    }
    let leading = isWhole ? table.count / width - old.count : 0
    let plane = TokenGrid(height: old.height, width: old.width)
    let first = Array(table.prefix((leading + plane.count) * width))
    guard (old.height, old.width) != (new.height, new.width) else { return first }
    return PositionResizing.resized(first, width: width, leading: leading, from: plane, to: new, margin: 0.1)
  }
}
