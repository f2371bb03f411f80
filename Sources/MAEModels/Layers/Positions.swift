import Foundation
import MAECore
import MAEEngine

/// The position table of a stack of blocks, with first rows for class tokens if there are any.
public enum Positions: Sendable {
  case none
  /// One table `[rows, width]`, fixed or learned.
  case table(Parameter)
  case separable(space: Parameter, time: Parameter, classToken: Parameter?)
  case views(ViewPositions)
  case senses(SensePositions)

  /// Declares the parameters.
  ///
  /// - Parameters:
  ///   - views: names of what has an embedding, for ``PositionKind/views``.
  ///   - hasVector: whether a vector's token stands behind those of the grid, for ``PositionKind/senses``.
  public init(
    _ kind: PositionKind, grid: TokenGrid, views: ViewNames = ViewNames(), hasVector: Bool = false, width: Int, classRows: Int,
    _ initialization: Initialization, in scope: ParameterScope
  ) {
    let rows = grid.count + classRows
    switch kind {
    case .none: self = .none
    case .plane, .learnedPlane:
      self = .table(
        scope.parameter(
          "pos_embed", [1, rows, width],
          .values { SinusoidTable.plane(height: grid.height, width: grid.width, channels: width, classRows: classRows) },
          role: .position, isTrainable: kind == .learnedPlane))
    case .sequence:
      self = .table(
        scope.parameter(
          "pos_embed", [1, rows, width], .values { SinusoidTable.sequence(count: rows, channels: width) }, role: .position,
          isTrainable: false, isStored: false))
    case .learned:
      self = .table(
        scope.parameter("pos_embed", [1, rows, width], initialization.positions, role: .position))
    case .separable:
      self = .separable(
        space: scope.parameter(
          "pos_embed_spatial", [1, grid.plane, width], initialization.positions, role: .position),
        time: scope.parameter(
          "pos_embed_temporal", [1, grid.time, width], initialization.positions, role: .position),
        classToken: classRows > 0
          ? scope.parameter("pos_embed_class", [1, classRows, width], initialization.positions, role: .position) : nil)
    case .senses:
      self = .senses(SensePositions(grid: grid, hasVector: hasVector, width: width, classRows: classRows, in: scope))
    case .views:
      self = .views(ViewPositions(grid: grid, views: views, width: width, classRows: classRows, initialization, in: scope))
    }
  }

  /// The table as a value `[rows, width]`; nil without positions.
  public func table(on tape: Tape) -> Variable? {
    switch self {
    case .none: nil
    case .table(let parameter): tape.variable(of: parameter)
    case .separable(let space, let time, let classToken):
      Variable.separableTable(
        space: tape.variable(of: space), time: tape.variable(of: time), first: classToken.map(tape.variable(of:)))
    case .views(let positions): positions.table(on: tape)
    case .senses(let positions): positions.table(on: tape)
    }
  }
}

/// Fixed position tables, computed in double precision.
public enum SinusoidTable {
  /// Image MAE's: for row r and column c the channels are `[sin cω | cos cω | sin rω | cos rω]`, the column first, with
  /// `ω_k = 10000^(−4k / channels)`; `[class rows + height · width, channels]`, class rows zero.
  ///
  /// - Precondition: `channels` is a multiple of 4.
  public static func plane(height: Int, width: Int, channels: Int, classRows: Int) -> [Float] {
    precondition(channels % 4 == 0, "SinusoidTable.plane: \(channels) channels, expected a multiple of 4")
    var table = [Float](repeating: 0, count: classRows * channels)
    table.reserveCapacity((height * width + classRows) * channels)
    for row in 0..<height {
      for column in 0..<width { table += cell(row: row, column: column, channels: channels) }
    }
    return table
  }

  /// One row of ``plane(height:width:channels:classRows:)``, whatever the size of the table.
  static func cell(row: Int, column: Int, channels: Int) -> [Float] {
    let quarter = channels / 4
    let frequencies = (0..<quarter).map { 1 / pow(10000, Double($0) / Double(quarter)) }
    return [Double(column), Double(row)].flatMap { coordinate in
      frequencies.map { Float(sin(coordinate * $0)) } + frequencies.map { Float(cos(coordinate * $0)) }
    }
  }

  /// Of the public code of M3L (positional-encodings): for row r and column c `[r | c]`, each half interleaved `sin, cos` of
  /// `x / 10000^(2i / n)`, n = 2⌈channels / 4⌉; `[height · width, channels]`.
  public static func interleavedPlane(height: Int, width: Int, channels: Int) -> [Float] {
    let half = 2 * ((channels + 3) / 4)
    func part(_ x: Int) -> [Float] {
      (0..<half).map { channel in
        let angle = Double(x) / pow(10000, Double(channel / 2 * 2) / Double(half))
        return Float(channel % 2 == 0 ? sin(angle) : cos(angle))
      }
    }
    return (0..<height * width).flatMap { Array((part($0 / width) + part($0 % width)).prefix(channels)) }
  }

  /// VideoMAE's: over token numbers, even channels `sin`, odd ones `cos` of `n / 10000^(2⌊j/2⌋ / channels)`;
  /// `[count, channels]`.
  public static func sequence(count: Int, channels: Int) -> [Float] {
    let divisors = (0..<channels).map { pow(10000, 2 * Double($0 / 2) / Double(channels)) }
    return (0..<count).flatMap { token in
      (0..<channels).map { channel in
        let angle = Double(token) / divisors[channel]
        return Float(channel % 2 == 0 ? sin(angle) : cos(angle))
      }
    }
  }
}
