import CKernels
import MAECore

/// What predictions of tokens are compared with: pixels of a batch, in (frame, row, column, channel) order within a token.
public struct PatchTargets: Sendable {
  /// What is taken out of a patch before it is compared.
  public enum Normalization: Int32, Sendable {
    case none = 0
    case perPatch = 1
    case perChannel = 2
  }

  /// The clips.
  public var source: PixelSource
  /// How they are cut into tokens.
  public var layout: PatchLayout
  /// Frames that are targets; slot s of the grid owns ``framesPerSlot`` of them from `s · framesPerSlot`.
  public var frames: [Int32]
  /// Frames of a token that are predicted.
  public var framesPerSlot: Int
  /// What is taken out of each patch.
  public var normalization: Normalization
  /// Values from 0 to 1 rather than standardised ones.
  public var inUnits: Bool
  /// Of each sample, from ``firstSample`` of the batch on; equally many.
  public var tokens: [[Int32]]
  /// Of the batch, where targets are of some samples only.
  public var firstSample: Int
  /// Frame of the batch's clips at which the model's clip starts.
  public var firstFrame: Int
  /// Only every so many rows and columns of a picture are taken; patches are counted in those.
  public var step = 1

  /// Targets of some tokens of each sample.
  public init(
    _ source: PixelSource, _ layout: PatchLayout, frames: [Int32], framesPerSlot: Int, normalization: Normalization,
    inUnits: Bool, tokens: [[Int32]], firstSample: Int = 0, firstFrame: Int = 0
  ) {
    self.source = source
    self.layout = layout
    self.frames = frames
    self.framesPerSlot = framesPerSlot
    self.normalization = normalization
    self.inUnits = inUnits
    self.tokens = tokens
    self.firstSample = firstSample
    self.firstFrame = firstFrame
  }

  var rowsPerSample: Int { tokens.first?.count ?? 0 }
  /// Tokens of all samples.
  public var rows: Int { tokens.count * rowsPerSample }
  /// Values of a token.
  public var width: Int { framesPerSlot * layout.patch * layout.patch * source.shape.channels.count }
  /// Values in all.
  public var count: Int { rows * width }

  /// Those of some of the samples.
  public func samples(_ range: Range<Int>) -> PatchTargets {
    var part = self
    part.tokens = Array(tokens[range])
    part.firstSample += range.lowerBound
    return part
  }
}

/// Targets of consecutive tokens of one sample.
@safe struct PatchTargetPart {
  let tokens: SampleTokens
  private let frames: RowNumbers
  private let grid: mae_patch_grid
  private let framesPerSlot: Int
  private let kind: PatchTargets.Normalization
  private let level: InstructionLevel

  init(_ tokens: SampleTokens, of targets: PatchTargets, frames: RowNumbers, level: InstructionLevel) {
    self.tokens = tokens
    self.frames = frames
    grid = mae_patch_grid(targets.layout)
    framesPerSlot = targets.framesPerSlot
    kind = targets.normalization
    self.level = level
  }

  /// Writes the values of some of the tokens, and their means and divisors.
  ///
  /// - Parameter some: tokens of the sample, all of them in this part.
  func gather(_ some: Range<Int>, _ values: UnsafeMutablePointer<Float>, statistics: UnsafeMutablePointer<Float>?) {
    var (pixels, grid) = unsafe (tokens.pixels, grid)
    unsafe level.table.gather_targets(
      &pixels, &grid, frames.base, Int32(framesPerSlot), kind.rawValue,
      tokens.numbers + (some.lowerBound - tokens.range.lowerBound), Int64(some.count), values, statistics)
  }
}
