import MAECore

/// Smooth noise between random values on a lattice that repeats after a tile's side.
struct PeriodicNoise: Sendable {
  private let side: Int
  private let lattice: [Float]

  /// - Parameter side: values of the lattice per row and column, a power of two.
  init(side: Int, random: inout RandomStream) {
    self.side = side
    lattice = (0..<side * side).map { _ in Float(random.uniform(-1, 1)) }
  }

  /// Noise in -1 … 1 at a place in units of the tile's side, neither coordinate negative.
  func value(x: Float, y: Float) -> Float {
    let (u, v) = (x * Float(side), y * Float(side))
    let (column, row) = (Int(u), Int(v))
    let (dx, dy) = (Self.ease(u - Float(column)), Self.ease(v - Float(row)))
    let mask = side - 1
    let (left, right) = (column & mask, (column + 1) & mask)
    let (upper, lower) = ((row & mask) * side, ((row + 1) & mask) * side)
    let top = lattice[upper + left] + dx * (lattice[upper + right] - lattice[upper + left])
    let bottom = lattice[lower + left] + dx * (lattice[lower + right] - lattice[lower + left])
    return top + dy * (bottom - top)
  }

  private static func ease(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}
