import MAECore
import MAEEngine

/// Where a token of several senses is: the fixed place in its picture or map, and a learned embedding of the sense (Sferrazza et
/// al. 2023, M3L; public code `models/pretrain_models.py`). Slots of the grid are the senses; a vector beside them is one more,
/// whose only token has no place.
public struct SensePositions: Sendable {
  private let grid: TokenGrid
  private let width: Int
  private let senses: Parameter
  private let hasVector: Bool

  /// - Precondition: there is no class token.
  init(grid: TokenGrid, hasVector: Bool, width: Int, classRows: Int, in scope: ParameterScope) {
    precondition(classRows == 0, "SensePositions: \(classRows) class tokens")
    (self.grid, self.width, self.hasVector) = (grid, width, hasVector)
    senses = scope.parameter(
      "sense_embed", [1, grid.time + (hasVector ? 1 : 0), width], .normal(deviation: 1), role: .position)
  }

  /// `[tokens, width]`, and behind them a row for the vector if there is one.
  func table(on tape: Tape) -> Variable {
    let plane = SinusoidTable.interleavedPlane(height: grid.height, width: grid.width, channels: width)
    var places = (0..<grid.time).flatMap { _ in plane }
    var rows = (0..<grid.count).map { Int32($0 / grid.plane) }
    if hasVector {
      places += [Float](repeating: 0, count: width)
      rows.append(Int32(grid.time))
    }
    let fixed = tape.constant(tape.kernels.tensor(places, [rows.count, width]))
    return tape.variable(of: senses).rows(rows).adding(fixed, weight: 1)
  }
}
