import MAECore

/// Hides a hole in the middle of the picture (Pathak et al. 2016, Context Encoders), in a clip at all times.
///
/// The hole has the picture's proportions as far as its number of tokens allows, and is the same for every sample.
public struct CentreMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "centre"
  /// Other spellings.
  public static let aliases = ["center"]

  private let configuration: MaskingConfiguration

  /// Takes ratio and rounding of a configuration.
  public init(_ configuration: MaskingConfiguration) { self.configuration = configuration }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    configuration.rounding.visible(of: grid.plane, ratio: configuration.ratio) * grid.time
  }

  /// The mask of any sample: those places first that are nearest to the middle, in shares of height and width.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    func distance(_ place: Int) -> Double {
      let (row, column) = (place / grid.width, place % grid.width)
      return max(
        abs(Double(2 * row + 1 - grid.height)) / Double(grid.height),
        abs(Double(2 * column + 1 - grid.width)) / Double(grid.width))
    }
    let distances = (0..<grid.plane).map(distance)
    let order = distances.indices.sorted { distances[$0] != distances[$1] ? distances[$0] < distances[$1] : $0 < $1 }
    var isHidden = [Bool](repeating: false, count: grid.plane)
    for place in order.prefix(grid.plane - visibleCount(in: grid) / grid.time) { isHidden[place] = true }
    return TokenMask(grid: grid, isHidden: Array(repeatElement(isHidden, count: grid.time).joined()))
  }
}
