import MAECore

/// A window of one of four scales at one of thirteen places (MCG-NJU/VideoMAE, `transforms.py`, `GroupMultiScaleCrop`).
///
/// Width and height are scaled by neighbouring scales, so that the aspect ratio varies a little. A side within two pixels of the
/// target's takes the target's, which saves resampling. Windows never leave the picture, also where the published code lets a
/// picture that is a little smaller than the target be padded with black.
public struct MultiScaleCrop: Hashable, Sendable {
  /// Shares of the shorter side that width and height may have.
  public var scales: [Double]
  /// How many places in `scales` width and height may lie apart.
  public var maximumDistortion: Int

  /// VideoMAE's values unless given.
  public init(scales: [Double] = [1, 0.875, 0.75, 0.66], maximumDistortion: Int = 1) {
    self.scales = scales
    self.maximumDistortion = maximumDistortion
  }

  /// Places of the window's upper left corner, in quarters of the free space to the right of it and below it.
  package static let places: [(x: Int, y: Int)] = [
    (0, 0), (4, 0), (0, 4), (4, 4), (2, 2),
    (0, 2), (4, 2), (2, 4), (2, 0),
    (1, 1), (3, 1), (1, 3), (3, 3),
  ]

  /// Draws a window, in pixels of the source.
  public func window(in source: FrameSize, for target: FrameSize, random: inout RandomStream) -> PixelRect {
    let sizes = self.sizes(in: source, for: target)
    let size = sizes[random.below(sizes.count)]
    let place = Self.places[random.below(Self.places.count)]
    return PixelRect(
      x: (source.width - size.width) / 4 * place.x, y: (source.height - size.height) / 4 * place.y,
      width: size.width, height: size.height)
  }

  /// Sizes that a window may have; each is as likely as any other.
  package func sizes(in source: FrameSize, for target: FrameSize) -> [FrameSize] {
    let base = CentreCrop.largestSize(in: source, for: target)
    var sizes: [FrameSize] = []
    for (row, vertical) in scales.enumerated() {
      for (column, horizontal) in scales.enumerated() where abs(row - column) <= maximumDistortion {
        sizes.append(
          FrameSize(
            width: side(base.width, horizontal, target: target.width, limit: source.width),
            height: side(base.height, vertical, target: target.height, limit: source.height)))
      }
    }
    return sizes
  }

  private func side(_ base: Int, _ scale: Double, target: Int, limit: Int) -> Int {
    let scaled = Int(Double(base) * scale)
    return min(max(1, abs(scaled - target) < 3 ? target : scaled), limit)
  }
}
