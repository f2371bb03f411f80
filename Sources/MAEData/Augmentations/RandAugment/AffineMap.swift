import Foundation
import MAECore

/// Where the pixels of a transformed picture come from: x = a·x′ + b·y′ + c, and y likewise; pixel centres lie at halves.
struct AffineMap {
  var x, y: (a: Double, b: Double, c: Double)

  /// Counter-clockwise about a point.
  static func rotation(degrees: Double, about centre: (x: Double, y: Double)) -> AffineMap {
    let angle = -degrees * .pi / 180
    // Pillow rounds to 15 places, so that right angles are exact.
    func rounded(_ value: Double) -> Double { (value * 1e15).rounded() / 1e15 }
    let (cosine, sine) = (rounded(cos(angle)), rounded(sin(angle)))
    return AffineMap(
      x: (cosine, sine, cosine * -centre.x + sine * -centre.y + centre.x),
      y: (-sine, cosine, -sine * -centre.x + cosine * -centre.y + centre.y))
  }
}

extension Image {
  /// Moves pixels; what comes from outside has the colour of the filling.
  ///
  /// As Pillow's transformations: in double precision and cut off to whole numbers, columns beyond an edge are that at the edge,
  /// rows above the first are the first, and a row beyond the last repeats what the row before it gave.
  mutating func transform(_ map: AffineMap, _ filter: ResizeFilter, _ fill: [UInt8]) {
    let (source, count) = (self, channels.count)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let (u, v) = (Double(column) + 0.5, Double(row) + 0.5)
        let x = map.x.a * u + map.x.b * v + map.x.c
        let y = map.y.a * u + map.y.b * v + map.y.c
        let place = offset(x: column, y: row)
        guard x >= 0, x < Double(size.width), y >= 0, y < Double(size.height) else {
          for channel in 0..<count { pixels[place + channel] = fill[channel] }
          continue
        }
        for channel in 0..<count {
          pixels[place + channel] =
            filter == .bilinear ? source.linear(x - 0.5, y - 0.5, channel) : source.cubic(x - 0.5, y - 0.5, channel)
        }
      }
    }
  }

  private func linear(_ x: Double, _ y: Double, _ channel: Int) -> UInt8 {
    let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (dx, dy) = (x - Double(left), y - Double(top))
    func value(inRow row: Int) -> Double {
      let (a, b) = (pixel(left, row, channel), pixel(left + 1, row, channel))
      return a + (b - a) * dx
    }
    let upper = value(inRow: max(0, top))
    let lower = top + 1 < size.height ? value(inRow: top + 1) : upper
    return UInt8(upper + (lower - upper) * dy)
  }

  private func cubic(_ x: Double, _ y: Double, _ channel: Int) -> UInt8 {
    let (left, top) = (Int(x.rounded(.down)) - 1, Int(y.rounded(.down)) - 1)
    let (dx, dy) = (x - Double(left + 1), y - Double(top + 1))
    func value(inRow row: Int) -> Double {
      Self.cubic(
        pixel(left, row, channel), pixel(left + 1, row, channel), pixel(left + 2, row, channel), pixel(left + 3, row, channel), dx
      )
    }
    let first = value(inRow: max(0, top))
    let second = top + 1 >= 0 ? value(inRow: top + 1) : first
    let third = top + 2 < size.height ? value(inRow: top + 2) : second
    let fourth = top + 3 < size.height ? value(inRow: top + 3) : third
    return UInt8(min(255, max(0, Self.cubic(first, second, third, fourth, dy))))
  }

  /// Keys' cubic with a = −1 between the second and the third value.
  private static func cubic(_ v1: Double, _ v2: Double, _ v3: Double, _ v4: Double, _ d: Double) -> Double {
    v2 + d * (-v1 + v3 + d * (2 * (v1 - v2) + v3 - v4 + d * (-v1 + v2 - v3 + v4)))
  }

  /// Of the nearest column.
  private func pixel(_ x: Int, _ y: Int, _ channel: Int) -> Double {
    Double(pixels[offset(x: min(max(0, x), size.width - 1), y: y) + channel])
  }
}
