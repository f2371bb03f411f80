import Foundation
import MAECore

/// A square of random numbers whose borders meet (a torus), and its filters (Hinojosa et al. 2024, ColorMAE).
public struct NoiseField: Hashable, Sendable {
  /// Rows, and columns.
  public let side: Int
  /// `[side, side]`
  public private(set) var values: [Double]

  /// Which frequencies are left of white noise w, with the Gaussian blur G of some deviation.
  public enum Colour: String, Hashable, Codable, Sendable, CaseIterable {
    /// Low ones: `G · w`.
    case red
    /// High ones: `w − G · w`.
    case blue
    /// A band: `G(weak) · w − G(strong) · w`.
    case green
    /// All but a band: `w − green`.
    case purple

    /// Whether it has two blurs.
    public var isBand: Bool { self == .green || self == .purple }
  }

  /// - Precondition: `side²` values.
  public init(side: Int, values: [Double]) {
    precondition(values.count == side * side && side > 0, "NoiseField: \(values.count) values for a side of \(side)")
    self.side = side
    self.values = values
  }

  /// Even white noise.
  public init(white side: Int, random: inout RandomStream) {
    self.init(side: side, values: (0..<side * side).map { _ in random.uniform() })
  }

  /// What a colour leaves of the field.
  ///
  /// - Parameter deviations: of the blurs in cells: one, or the weaker and the stronger.
  public func filtered(_ colour: Colour, _ deviations: (Double, Double)) -> NoiseField {
    let blurred = blurred(deviations.0)
    func combined(_ a: NoiseField, _ b: NoiseField, _ change: (Double, Double) -> Double) -> NoiseField {
      NoiseField(side: side, values: zip(a.values, b.values).map(change))
    }
    switch colour {
    case .red: return blurred
    case .blue: return combined(self, blurred, -)
    case .green: return combined(blurred, self.blurred(deviations.1), -)
    case .purple: return combined(self, combined(blurred, self.blurred(deviations.1), -), -)
    }
  }

  /// A Gaussian blur along rows and columns: weights exp(−x² ÷ 2σ²) up to ⌊4σ + ½⌋ cells away, adding up to 1.
  public func blurred(_ deviation: Double) -> NoiseField {
    let radius = Int(4 * deviation + 0.5)
    let raw = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let sum = raw.reduce(0, +)
    let kernel = raw.map { $0 / sum }
    func along(_ values: [Double], _ stride: Int, _ other: Int) -> [Double] {
      var result = values
      for line in 0..<side {
        for cell in 0..<side {
          var sum = 0.0
          for (offset, weight) in kernel.enumerated() {
            let from = ((cell + offset - radius) % side + side) % side
            sum += weight * values[line * other + from * stride]
          }
          result[line * other + cell * stride] = sum
        }
      }
      return result
    }
    return NoiseField(side: side, values: along(along(values, side, 1), 1, side))
  }

  /// The same order of values with an even histogram: each becomes its rank, from 0 to 1.
  public func evened() -> NoiseField {
    var ranks = values
    for (rank, cell) in Relevance.order(values).reversed().enumerated() {
      ranks[cell] = (Double(rank) + 0.5) / Double(values.count)
    }
    return NoiseField(side: side, values: ranks)
  }

  /// A window, `[height, width]`, that may reach over the borders.
  public func window(
    top: Int, left: Int, height: Int, width: Int, mirrorsColumns: Bool, mirrorsRows: Bool
  ) -> [Double] {
    (0..<height).flatMap { row in
      (0..<width).map { column in
        let y = top + (mirrorsRows ? height - 1 - row : row)
        let x = left + (mirrorsColumns ? width - 1 - column : column)
        return values[y % side * side + x % side]
      }
    }
  }
}
