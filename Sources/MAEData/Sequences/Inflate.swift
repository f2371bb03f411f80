/// Unpacks zlib's streams (RFC 1950 and 1951), as MATLAB's files hold them.
struct Inflate {
  /// What a stream cannot be.
  struct Damaged: Error {}

  private let source: [UInt8]
  private var place: Int
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var result: [UInt8] = []
  private let limit: Int

  /// The bytes of a stream.
  ///
  /// - Parameter limit: more bytes than this are not unpacked.
  /// - Throws: ``Damaged`` when it is none, is cut short, or gives more.
  static func bytes(of stream: some Sequence<UInt8>, limit: Int = 1 << 28) throws(Damaged) -> [UInt8] {
    var inflate = Inflate(source: Array(stream), place: 2, limit: limit)
    let source = inflate.source
    guard source.count > 6, source[0] & 15 == 8, (Int(source[0]) << 8 | Int(source[1])) % 31 == 0, source[1] & 32 == 0 else {
      throw Damaged()
    }
    while try !inflate.block() {}
    // Behind the blocks, from the next whole byte on, stands a checksum of what they give (Adler-32).
    let end = inflate.place
    guard end + 4 <= source.count else { throw Damaged() }
    let stated = source[end..<end + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let (low, high) = inflate.result.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let low = (sums.0 + UInt32(byte)) % 65521
      return (low, (sums.1 + low) % 65521)
    }
    guard high << 16 | low == stated else { throw Damaged() }
    return inflate.result
  }

  private init(source: [UInt8], place: Int, limit: Int) { (self.source, self.place, self.limit) = (source, place, limit) }

  /// Unpacks a block; whether it was the last.
  private mutating func block() throws(Damaged) -> Bool {
    let isLast = try take(1) == 1
    switch try take(2) {
    case 0: try copyStored()
    case 1:
      let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
      try unpack(PrefixCode(lengths), PrefixCode(Array(repeating: 5, count: 30)))
    case 2:
      let (literals, distances) = try codes()
      try unpack(literals, distances)
    default: throw Damaged()
    }
    return isLast
  }

  private mutating func copyStored() throws(Damaged) {
    (bits, bitCount) = (0, 0)
    guard place + 4 <= source.count else { throw Damaged() }
    let count = Int(source[place]) | Int(source[place + 1]) << 8
    place += 4
    guard place + count <= source.count, result.count + count <= limit else { throw Damaged() }
    result += source[place..<place + count]
    place += count
  }

  private mutating func codes() throws(Damaged) -> (PrefixCode, PrefixCode) {
    let (literals, distances, lengthCodes) = (try take(5) + 257, try take(5) + 1, try take(4) + 4)
    var lengths = [Int](repeating: 0, count: 19)
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    for index in 0..<lengthCodes { lengths[order[index]] = try take(3) }
    let code = PrefixCode(lengths)
    var all: [Int] = []
    while all.count < literals + distances {
      let symbol = try symbol(code)
      switch symbol {
      case 16:
        guard let last = all.last else { throw Damaged() }
        all += Array(repeating: last, count: try take(2) + 3)
      case 17: all += Array(repeating: 0, count: try take(3) + 3)
      case 18: all += Array(repeating: 0, count: try take(7) + 11)
      default: all.append(symbol)
      }
    }
    guard all.count == literals + distances else { throw Damaged() }
    return (PrefixCode(Array(all[..<literals])), PrefixCode(Array(all[literals...])))
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]

  private mutating func unpack(_ literals: PrefixCode, _ distances: PrefixCode) throws(Damaged) {
    while true {
      let symbol = try symbol(literals)
      guard result.count < limit else { throw Damaged() }
      if symbol < 256 {
        result.append(UInt8(symbol))
      } else if symbol == 256 {
        return
      } else {
        guard symbol - 257 < Self.lengthBases.count else { throw Damaged() }
        let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
        let code = try self.symbol(distances)
        guard code < 30 else { throw Damaged() }
        // Distances double with every second code.
        let extra = max(0, code / 2 - 1)
        let distance = (code < 2 ? code : (2 + code % 2) << extra) + 1 + (try take(extra))
        guard distance <= result.count, result.count + length <= limit else { throw Damaged() }
        for _ in 0..<length { result.append(result[result.count - distance]) }
      }
    }
  }

  private mutating func take(_ count: Int) throws(Damaged) -> Int {
    while bitCount < count {
      guard place < source.count else { throw Damaged() }
      bits |= UInt32(source[place]) << UInt32(bitCount)
      place += 1
      bitCount += 8
    }
    let value = Int(bits & (1 << UInt32(count) - 1))
    bits >>= UInt32(count)
    bitCount -= count
    return value
  }

  private mutating func symbol(_ code: PrefixCode) throws(Damaged) -> Int {
    var (word, first, index) = (0, 0, 0)
    for length in 1...15 {
      word |= try take(1)
      let count = code.counts[length]
      if word - first < count { return code.symbols[index + word - first] }
      index += count
      first = (first + count) << 1
      word <<= 1
    }
    throw Damaged()
  }

  /// Symbols in the order of their words.
  private struct PrefixCode {
    /// Words of each length.
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int]

    init(_ lengths: [Int]) {
      for length in lengths where length > 0 { counts[length] += 1 }
      symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    }
  }
}
