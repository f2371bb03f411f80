/// Which checkpoints of a run stay.
public enum CheckpointKeeping: Hashable, Sendable, Codable, LosslessStringConvertible, ExpressibleByIntegerLiteral {
  /// So many of the newest.
  case newest(Int)
  /// So many over the whole run: the first, the two newest, and between them those that leave the smallest gaps.
  case spread(Int)

  /// What stays of a run that says nothing, as far as the disk has room; see ``usualShare``.
  public static let usual = CheckpointKeeping.spread(6)
  /// Checkpoints take at most this share of what is free on their disk where nothing says how many stay; two always do.
  public static let usualShare = 0.1
  private static let prefix = "spread:"

  /// So many of the newest.
  public init(integerLiteral value: Int) { self = .newest(value) }

  /// `4` or `spread:6`.
  public init?(_ text: String) {
    if text.hasPrefix(Self.prefix), let count = Int(text.dropFirst(Self.prefix.count)) {
      self = .spread(count)
    } else if let count = Int(text) {
      self = .newest(count)
    } else {
      return nil
    }
  }

  /// `4` or `spread:6`.
  public var description: String {
    switch self {
    case .newest(let count): "\(count)"
    case .spread(let count): Self.prefix + "\(count)"
    }
  }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a number, or spread: and a number")
    }
    self = value
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Whether so many can stay: at least the newest, or with a spread the first and two more.
  public var isPossible: Bool {
    switch self {
    case .newest(let count): count >= 1
    case .spread(let count): count >= 3
    }
  }

  /// ``usual`` as far as there is room.
  ///
  /// - Parameters:
  ///   - size: bytes of a checkpoint.
  ///   - room: bytes that are free, with those of the checkpoints that are there.
  public static func usual(size: Int, room: Int) -> CheckpointKeeping {
    guard case .spread(let most) = usual, size > 0 else { return usual }
    let count = min(most, Int(usualShare * Double(room) / Double(size)))
    return count >= 3 ? .spread(count) : .newest(2)
  }

  /// The steps whose checkpoints stay.
  ///
  ///     spread:6 of 0 … 10, asked after each:  0 2 4 6 9 10
  ///
  /// - Parameter steps: ascending.
  public func kept(of steps: [Int]) -> [Int] {
    switch self {
    case .newest(let count): return steps.suffix(count)
    case .spread(let count):
      var kept = steps
      while kept.count > max(3, count) {
        let gap = { (place: Int) in kept[place + 1] - kept[place - 1] }
        // The two newest stay, so that damage to the last one costs little.
        kept.remove(at: (1..<kept.count - 2).min { gap($0) < gap($1) }!)
      }
      return kept
    }
  }
}
