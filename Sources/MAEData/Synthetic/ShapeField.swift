import Foundation

/// What drawing a shape needs at every place of the plane around it, computed once per shape.
struct ShapeField: Sendable {
  /// Half of the side of the square that is covered, in radii of the shape.
  static let extent: Float = 1.3
  private static let side = 128
  /// Over how much of the border, in radii, a body's surface bends from upright to level.
  private static let bevel: Float = 0.45

  /// Distance to the outline, negative inside; then the surface's slope to the right and downwards, as parts of its normal.
  private let tile: Tile

  private init(_ shape: ShapeKind) {
    let step = 2 * Double(Self.extent) / Double(Self.side)
    tile = Tile(side: Self.side) { x, y in
      func distance(_ dx: Double, _ dy: Double) -> Float {
        let (u, v) = ((2 * Double(x) - 1) * Double(Self.extent), (2 * Double(y) - 1) * Double(Self.extent))
        return Float(shape.distance(x: u + dx * step, y: v + dy * step))
      }
      let here = distance(0, 0)
      let outwards = SIMD2(distance(0.5, 0) - distance(-0.5, 0), distance(0, 0.5) - distance(0, -0.5)) / Float(step)
      let slope = max(0, min(0.95, 1 + here / Self.bevel)) * outwards
      return SIMD4(here, slope.x, slope.y, 0)
    }
  }

  /// Of the place (x, y) in radii, inside the covered square.
  func value(_ place: SIMD2<Float>) -> SIMD4<Float> {
    tile.value(x: Self.tilePlace(place.x), y: Self.tilePlace(place.y))
  }

  /// A coordinate in radii as one of a tile that covers the square.
  static func tilePlace(_ coordinate: Float) -> Float { 0.5 + coordinate / (2 * extent) }

  static subscript(shape: ShapeKind) -> ShapeField { all[shape]! }
  private static let all = Dictionary(uniqueKeysWithValues: ShapeKind.allCases.map { ($0, ShapeField($0)) })
}
