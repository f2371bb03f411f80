import MAECore

/// A rounded thing of some shape with a texture of its own.
struct Body: Sendable {
  let shape: ShapeKind
  /// Over the square that a ``ShapeField`` covers.
  let surface: Tile
  /// Above the ground in radii: how far from it the shadow lies.
  let height: Float

  /// Where a body is seen.
  struct Placement: Sendable {
    /// From the picture's centre, in shorter sides.
    var centre: SIMD2<Float>
    var radius: Float
    /// Cosine and sine of the clockwise angle.
    var turn: SIMD2<Float>
  }
}
