import MAECore
import MAEFoundation

/// What `mae analyze` found: the content of `analysis.json`.
public struct AnalysisResult: Codable, Hashable, Sendable {
  /// A set of weights that was looked at; several of a run give curves.
  public struct Checkpoint: Codable, Hashable, Sendable {
    /// As it was named, or a checkpoint of a run folder.
    public var path: String
    /// Updates of the weights so far; nil where the file does not say.
    public var step: Int?
    /// Passes over the data so far.
    public var epoch: Double?
  }

  /// A still or clip that was looked at.
  public struct Sample: Codable, Hashable, Sendable {
    /// As it was named, or a checkpoint of a run folder.
    public var path: String
    /// From a list, or the name of the folder; nil without one.
    public var label: String?
    /// When the clip begins, in seconds; nil for stills.
    public var time: Double?
  }

  /// Its name.
  public var method: String
  /// Tokens of a sample.
  public var grid: TokenGrid
  /// Side of a patch in pixels, and frames of a token.
  public var patch: Int
  /// Frames of a token.
  public var tubelet: Int
  /// Encoder and decoder blocks.
  public var encoderLayers: Int
  /// Decoder blocks; 0 without a decoder.
  public var decoderLayers: Int
  /// The encoder block of pictures, from 1.
  public var pictureLayer: Int
  /// Hidden share of the tokens for the decoder.
  public var maskRatio: Double
  /// In the order of steps; every series has a row for each.
  public var checkpoints: [Checkpoint]
  /// In the order of their paths.
  public var samples: [Sample]
  /// Numbers of the samples that have maps, spread evenly.
  public var pictured: [Int]
  /// By key.
  public var metrics: [String: MetricResult]

  /// The content of `analysis.json`, one line.
  public var json: String { JSONText.line(self, keys: .convertToSnakeCase) }

  /// What a sample is called: clip or picture.
  public var noun: String { grid.time > 1 ? "clip" : "picture" }
}

/// What one metric says, or why it says nothing.
public struct MetricResult: Codable, Hashable, Sendable {
  /// What it is.
  public var definition: MetricDefinition
  /// Nil when the metric applies.
  public var notApplicable: String?
  /// Numbers over layers, frequencies or ratios, a row per checkpoint.
  public var series: [MetricSeries]
  /// Of single samples and the last checkpoint.
  public var maps: [TokenMap]

  /// The map of a sample with a name.
  public func map(_ name: String, of sample: Int) -> TokenMap? { maps.first { $0.name == name && $0.sample == sample } }
}

/// What a metric is.
public struct MetricDefinition: Codable, Hashable, Sendable {
  /// Its key in the JSON.
  public var key: String
  /// For headings.
  public var title: String
  /// What it tells, in a few sentences.
  public var meaning: String
  /// With `_` and `^` for lower and higher signs.
  public var formula: String
  /// Of its values.
  public var unit: String

  /// A definition; the key is a lower-case word with underscores.
  public init(key: String, title: String, meaning: String, formula: String, unit: String) {
    self.key = key
    self.title = title
    self.meaning = meaning
    self.formula = formula
    self.unit = unit
  }
}

/// The two stacks of blocks.
public enum BlockStack: String, Codable, Hashable, Sendable {
  /// On all tokens, none masked.
  case encoder
  /// On a masked sample: visible tokens and mask tokens.
  case decoder
}

/// Numbers of one kind for every checkpoint.
public struct MetricSeries: Codable, Hashable, Sendable {
  /// What numbers are over.
  public enum Axis: String, Codable, Hashable, Sendable {
    /// Blocks, from 1.
    case layer
    /// Of the token grid, 1 = one period per two tokens.
    case frequency
    /// Hidden share of the tokens.
    case maskRatio = "mask_ratio"
  }

  /// Of the series or map among those of its metric.
  public var name: String
  /// Nil where the numbers belong to neither.
  public var stack: BlockStack?
  /// What the numbers are over.
  public var axis: Axis
  /// Places on the axis.
  public var at: [Double]
  /// Means over samples: a row per checkpoint with a value per place; null where there is none.
  public var values: [[Double?]]
  /// Standard deviations over samples, likewise; null where they say nothing.
  public var deviations: [[Double?]]

  /// A series of one checkpoint.
  ///
  /// - Parameter deviations: nil where they say nothing.
  /// - Precondition: a value for each place.
  public init(
    _ name: String, stack: BlockStack?, axis: Axis, at: [Double], values: [Double?], deviations: [Double?]? = nil
  ) {
    precondition(values.count == at.count, "MetricSeries \(name): \(values.count) values for \(at.count) places")
    self.name = name
    self.stack = stack
    self.axis = axis
    self.at = at
    self.values = [values]
    self.deviations = [deviations ?? at.map { _ in nil }]
  }

  /// The name of a series of one attention head, counted from 1.
  public static func head(_ number: Int) -> String { "head_\(number)" }

  /// Whether it is of one attention head.
  public var isOfHead: Bool { name.hasPrefix(Self.head(0).dropLast()) }
}

/// Numbers of one sample.
public struct TokenMap: Codable, Hashable, Sendable {
  /// What the numbers are.
  public enum Kind: String, Codable, Hashable, Sendable {
    /// A number per token: `[time, height, width]`.
    case tokens
    /// A cluster number per token, from 0: `[time, height, width]`.
    case clusters
    /// 0 = visible, 1 = hidden, 2 = a hint, which is visible: `[time, height, width]`.
    case mask
    /// A number per pair of tokens, or per pair of groups of neighbouring tokens: `[rows, columns]`.
    case pairs
    /// Two coordinates per token: `[tokens, 2]`.
    case plane
  }

  /// Of the series or map among those of its metric.
  public var name: String
  /// Number of the sample, from 0.
  public var sample: Int
  /// What the numbers are.
  public var kind: Kind
  /// See ``Kind``.
  public var shape: [Int]
  /// In the order of ``shape``, the last index fastest.
  public var values: [Double]
  /// For coordinates: the tokens that they belong to.
  public var tokens: [Int]?

  /// Values keep six decimals.
  public init(_ name: String, sample: Int, _ kind: Kind, shape: [Int], values: [Double], tokens: [Int]? = nil) {
    precondition(shape.reduce(1, *) == values.count, "TokenMap \(name): \(values.count) values for \(shape)")
    self.name = name
    self.sample = sample
    self.kind = kind
    self.shape = shape
    self.values = values.map { ($0 * 1e6).rounded() / 1e6 }
    self.tokens = tokens
  }

  /// A value per token of a grid.
  public init(_ name: String, sample: Int, _ kind: Kind, _ grid: TokenGrid, _ values: [Double]) {
    self.init(name, sample: sample, kind, shape: [grid.time, grid.height, grid.width], values: values)
  }
}
