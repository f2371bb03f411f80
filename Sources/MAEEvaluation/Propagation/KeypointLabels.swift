import Foundation
import MAECore
import MAEData

/// Points of a sequence's frames as labels of its cells: channel 0 is the background, then one for each point (CropMAE's JHMDB
/// chain).
public struct KeypointLabels: Sendable {
  private let frames: FrameSize
  private let frameSize: FrameSize
  private let grid: FrameSize

  /// - Parameters:
  ///   - frames: the frames' own size, in which points are given.
  ///   - frameSize: that frames are encoded at.
  ///   - grid: columns and rows of cells.
  public init(frames: FrameSize, frameSize: FrameSize, grid: FrameSize) {
    (self.frames, self.frameSize, self.grid) = (frames, frameSize, grid)
  }

  /// Four by four cells for each point, `exp(−2 d²)` around the third of them; a point that is not there has none.
  public func map(of points: [Keypoint?]) -> LabelMap {
    let channels = points.count + 1
    var values = [Float](repeating: 0, count: grid.pixelCount * channels)
    for (index, point) in points.enumerated() {
      guard let point else { continue }
      let column = point.x * Double(frameSize.width) / Double(frames.width) / cell.width
      let row = point.y * Double(frameSize.height) / Double(frames.height) / cell.height
      let (left, right) = (Int(column - 1.5), Int(column + 2.5))
      let (top, bottom) = (Int(row - 1.5), Int(row + 2.5))
      for y in max(0, top)..<max(0, top, min(grid.height, bottom)) {
        for x in max(0, left)..<max(0, left, min(grid.width, right)) {
          let (dx, dy) = (Double(x - left - 2), Double(y - top - 2))
          values[(y * grid.width + x) * channels + index + 1] = Float(exp(-2 * (dx * dx + dy * dy)))
        }
      }
    }
    for place in 0..<grid.pixelCount {
      let start = place * channels
      if values[start + 1..<start + channels].allSatisfy({ $0 == 0 }) { values[start] = 1 }
    }
    return LabelMap(size: grid, channels: channels, values: values)
  }

  /// Where each point is, in cells: the mean of the five cells that have most of it; nil where none has any.
  public func cells(of map: LabelMap) -> [Keypoint?] {
    (1..<map.channels).map { channel in
      var largest = NearestCells(5, keepsTies: false)
      for place in 0..<map.size.pixelCount {
        let value = map.values[place * map.channels + channel]
        if largest.takes(value) { largest.insert(value, source: place, copies: 1) }
      }
      let sum = largest.entries.reduce(0.0) { $0 + Double($1.similarity) }
      guard sum > 0 else { return nil }
      return largest.entries.reduce(into: Keypoint(x: 0, y: 0)) { mean, entry in
        let (row, column) = entry.source.quotientAndRemainder(dividingBy: map.size.width)
        mean.x += Double(entry.similarity) / sum * Double(column)
        mean.y += Double(entry.similarity) / sum * Double(row)
      }
    }
  }

  /// The same in pixels of the frames, without the half cell that the public code leaves out.
  public func points(of map: LabelMap) -> [Keypoint?] {
    cells(of: map).map { cell in
      cell.map {
        Keypoint(
          x: $0.x / Double(grid.width) * Double(frames.width), y: $0.y / Double(grid.height) * Double(frames.height))
      }
    }
  }

  /// Pixels of a cell.
  private var cell: (width: Double, height: Double) {
    (Double(frameSize.width) / Double(grid.width), Double(frameSize.height) / Double(grid.height))
  }
}
