/// A value with its name in an event: what TensorBoard draws under that tag.
public struct EventValue: Sendable {
  /// What TensorBoard calls it; a slash makes groups.
  public var tag: String
  /// What it is.
  public var content: Content

  /// What can be drawn.
  public enum Content: Sendable {
    case scalar(Double)
    /// A PNG file.
    case picture(png: [UInt8], width: Int, height: Int)
    case histogram(Histogram)
  }

  /// A value under a tag.
  public init(_ tag: String, _ content: Content) { (self.tag, self.content) = (tag, content) }

  /// `Summary.Value` of tensorflow's `summary.proto`: tag 1, simple value 2, image 4, histogram 5.
  var message: ProtocolMessage {
    var message = ProtocolMessage()
    message.add(1, tag)
    switch content {
    case .scalar(let value): message.add(2, Float(value))
    case .picture(let png, let width, let height):
      var image = ProtocolMessage()
      image.add(1, height)
      image.add(2, width)
      image.add(3, 3)  // colours: RGB
      image.add(4, png)
      message.add(4, image)
    case .histogram(let histogram): message.add(5, histogram.message)
    }
    return message
  }
}

/// How often numbers of some size occur.
public struct Histogram: Hashable, Sendable {
  /// The right ends of the ranges, ascending; a range reaches from the end before it.
  public private(set) var limits: [Double] = []
  /// How many numbers lie in each range.
  public private(set) var counts: [Double] = []
  /// Of all numbers.
  public private(set) var least, most, sum, sumOfSquares: Double

  /// Ends of ranges above zero, each a tenth larger than the one before, as TensorFlow has them.
  private static let sizes: [Double] = Array(sequence(first: 1e-12) { $0 < 1e20 ? $0 * 1.1 : nil })

  /// Nil without a finite number.
  public init?(_ values: [Float]) {
    let finite = values.lazy.filter(\.isFinite).map(Double.init)
    guard let first = finite.first else { return nil }
    (least, most, sum, sumOfSquares) = (first, first, 0, 0)
    var found: [Int: Double] = [:]
    for value in finite {
      (least, most) = (min(least, value), max(most, value))
      sum += value
      sumOfSquares += value * value
      found[Self.range(of: value), default: 0] += 1
    }
    let ranges = (found.keys.min()!...found.keys.max()!)
    for range in ranges {
      limits.append(Self.limit(range))
      counts.append(found[range] ?? 0)
    }
  }

  /// 0 around zero, 1… above, −1… below.
  private static func range(of value: Double) -> Int {
    let size = abs(value)
    guard size > sizes[0] else { return 0 }
    var (low, high) = (0, sizes.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sizes[middle] < size { low = middle + 1 } else { high = middle }
    }
    return value > 0 ? low : -low
  }

  private static func limit(_ range: Int) -> Double { range >= 0 ? sizes[range] : -sizes[-range - 1] }

  /// `HistogramProto`: least 1, most 2, count 3, sum 4, sum of squares 5, ends of ranges 6, counts 7.
  var message: ProtocolMessage {
    var message = ProtocolMessage()
    message.add(1, least)
    message.add(2, most)
    message.add(3, counts.reduce(0, +))
    message.add(4, sum)
    message.add(5, sumOfSquares)
    message.add(6, limits)
    message.add(7, counts)
    return message
  }
}
