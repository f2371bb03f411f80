import MAECore

/// A matrix of numbers as a picture, one pixel per number.
public struct HeatMap: Sendable {
  /// Above the picture.
  public var title: String
  /// Of cells.
  public var rows, columns: Int
  /// Row by row.
  public var values: [Double]
  /// From the smallest value to the largest.
  public var scale: ColourScale
  /// The values that take the ends of the colour scale; where `nil`, the smallest and largest value.
  public var range: ClosedRange<Double>?
  /// Below the picture; empty for none.
  public var note: String

  /// - Precondition: there are `rows × columns` values.
  public init(
    _ title: String, rows: Int, columns: Int, values: [Double], scale: ColourScale = .sequential,
    range: ClosedRange<Double>? = nil, note: String = ""
  ) {
    precondition(values.count == rows * columns, "HeatMap \(title): \(values.count) values for \(rows) × \(columns)")
    self.title = title
    self.rows = rows
    self.columns = columns
    self.values = values
    self.scale = scale
    self.range = range
    self.note = note
  }

  /// What the ends of the colour scale stand for.
  public var shownRange: ClosedRange<Double> {
    if let range { return range }
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max() else { return 0...1 }
    return least...most
  }

  /// One pixel per number; what is not a number is grey.
  public var image: Image {
    let ends = shownRange
    let width = ends.upperBound - ends.lowerBound
    let pixels = values.flatMap { value -> [UInt8] in
      let colour = scale.colour(width > 0 ? (value - ends.lowerBound) / width : value.isFinite ? 0.5 : .nan)
      return [colour.red, colour.green, colour.blue]
    }
    return Image(size: FrameSize(width: columns, height: rows), pixels: pixels)
  }
}
