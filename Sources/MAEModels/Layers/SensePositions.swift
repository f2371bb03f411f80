import MAECore
import MAEEngine

/// Where a token of several senses is: the fixed place in its picture or map, and a learned embedding of the sense (Sferrazza et
/// al. 2023, M3L; public code `models/pretrain_models.py`). Slots of the grid are the senses.
public struct SensePositions: Sendable {
  private let grid: TokenGrid
  private let width: Int
  private let senses: Parameter

  /// - Precondition: there is no class token.
  init(grid: TokenGrid, width: Int, classRows: Int, in scope: ParameterScope) {
    precondition(classRows == 0, "SensePositions: \(classRows) class tokens")
    (self.grid, self.width) = (grid, width)
    senses = scope.parameter("sense_embed", [1, grid.time, width], .normal(deviation: 1), role: .position)
  }

  /// `[tokens, width]`
  func table(on tape: Tape) -> Variable {
    let plane = SinusoidTable.interleavedPlane(height: grid.height, width: grid.width, channels: width)
    let fixed = tape.constant(tape.kernels.tensor((0..<grid.time).flatMap { _ in plane }, [grid.count, width]))
    let rows = (0..<grid.count).map { Int32($0 / grid.plane) }
    return tape.variable(of: senses).rows(rows).adding(fixed, weight: 1)
  }
}
