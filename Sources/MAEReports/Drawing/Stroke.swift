import MAECore

/// A place on a canvas, in pixels; whole numbers are pixel centres.
struct StrokePoint: Hashable, Sendable {
  var x, y: Double
}

/// A line of constant thickness with round ends through some points; a single point is a dot.
struct Stroke: Sendable {
  var points: [StrokePoint]
  var radius: Double

  /// The pixels that strokes may touch.
  static func bounds(of strokes: [Stroke]) -> PixelRect? {
    var (left, top, right, bottom) = (Double.infinity, Double.infinity, -Double.infinity, -Double.infinity)
    for stroke in strokes {
      for point in stroke.points {
        left = min(left, point.x - stroke.radius)
        right = max(right, point.x + stroke.radius)
        top = min(top, point.y - stroke.radius)
        bottom = max(bottom, point.y + stroke.radius)
      }
    }
    guard left <= right else { return nil }
    let (x, y) = (Int(left.rounded(.down)) - 1, Int(top.rounded(.down)) - 1)
    return PixelRect(x: x, y: y, width: Int(right.rounded(.up)) + 2 - x, height: Int(bottom.rounded(.up)) + 2 - y)
  }

  /// How much of the pixel at `x`, `y` the strokes cover, 0 … 1: a ramp one pixel wide along each edge.
  static func coverage(of strokes: [Stroke], x: Double, y: Double) -> Double {
    var coverage = 0.0
    for stroke in strokes {
      coverage = max(coverage, stroke.radius + 0.5 - stroke.distance(x: x, y: y))
    }
    return min(1, coverage)
  }

  private func distance(x: Double, y: Double) -> Double {
    var nearest = Double.infinity
    for (start, end) in zip(points, points.count > 1 ? points.dropFirst() : points[...]) {
      let (dx, dy) = (end.x - start.x, end.y - start.y)
      let length = dx * dx + dy * dy
      let along = length > 0 ? max(0, min(1, ((x - start.x) * dx + (y - start.y) * dy) / length)) : 0
      let (ox, oy) = (x - start.x - along * dx, y - start.y - along * dy)
      nearest = min(nearest, ox * ox + oy * oy)
    }
    return nearest.squareRoot()
  }
}
