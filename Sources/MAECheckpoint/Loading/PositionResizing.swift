import MAECore

/// Position tables for another grid of tokens.
package enum PositionResizing {
  /// How places of the plane are weighed.
  package enum Weights: Sendable {
    /// As ``resized(_:width:leading:from:to:margin:by:)`` says; some are negative.
    case bicubic
    /// None of them is negative.
    case bilinear
  }

  /// Interpolates a table of `leading + time · height · width` rows: bicubic in the plane (a = −0.75, no antialiasing, as
  /// PyTorch's `interpolate` with `align_corners=False`), linear in time; the leading rows (class token) stay.
  ///
  /// - Parameters:
  ///   - margin: added to the new sides before the scale is taken; DINO's and CropMAE's public code for pictures of any size has
  ///     0.1, which shifts the places a little.
  ///   - weights: of the plane.
  /// - Precondition: the table has as many rows as `old` and `leading` say.
  package static func resized(
    _ table: [Float], width channels: Int, leading: Int, from old: TokenGrid, to new: TokenGrid, margin: Float = 0,
    by weights: Weights = .bicubic
  ) -> [Float] {
    precondition(table.count == (leading + old.count) * channels, "PositionResizing: \(table.count) values for \(old)")
    var rows = Array(table[(leading * channels)...])
    if (old.height, old.width) != (new.height, new.width) {
      let taps: Taps = weights == .bicubic ? cubic(margin) : linear
      rows = along(rows, before: old.time * old.height, old.width, new.width, after: channels, taps)
      rows = along(rows, before: old.time, old.height, new.height, after: new.width * channels, taps)
    }
    if old.time != new.time { rows = along(rows, before: 1, old.time, new.time, after: new.plane * channels, linear) }
    return table[..<(leading * channels)] + rows
  }

  /// The parts of two grids that a table spans: one of space has no time, one of time no plane.
  package static func grids(of name: String, _ old: TokenGrid, _ new: TokenGrid) -> (old: TokenGrid, new: TokenGrid) {
    var (old, new) = (old, new)
    if name.hasSuffix("_spatial") { (old.time, new.time) = (1, 1) }
    if name.hasSuffix("_temporal") { (old.height, old.width, new.height, new.width) = (1, 1, 1, 1) }
    return (old, new)
  }

  /// Source places and their weights for one target place.
  private typealias Taps = (_ target: Int, _ old: Int, _ new: Int) -> [(place: Int, weight: Float)]

  /// Interpolates the middle axis of `[before, old, after]`.
  private static func along(_ values: [Float], before: Int, _ old: Int, _ new: Int, after: Int, _ taps: Taps) -> [Float] {
    var result = [Float](repeating: 0, count: before * new * after)
    for target in 0..<new {
      let taps = taps(target, old, new)
      for outer in 0..<before {
        let destination = (outer * new + target) * after
        for (place, weight) in taps {
          let source = (outer * old + place) * after
          for inner in 0..<after { result[destination + inner] += weight * values[source + inner] }
        }
      }
    }
    return result
  }

  private static func cubic(_ margin: Float) -> Taps { { cubic($0, $1, Float($2) + margin) } }

  private static func cubic(_ target: Int, _ old: Int, _ new: Float) -> [(place: Int, weight: Float)] {
    let a: Float = -0.75
    let centre = Float(old) / new * (Float(target) + 0.5) - 0.5
    let first = centre.rounded(.down)
    let t = centre - first
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    let weights = [far(t + 1), near(t), near(1 - t), far(2 - t)]
    return weights.enumerated().map { (min(max(Int(first) - 1 + $0.offset, 0), old - 1), $0.element) }
  }

  private static func linear(_ target: Int, _ old: Int, _ new: Int) -> [(place: Int, weight: Float)] {
    let centre = max(0, Float(old) / Float(new) * (Float(target) + 0.5) - 0.5)
    let first = min(Int(centre), old - 1)
    let t = centre - Float(first)
    return [(first, 1 - t), (min(first + 1, old - 1), t)]
  }
}
