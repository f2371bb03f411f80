import MAECore

/// Rows of a relative position table (Bao et al. 2021): `(2h − 1)(2w − 1)` offsets and three for the class token.
enum RelativePositions {
  static func entries(_ grid: TokenGrid) -> Int { (2 * grid.height - 1) * (2 * grid.width - 1) + 3 }

  /// The table row for each pair of tokens, row-major.
  static func pairs(_ grid: TokenGrid, classToken: Bool) -> [Int32] {
    let entries = entries(grid)
    let first = classToken ? 1 : 0
    let count = grid.plane + first
    var pairs = [Int32](repeating: 0, count: count * count)
    for a in 0..<count {
      for b in 0..<count {
        let row =
          switch (a - first, b - first) {
          case (-1, -1): entries - 1
          case (-1, _): entries - 3
          case (_, -1): entries - 2
          case (let a, let b):
            (a / grid.width - b / grid.width + grid.height - 1) * (2 * grid.width - 1)
              + (a % grid.width - b % grid.width + grid.width - 1)
          }
        pairs[a * count + b] = Int32(row)
      }
    }
    return pairs
  }
}
