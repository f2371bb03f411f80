import MAECore

/// A symmetric matrix in double precision, `[count, count]` row after row.
public struct SymmetricMatrix: Hashable, Sendable {
  /// Rows and columns.
  public let count: Int
  /// `[count, count]`
  public let values: [Double]

  /// - Precondition: `count²` values.
  public init(count: Int, values: [Double]) {
    precondition(values.count == count * count, "SymmetricMatrix: \(values.count) values for \(count) rows")
    self.count = count
    self.values = values
  }

  /// The products of all pairs of rows of `rows`, `[count, width]`.
  public init(productsOf rows: [Double], count: Int) {
    precondition(count > 0 && rows.count % count == 0, "SymmetricMatrix: \(rows.count) values in \(count) rows")
    let width = Int64(rows.count / count)
    self.count = count
    values = unsafe [Double](unsafeUninitializedCapacity: count * count) { buffer, initialized in
      unsafe rows.withUnsafeBufferPointer {
        unsafe InstructionLevel.current.table.row_products(
          $0.baseAddress!, Int64(count), width, buffer.baseAddress!)
      }
      initialized = count * count
    }
  }

  /// One entry.
  public subscript(row: Int, column: Int) -> Double { values[row * count + column] }

  /// The sum of each row.
  public var rowSums: [Double] { (0..<count).map { values[$0 * count..<($0 + 1) * count].reduce(0, +) } }

  /// The matrix with every value changed.
  public func map(_ change: (Double) -> Double) -> SymmetricMatrix {
    SymmetricMatrix(count: count, values: values.map(change))
  }

  /// The matrix `D · A · D` for the diagonal matrix D of `factors`.
  public func scaled(by factors: [Double]) -> SymmetricMatrix {
    precondition(factors.count == count, "SymmetricMatrix: \(factors.count) factors for \(count) rows")
    var scaled = values
    for row in 0..<count {
      let factor = factors[row]
      for column in 0..<count { scaled[row * count + column] *= factor * factors[column] }
    }
    return SymmetricMatrix(count: count, values: scaled)
  }

  /// The rows and columns with these numbers.
  public func selecting(_ numbers: [Int]) -> SymmetricMatrix {
    SymmetricMatrix(
      count: numbers.count, values: numbers.flatMap { row in numbers.map { values[row * count + $0] } })
  }
}

/// Rows of a matrix divided by their lengths.
public enum UnitRows {
  /// The rows of `rows`, `[count, width]`, in double precision; a row of zeros stays as it is.
  public static func of(_ rows: [Float], count: Int) -> [Double] {
    precondition(count > 0 && rows.count % count == 0, "UnitRows: \(rows.count) values in \(count) rows")
    return unsafe [Double](unsafeUninitializedCapacity: rows.count) { buffer, initialized in
      unsafe rows.withUnsafeBufferPointer {
        guard let base = $0.baseAddress else { return }
        unsafe InstructionLevel.current.table.unit_rows(
          base, Int64(count), Int64(rows.count / count), buffer.baseAddress!)
      }
      initialized = rows.count
    }
  }
}
