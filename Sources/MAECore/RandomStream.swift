/// A counter-based stream of random numbers: value *n* is a pure function of the key and *n*.
///
/// Streams are forked by name and position, so a draw does not depend on how many others were made before it or on which
/// thread makes it. The mixing function is SplitMix64's finalizer (Steele, Lea and Flood 2014).
public struct RandomStream: RandomNumberGenerator, Hashable, Codable, Sendable {
  private var key: UInt64
  private var counter: UInt64 = 0

  /// The root of all streams of a seed.
  public init(seed: UInt64) { key = Self.mix(seed ^ 0x6d61_6520_7365_6564) }

  private init(key: UInt64) { self.key = key }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* 0x9e37_79b9_7f4a_7c15)
  }

  /// An independent stream for a purpose and a position, e.g. `random.fork("mask", epoch, sample)`.
  ///
  /// The fork depends on the key alone, not on how many numbers were drawn from this stream.
  public func fork(_ label: String, _ indices: Int...) -> RandomStream {
    var key = self.key
    for byte in label.utf8 { key = Self.mix(key ^ UInt64(byte) &+ 0x1000_0000_01b3) }
    for index in indices { key = Self.mix(key ^ UInt64(bitPattern: Int64(index)) &+ 0x9e37_79b9) }
    return RandomStream(key: key)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
