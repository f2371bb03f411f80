import MAECore
import MAEData
import MAEMedia

/// The labels of what a model sees of a picture: `[height, width]`, a number for each pixel of its input.
package struct LabelGrid: Hashable, Sendable {
  /// Pixels of no class, which are neither learned nor judged.
  static let ignored: UInt8 = 255

  package let size: FrameSize
  package var ids: [UInt8]

  /// The window of a picture of labels that was cut out of the picture itself, by the nearest pixels.
  init(_ labels: LabelPicture, crop: PixelRect, size: FrameSize) {
    self.size = size
    ids = []
    ids.reserveCapacity(size.pixelCount)
    for y in 0..<size.height {
      let row = (crop.y + (2 * y + 1) * crop.height / (2 * size.height)) * labels.size.width
      for x in 0..<size.width { ids.append(labels.ids[row + crop.x + (2 * x + 1) * crop.width / (2 * size.width)]) }
    }
  }

  package init(size: FrameSize, ids: [UInt8]) { (self.size, self.ids) = (size, ids) }

  /// The most frequent label of each patch, of equally frequent ones the lowest; nil where most pixels have no class.
  ///
  /// - Parameter grid: whose plane covers the picture.
  package func majorities(_ grid: TokenGrid) -> [UInt8?] {
    let (height, width) = (size.height / grid.height, size.width / grid.width)
    return (0..<grid.plane).map { cell in
      var counts = [Int](repeating: 0, count: 256)
      for y in 0..<height {
        let start = (cell / grid.width * height + y) * size.width + cell % grid.width * width
        for id in ids[start..<start + width] { counts[Int(id)] += 1 }
      }
      let most = counts.firstIndex(of: counts.max()!)!
      return most == Int(Self.ignored) ? nil : UInt8(most)
    }
  }
}
