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
