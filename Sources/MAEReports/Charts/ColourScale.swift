import MAECore

/// Colours for numbers.
public enum ColourScale: Sendable {
  /// From dark to light, for amounts.
  case sequential
  /// Blue below the middle, red above, for differences from something.
  case diverging

  private var anchors: [Colour] {
    switch self {
    case .sequential: [0x14163A, 0x2B3F87, 0x2A7391, 0x35A07F, 0x93C35A, 0xF6E58A].map { Colour($0) }
    case .diverging: [0x1F3F7A, 0x6C93C7, 0xF2F0EA, 0xD98C72, 0x8E2B2B].map { Colour($0) }
    }
  }

  /// The colour for a share of the range, 0 … 1; what lies outside takes the colour of the end.
  public func colour(_ share: Double) -> Colour {
    guard share.isFinite else { return Colour(grey: 128) }
    let place = max(0, min(1, share)) * Double(anchors.count - 1)
    let index = min(anchors.count - 2, Int(place))
    return anchors[index].mixed(with: anchors[index + 1], place - Double(index))
  }

  /// As a style sheet writes a band from left (low) to right (high).
  var gradient: String { "linear-gradient(to right," + anchors.map(\.styleSheetText).joined(separator: ",") + ")" }
}

/// A matrix of numbers as a picture, one pixel per number.
public struct HeatMap: Sendable {
  public var title: String
  public var rows, columns: Int
  /// Row by row.
  public var values: [Double]
  public var scale: ColourScale
  /// The values that take the ends of the colour scale; where `nil`, the smallest and largest value.
  public var range: ClosedRange<Double>?
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
