import Foundation
import MAECore
import Testing

/// Products in double precision, for relations between tokens, against plain loops.
@Suite struct KernelRelationTests {
  static let shapes = [(1, 1), (3, 17), (4, 8), (7, 33), (17, 129)].map { (rows: $0, width: $1) }

  @Test("unit rows", arguments: everyLevel(shapes)) func unitRows(level: InstructionLevel, shape: (rows: Int, width: Int)) {
    let (rows, width) = shape
    var values = Values(seed: 21)
    var x = values.floats(rows * width)
    for index in 0..<width { x[(rows - 1) * width + index] = 0 }
    var unit = [Double](repeating: -1, count: rows * width)
    unsafe level.table.unit_rows(x, Int64(rows), Int64(width), &unit)
    for row in 0..<rows {
      let place = row * width..<(row + 1) * width
      let length = x[place].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(place.allSatisfy { abs(unit[$0] - (length == 0 ? 0 : Double(x[$0]) / length)) < 1e-14 })
    }
  }

  @Test("products", arguments: everyLevel(shapes)) func products(level: InstructionLevel, shape: (rows: Int, width: Int)) {
    let (rows, width) = shape
    var values = Values(seed: 22)
    let a = values.floats(rows * width).map { Double($0) }
    let x = values.floats(width).map { Double($0) }
    let factors = values.floats(rows).map { Double($0) }
    func dot(_ row: Int, _ other: ArraySlice<Double>) -> Double {
      zip(a[row * width..<(row + 1) * width], other).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var products = [Double](repeating: -1, count: rows * rows)
    unsafe level.table.row_products(a, Int64(rows), Int64(width), &products)
    var applied = [Double](repeating: -1, count: rows)
    unsafe level.table.rows_times_vector(a, Int64(rows), Int64(width), x, &applied)
    var rest = x
    unsafe level.table.subtract_rows(a, Int64(rows), Int64(width), factors, &rest)
    for row in 0..<rows {
      #expect(abs(applied[row] - dot(row, x[...])) < 1e-12)
      for other in 0..<rows {
        #expect(abs(products[row * rows + other] - dot(row, a[other * width..<(other + 1) * width])) < 1e-12)
        #expect(products[row * rows + other] == products[other * rows + row])
      }
    }
    for column in 0..<width {
      let sum = (0..<rows).reduce(x[column]) { $0 - factors[$1] * a[$1 * width + column] }
      #expect(abs(rest[column] - sum) < 1e-12)
    }
  }
}
