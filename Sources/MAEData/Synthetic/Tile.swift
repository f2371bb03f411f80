/// A square of values that repeats in both directions; between its points it is linear.
///
/// Textures, noise and outlines are computed once per scene into tiles, which makes a frame a matter of looking up.
struct Tile: Hashable, Sendable {
  /// Points per row and column, a power of two.
  let side: Int
  private let values: [SIMD4<Float>]

  /// - Parameter value: at a place of the tile, both coordinates in 0 ..< 1.
  init(side: Int, value: (_ x: Float, _ y: Float) -> SIMD4<Float>) {
    precondition(side > 0 && side & (side - 1) == 0, "Tile: a side of \(side) is no power of two")
    self.side = side
    values = (0..<side * side).map { value(Float($0 % side) / Float(side), Float($0 / side) / Float(side)) }
  }

  /// The value at a place in units of the tile's side.
  ///
  /// - Precondition: neither coordinate is negative.
  func value(x: Float, y: Float) -> SIMD4<Float> {
    let (u, v) = (x * Float(side), y * Float(side))
    let (column, row) = (Int(u), Int(v))
    let (dx, dy) = (u - Float(column), v - Float(row))
    let mask = side - 1
    let (left, right) = (column & mask, (column + 1) & mask)
    let (upper, lower) = ((row & mask) * side, ((row + 1) & mask) * side)
    let top = values[upper + left] + dx * (values[upper + right] - values[upper + left])
    let bottom = values[lower + left] + dx * (values[lower + right] - values[lower + left])
    return top + dy * (bottom - top)
  }
}
