import MAECore
import MAEMedia

/// How much of each label is at each place: `[height, width, channels]`.
public struct LabelMap: Hashable, Sendable {
  /// In cells or pixels.
  public let size: FrameSize
  /// Labels, the background included.
  public let channels: Int
  /// `[height, width, channels]`
  public var values: [Float]

  /// - Precondition: `values` holds `height × width × channels` numbers.
  public init(size: FrameSize, channels: Int, values: [Float]) {
    precondition(values.count == size.pixelCount * channels, "LabelMap: \(values.count) values for \(size) × \(channels)")
    (self.size, self.channels, self.values) = (size, channels, values)
  }

  /// 1 where a picture has the label of the channel, else 0.
  init(oneHot picture: LabelPicture, labels: [UInt8]) {
    var values = [Float](repeating: 0, count: picture.size.pixelCount * labels.count)
    var channel = [Int?](repeating: nil, count: 256)
    for (index, label) in labels.enumerated() { channel[Int(label)] = index }
    for (place, id) in picture.ids.enumerated() {
      if let index = channel[Int(id)] { values[place * labels.count + index] = 1 }
    }
    self.init(size: picture.size, channels: labels.count, values: values)
  }

  /// Bilinear at the places' centres, clamped at the edges; nothing is widened when shrinking, so most pixels of a shrunk picture
  /// are never looked at (OpenCV's `INTER_LINEAR`).
  func resampled(to new: FrameSize) -> LabelMap {
    guard new != size else { return self }
    let columns = LinearTap.taps(from: size.width, to: new.width)
    let rows = LinearTap.taps(from: size.height, to: new.height)
    let stride = size.width * channels
    var result = [Float](repeating: 0, count: new.pixelCount * channels)
    // A row of the old picture at the new width serves all new rows beside it.
    var (upper, lower) = ([Float](repeating: 0, count: new.width * channels), [Float](repeating: 0, count: new.width * channels))
    func widen(_ row: Int, into line: inout [Float]) {
      for (column, tap) in columns.enumerated() {
        let (first, second) = (row * stride + tap.first * channels, row * stride + tap.second * channels)
        for channel in 0..<channels {
          let value = values[first + channel]
          line[column * channels + channel] = value + tap.share * (values[second + channel] - value)
        }
      }
    }
    var (upperRow, lowerRow) = (-1, -1)
    for (row, tap) in rows.enumerated() {
      if tap.first == lowerRow { (upper, lower, upperRow, lowerRow) = (lower, upper, lowerRow, upperRow) }
      if tap.first != upperRow { widen(tap.first, into: &upper) }
      if tap.second != lowerRow { widen(tap.second, into: &lower) }
      (upperRow, lowerRow) = (tap.first, tap.second)
      let start = row * upper.count
      for index in upper.indices { result[start + index] = upper[index] + tap.share * (lower[index] - upper[index]) }
    }
    return LabelMap(size: new, channels: channels, values: result)
  }

  /// The channel with the largest value of each place, the first of equal ones.
  func largestChannels() -> [Int] {
    (0..<size.pixelCount).map { place in
      let start = place * channels
      var best = 0
      for channel in 1..<max(1, channels) where values[start + channel] > values[start + best] { best = channel }
      return best
    }
  }

  /// Every channel with something in it stretched to 0 … 1 over the whole picture (DINO's `norm_mask`); one that is the same
  /// everywhere stays as it is.
  func stretched() -> LabelMap {
    var result = self
    for channel in 0..<channels {
      let places = stride(from: channel, to: values.count, by: channels)
      let (low, high) = places.reduce((Float.infinity, -Float.infinity)) { (min($0.0, values[$1]), max($0.1, values[$1])) }
      guard high > 0, high > low else { continue }
      for place in places { result.values[place] = (values[place] - low) / (high - low) }
    }
    return result
  }
}

/// The two old places that a new one is between, along one direction.
struct LinearTap: Hashable {
  var first, second: Int
  /// Of the second.
  var share: Float

  /// Half-pixel centres, clamped.
  static func taps(from old: Int, to new: Int) -> [LinearTap] {
    (0..<new).map { place in
      let centre = (Double(place) + 0.5) * Double(old) / Double(new) - 0.5
      guard centre > 0 else { return LinearTap(first: 0, second: 0, share: 0) }
      let first = min(Int(centre), old - 1)
      return LinearTap(first: first, second: min(first + 1, old - 1), share: Float(centre - Double(first)))
    }
  }
}

/// Which old place is nearest to a new one, along one direction.
enum NearestPlace: Sendable {
  /// OpenCV's rule: ⌊i · old / new⌋.
  case corner
  /// Pillow's: ⌊(i + ½) · old / new⌋, added up step by step, which decides where that is a whole number.
  case centre

  func places(from old: Int, to new: Int) -> [Int] {
    switch self {
    case .corner: return (0..<new).map { min($0 * old / new, old - 1) }
    case .centre:
      let step = Double(old) / Double(new)
      var place = 0.5 * step
      return (0..<new).map { _ in
        defer { place += step }
        return min(Int(place), old - 1)
      }
    }
  }
}

extension LabelPicture {
  /// The picture at another size, each pixel with the label of one of its own.
  func sampled(to new: FrameSize, _ rule: NearestPlace) -> LabelPicture {
    let (columns, rows) = (rule.places(from: size.width, to: new.width), rule.places(from: size.height, to: new.height))
    return LabelPicture(size: new, ids: rows.flatMap { row in columns.map { ids[row * size.width + $0] } })
  }
}
