import Foundation
import MAECore
import MAEModels

/// What a weight file or folder is: the result of `mae inspect`.
public struct Inspection: Codable, Hashable, Sendable {
  /// A stack of transformer blocks.
  public struct Stack: Codable, Hashable, Sendable {
    public var width: Int
    public var depth: Int
    public var heads: Int
    public var feedForwardWidth: Int
    /// Values that the file holds for it.
    public var parameters: Int
  }

  public struct NonFinite: Codable, Hashable, Sendable {
    public var tensor: String
    /// Values that are infinite or not a number.
    public var count: Int
  }

  public var path: String
  public var files: [String]
  /// `safetensors` or `PyTorch`.
  public var form: String
  /// Whose names the tensors have.
  public var names: String?
  public var method: Method?
  public var imageSize: FrameSize?
  public var channels: Int?
  public var frames: Int?
  public var patchSize: Int?
  public var tubeletSize: Int?
  public var grid: TokenGrid?
  public var encoder: Stack?
  /// Nil when the file holds none.
  public var decoder: Stack?
  public var hasDecoder: Bool
  /// Tensors and values in the file.
  public var tensors: Int
  public var parameters: Int
  public var bytes: Int
  /// How many tensors there are of each element type.
  public var elementTypes: [String: Int]
  /// `none`, `perPatch`, `perChannel`; nil when nothing tells.
  public var pixelNormalization: String?
  public var normEpsilon: Float?
  public var nonFinite: [NonFinite]
  /// What the file says about itself.
  public var notes: [String: String]
  /// Known names without a place in a model of ours, with what they are.
  public var ignored: [String: String]
  /// Names that nothing explains.
  public var unknown: [String]
  /// What had to be assumed, one sentence each.
  public var assumptions: [String]
  /// The forms it can be exported in.
  public var exports: [String]
  /// Why it cannot be used as a model, one sentence; nil when it can.
  public var problem: String?

  /// Reads the file or folder at `path`, all values included.
  ///
  /// - Throws: ``CheckpointError`` when no tensors can be read. Tensors that make no model are described with a ``problem``.
  public init(path: String) throws(CheckpointError) {
    let place = try Checkpoint.resolve(path)
    let file = try WeightFile.read(path: place)
    // Described as stored, under the names that the file has.
    self.init(path: place, file)
    do {
      describe(try Checkpoint(path: place, file))
    } catch {
      problem = error.description
    }
  }

  private init(path: String, _ file: WeightFile) {
    self.path = path
    files = file.files
    form = file.form.rawValue
    hasDecoder = false
    tensors = file.state.count
    parameters = file.state.valueCount
    bytes = file.state.reduce(0) { $0 + $1.tensor.byteCount }
    elementTypes = Dictionary(file.state.map { ($0.tensor.type.rawValue, 1) }, uniquingKeysWith: +)
    nonFinite = file.state.compactMap { name, tensor in
      guard tensor.type.isFloatingPoint else { return nil }
      let count = tensor.nonFiniteCount
      return count > 0 ? NonFinite(tensor: name, count: count) : nil
    }
    notes = file.state.metadata.filter { $0.key != ModelConfiguration.metadataKey }
    ignored = [:]
    unknown = []
    assumptions = []
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
    let isGuessed = checkpoint.assumptions.contains { $0.contains("normalised per patch") }
    pixelNormalization = isGuessed ? nil : model.target.normalization.rawValue
    normEpsilon = model.encoder.blocks.normEpsilon
    ignored = Dictionary(checkpoint.ignored.map { ($0.name, $0.part) }) { first, _ in first }
    unknown = checkpoint.unknown
    assumptions = checkpoint.assumptions
    exports = ExportFormat.allCases.filter { checkpoint.obstacle($0) == nil }.map(\.rawValue)
  }

  /// The result as JSON with snake-case keys.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Encoding cannot fail: there are no values without a JSON form.
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }
}

extension Inspection.Stack {
  fileprivate init(_ blocks: BlockConfiguration, _ weights: StateDictionary, _ prefix: String) {
    self.init(
      width: blocks.width, depth: blocks.depth, heads: blocks.heads, feedForwardWidth: blocks.feedForwardWidth,
      parameters: weights.reduce(0) { $0 + ($1.name.hasPrefix(prefix) ? $1.tensor.count : 0) })
  }
}

extension StoredTensor {
  /// Values that are infinite or not a number.
  var nonFiniteCount: Int { floats().count { !$0.isFinite } }
}
