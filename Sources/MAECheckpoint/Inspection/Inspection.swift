import MAECore
import MAEFoundation
import MAEModels

/// What a weight file or folder is: the result of `mae inspect`.
public struct Inspection: Codable, Hashable, Sendable {
  /// A stack of transformer blocks.
  public struct Stack: Codable, Hashable, Sendable {
    /// Of the tokens.
    public var width: Int
    /// Blocks.
    public var depth: Int
    /// Nil when nothing tells.
    public var heads: Int?
    /// Inside of each block's feed-forward part.
    public var feedForwardWidth: Int
    /// Values that the file holds for it.
    public var parameters: Int
  }

  /// A tensor with values that are infinite or no numbers.
  public struct NonFinite: Codable, Hashable, Sendable {
    /// Its name in the file.
    public var tensor: String
    /// Values that are infinite or not a number.
    public var count: Int
  }

  /// As given.
  public var path: String
  /// The weight files that were read.
  public var files: [String]
  /// `safetensors` or `PyTorch`.
  public var form: String
  /// Whose names the tensors have.
  public var names: String?
  /// Nil where neither configuration nor weights tell.
  public var method: Method?
  /// Of the input, in pixels.
  public var imageSize: FrameSize?
  /// Of the input.
  public var channels: Int?
  /// Of a clip; nil or 1 for stills.
  public var frames: Int?
  /// Side of a patch, in pixels.
  public var patchSize: Int?
  /// Frames of a token.
  public var tubeletSize: Int?
  /// Tokens of the input.
  public var grid: TokenGrid?
  /// Nil where it is not known.
  public var encoder: Stack?
  /// Nil when the file holds none.
  public var decoder: Stack?
  /// Whether there are weights of a decoder.
  public var hasDecoder: Bool
  /// Tensors and values in the file.
  public var tensors: Int
  /// Numbers in all tensors.
  public var parameters: Int
  /// Of all tensors.
  public var bytes: Int
  /// How many tensors there are of each element type.
  public var elementTypes: [String: Int]
  /// `none`, `perPatch`, `perChannel`; nil when nothing tells.
  public var pixelNormalization: String?
  /// Of the encoder's norms.
  public var normEpsilon: Float?
  /// Tensors that no model should have.
  public var nonFinite: [NonFinite]
  /// What the file says about itself.
  public var notes: [String: String]
  /// Known names without a place in a model of ours, with what they are.
  public var ignored: [String: String]
  /// Names that nothing explains.
  public var unknown: [String]
  /// What had to be assumed, one sentence each.
  public var assumptions: [String]
  /// What else was decided on the way: which weights of several were taken, what was merged, what was left aside.
  public var remarks: [String]
  /// The forms it can be exported in.
  public var exports: [String]
  /// Why it cannot be used as a model, one sentence; nil when it can.
  public var problem: String?

  /// Reads the file or folder at `path`, all values included.
  ///
  /// - Throws: ``CheckpointError`` when no tensors can be read. Tensors that make no model are described with a ``problem``.
  public init(path: String, options: WeightOptions = WeightOptions()) throws(CheckpointError) {
    let place = try CheckpointPlace(path)
    let file = try WeightFile.read(path: place.path)
    do throws(CheckpointError) {
      let checkpoint = try Checkpoint(path: place.path, file, options)
      self = try Inspection(path: place.path, file, checkpoint.entries)
      describe(checkpoint)
    } catch {
      self = try Inspection(path: place.path, file, file.entries)
      problem = error.description
    }
    remarks = place.remarks + remarks
  }

  /// Tensors as stored, under the names that the file has.
  private init(path: String, _ file: WeightFile, _ entries: [TensorEntry]) throws(CheckpointError) {
    self.path = path
    files = file.files
    form = file.form.rawValue
    hasDecoder = false
    let state = try file.state(of: entries.filter { $0.oddity == nil }.map(\.name))
    tensors = entries.count
    parameters = state.valueCount
    bytes = state.reduce(0) { $0 + $1.tensor.byteCount }
    elementTypes = Dictionary(state.map { ($0.tensor.type.rawValue, 1) }, uniquingKeysWith: +)
    elementTypes.merge(entries.compactMap { $0.oddity.map { ($0, 1) } }, uniquingKeysWith: +)
    nonFinite = state.compactMap { name, tensor in
      guard tensor.type.isFloatingPoint else { return nil }
      let count = nonFiniteCount(tensor.floats().span)
      return count > 0 ? NonFinite(tensor: name, count: count) : nil
    }
    notes = file.metadata.filter { $0.key != ModelConfiguration.metadataKey }
    ignored = [:]
    unknown = []
    assumptions = []
    remarks = []
    exports = []
  }

  private mutating func describe(_ checkpoint: Checkpoint) {
    let model = checkpoint.configuration
    names = checkpoint.dialect.title
    method = model.method
    imageSize = model.input.size
    channels = model.input.channels.count
    frames = model.input.frames
    patchSize = model.input.patch
    tubeletSize = model.input.tubelet
    grid = model.grid
    hasDecoder = checkpoint.hasDecoder
    encoder = Stack(model.encoder.blocks, checkpoint.weights, "encoder.")
    decoder = hasDecoder ? model.decoder.map { Stack($0.blocks, checkpoint.weights, "decoder.") } : nil
    pixelNormalization = checkpoint.assumesNormalization ? nil : model.target.normalization.rawValue
    normEpsilon = model.encoder.blocks.normEpsilon
    ignored = Dictionary(checkpoint.ignored.map { ($0.name, $0.part) }) { first, _ in first }
    unknown = checkpoint.unknown
    assumptions = checkpoint.assumptions
    remarks = checkpoint.remarks.filter { !assumptions.contains($0) }
    if checkpoint.undecided.contains("encoder") { encoder?.heads = nil }
    if checkpoint.undecided.contains("decoder") { decoder?.heads = nil }
    exports = ExportTargets.all.filter { $0.obstacle(for: checkpoint.configuration) == nil }.map(\.name)
  }

  /// The result as JSON with snake-case keys.
  public var json: String { JSONText.indented(self) }
}

extension Inspection.Stack {
  fileprivate init(_ blocks: BlockConfiguration, _ weights: StateDictionary, _ prefix: String) {
    self.init(
      width: blocks.width, depth: blocks.depth, heads: blocks.heads, feedForwardWidth: blocks.feedForwardWidth,
      parameters: weights.reduce(0) { $0 + ($1.name.hasPrefix(prefix) ? $1.tensor.count : 0) })
  }
}
