import Foundation
import MAECore

/// Hides random blocks until the ratio is reached: rectangles of an image (BEiT), cuboids of a clip (MAE-ST's ablation).
///
/// Area and aspect ratio are drawn as in BEiT (at least 16 tokens, aspect log-uniform in 0.3…1/0.3); the count is made exact
/// by not hiding a random rest of the last block.
public struct BlockMasking: MaskingStrategy {
  /// The name in files and on the command line.
  public static let kind = "block"

  private let configuration: MaskingConfiguration

  /// Takes ratio and rounding of a configuration.
  public init(_ configuration: MaskingConfiguration) { self.configuration = configuration }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int {
    configuration.rounding.visible(of: grid.count, ratio: configuration.ratio)
  }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    let wanted = grid.count - visibleCount(in: grid)
    var isHidden = [Bool](repeating: false, count: grid.count)
    var hidden = 0
    while hidden < wanted {
      let block = block(in: grid, remaining: wanted - hidden, &random).filter { !isHidden[$0] }
      // Small grids can run full of holes that a block of the drawn shape no longer finds: hide what is met, in random order.
      for token in block.shuffled(using: &random).prefix(wanted - hidden) {
        isHidden[token] = true
        hidden += 1
      }
    }
    return TokenMask(grid: grid, isHidden: isHidden)
  }

  private func block(in grid: TokenGrid, remaining: Int, _ random: inout RandomStream) -> [Int] {
    let slots = grid.time == 1 ? 1 : 1 + random.below(grid.time)
    let plane = max(1, remaining / slots)
    let area = random.uniform(Double(min(16, plane)), Double(plane) + 1)
    let aspect = exp(random.uniform(log(0.3), log(1 / 0.3)))
    let height = min(grid.height, max(1, Int((area * aspect).squareRoot().rounded())))
    let width = min(grid.width, max(1, Int((area / aspect).squareRoot().rounded())))
    let (t, y, x) = (
      random.below(grid.time - slots + 1), random.below(grid.height - height + 1), random.below(grid.width - width + 1)
    )
    return (t..<t + slots).flatMap { time in
      (y..<y + height).flatMap { row in
        (x..<x + width).map { (time * grid.height + row) * grid.width + $0 }
      }
    }
  }
}

extension MaskingKind {
  /// ``BlockMasking``
  public static let block = MaskingKind(BlockMasking.self)
}
