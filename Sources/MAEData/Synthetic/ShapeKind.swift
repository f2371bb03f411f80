import Foundation

/// The outlines that synthetic samples show; each fits a circle of radius 1 around the origin.
public enum ShapeKind: String, CaseIterable, Codable, Sendable {
  case disc, ring, moon, triangle, square, hexagon, star, cross

  /// Distance to the outline of a point, negative inside; exact near the outline, which is where edges are smoothed.
  package func distance(x: Double, y: Double) -> Double {
    let radius = (x * x + y * y).squareRoot()
    switch self {
    case .disc: return radius - 1
    case .ring: return abs(radius - 0.74) - 0.26
    case .moon:
      let bite = ((x - 0.45) * (x - 0.45) + y * y).squareRoot() - 0.78
      return max(radius - 1, -bite)
    case .triangle, .square, .hexagon, .star, .cross: return Self.distance(x: x, y: y, to: corners)
    }
  }

  private var corners: [SIMD2<Double>] {
    switch self {
    case .triangle: Self.triangleCorners
    case .square: Self.squareCorners
    case .hexagon: Self.hexagonCorners
    case .star: Self.starCorners
    case .cross: Self.crossCorners
    case .disc, .ring, .moon: []
    }
  }

  private static let triangleCorners = corners(3) { _ in 1 }
  private static let squareCorners = corners(4) { _ in 1 }
  private static let hexagonCorners = corners(6) { _ in 1 }
  private static let starCorners = corners(10) { $0.isMultiple(of: 2) ? 1 : 0.45 }
  private static let crossCorners = [
    (-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3), (0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3),
    (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3),
  ].map { SIMD2($0.0, $0.1) }

  private static func corners(_ count: Int, radius: (Int) -> Double) -> [SIMD2<Double>] {
    (0..<count).map { index in
      let angle = 2 * Double.pi * Double(index) / Double(count)
      return radius(index) * SIMD2(sin(angle), -cos(angle))
    }
  }

  private static func distance(x: Double, y: Double, to corners: [SIMD2<Double>]) -> Double {
    let point = SIMD2(x, y)
    var (nearest, isInside) = (Double.infinity, false)
    var previous = corners[corners.count - 1]
    for corner in corners {
      let (edge, offset) = (corner - previous, point - previous)
      let along = max(0, min(1, (offset * edge).sum() / (edge * edge).sum()))
      let gap = offset - along * edge
      nearest = min(nearest, (gap * gap).sum())
      // A ray to the right crosses the outline an odd number of times from inside.
      if (corner.y > y) != (previous.y > y), x < previous.x + (y - previous.y) / edge.y * edge.x { isInside.toggle() }
      previous = corner
    }
    return isInside ? -nearest.squareRoot() : nearest.squareRoot()
  }
}
