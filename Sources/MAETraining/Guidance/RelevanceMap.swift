import MAECore

/// What was found in the whole of a picture, to be looked up for any window of it.
public struct RelevanceMap: Hashable, Sendable {
  /// Of the upright picture, in pixels.
  public let size: FrameSize
  /// Rows and columns that the picture was cut into.
  public let grid: TokenGrid
  /// One per token.
  public let scores: [Double]

  /// - Precondition: a score for each token.
  public init(size: FrameSize, grid: TokenGrid, scores: [Double]) {
    precondition(scores.count == grid.count, "RelevanceMap: \(scores.count) scores for \(grid)")
    self.size = size
    self.grid = grid
    self.scores = scores
  }

  /// The scores of a window's tokens: bilinear between the picture's own, at the middle of each.
  public func scores(in window: PixelRect, isFlipped: Bool) -> [Double] {
    var result: [Double] = []
    for row in 0..<grid.height {
      for column in 0..<grid.width {
        let across = isFlipped ? grid.width - 1 - column : column
        let x = Double(window.x) + (Double(across) + 0.5) / Double(grid.width) * Double(window.width)
        let y = Double(window.y) + (Double(row) + 0.5) / Double(grid.height) * Double(window.height)
        let place = (x: x / Double(size.width), y: y / Double(size.height))
        result.append(interpolated(place))
      }
    }
    return result
  }

  /// The value at a place given as shares of width and height.
  private func interpolated(_ place: (x: Double, y: Double)) -> Double {
    let column = max(0, min(Double(grid.width - 1), place.x * Double(grid.width) - 0.5))
    let row = max(0, min(Double(grid.height - 1), place.y * Double(grid.height) - 0.5))
    let (left, top) = (Int(column), Int(row))
    let (right, bottom) = (min(left + 1, grid.width - 1), min(top + 1, grid.height - 1))
    let (across, down) = (column - Double(left), row - Double(top))
    func mixed(_ row: Int) -> Double {
      scores[row * grid.width + left] * (1 - across) + scores[row * grid.width + right] * across
    }
    return mixed(top) * (1 - down) + mixed(bottom) * down
  }
}
