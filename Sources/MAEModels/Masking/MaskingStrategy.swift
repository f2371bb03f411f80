import MAECore
import MAEFoundation

/// Decides which tokens of a clip are hidden from the encoder.
///
/// Every sample of a batch keeps the same number of visible tokens, so the count depends on the grid alone.
public protocol MaskingStrategy: Sendable {
  /// The name used in recipes and on the command line.
  static var kind: String { get }
  /// Other names for the same masking.
  static var aliases: [String] { get }

  /// Settings of its own, in ``MaskingConfiguration/options``.
  static var options: [OptionDefinition] { get }

  /// What is impossible about the masking in a model, one sentence each.
  static func problems(in model: ModelConfiguration) -> [String]

  /// - Parameter configuration: a unit of its rounding is in tokens.
  init(_ configuration: MaskingConfiguration) throws(MaskingError)

  /// Throws where the masking cannot be used on a grid.
  func check(_ grid: TokenGrid) throws(MaskingError)
  /// What people should know beside name and ratio; nil = nothing.
  func remark(on grid: TokenGrid) -> String?
  /// Tokens that stay visible; more than none, fewer than all.
  func visibleCount(in grid: TokenGrid) -> Int
  /// Chooses the tokens of one sample: a pure function of the context and the stream.
  func mask(_ context: MaskContext, random: inout RandomStream) throws(MaskingError) -> TokenMask
}

extension MaskingStrategy {
  /// None.
  public static var aliases: [String] { [] }
  /// None.
  public static var options: [OptionDefinition] { [] }
  /// Nothing.
  public static func problems(in model: ModelConfiguration) -> [String] { [] }

  /// Any grid is possible.
  public func check(_ grid: TokenGrid) throws(MaskingError) {}
  /// Nothing.
  public func remark(on grid: TokenGrid) -> String? { nil }
}

/// What a strategy may look at.
public struct MaskContext: Sendable {
  /// The tokens of the sample.
  public var grid: TokenGrid
  /// Share of the training run that is done, 0…1.
  public var progress: Double
  /// Where the sample comes from; nil outside of training.
  public var sample: Sample?
  /// What the model's own guide found, for a ``GuidedMasking`` after its switch.
  public var guidance: MaskGuidance?

  /// What is known; the grid at least.
  public init(grid: TokenGrid, progress: Double = 0, sample: Sample? = nil, guidance: MaskGuidance? = nil) {
    self.grid = grid
    self.progress = progress
    self.sample = sample
    self.guidance = guidance
  }
}

/// Why a masking cannot be made or used, as one sentence.
public struct MaskingError: ExplainedError, Hashable {
  /// One sentence.
  public var description: String
  /// Impossible values come from whoever asks for them.
  public var kind: FailureKind { .usage }

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }

  static func nothingVisible(_ kind: String, _ grid: TokenGrid, ratio: Double) -> MaskingError {
    MaskingError(
      "--mask-ratio \(ratio) with masking '\(kind)' leaves nothing visible of \(grid) tokens; choose a smaller ratio")
  }

  static func nothingHidden(_ kind: String, _ grid: TokenGrid, ratio: Double) -> MaskingError {
    MaskingError("--mask-ratio \(ratio) with masking '\(kind)' hides nothing of \(grid) tokens; choose a larger ratio")
  }
}
