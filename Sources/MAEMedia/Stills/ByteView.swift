/// A part of a file's bytes, with places counted from its own beginning; what lies outside reads as nil.
struct ByteView {
  private let bytes: [UInt8]
  /// The part, in bytes of the file.
  let range: Range<Int>

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    range = bytes.indices
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    self.range = range
  }

  var count: Int { range.count }
  var array: ArraySlice<UInt8> { bytes[range] }

  /// The `count` bytes from `start`, or as many as there are; nil when `start` lies behind the end or `count` is negative.
  func part(from start: Int, upTo count: Int = .max) -> ByteView? {
    guard start >= 0, start <= self.count, count >= 0 else { return nil }
    let first = range.lowerBound + start
    return ByteView(bytes, first..<first + min(count, self.count - start))
  }

  /// The `count` bytes from `start`; nil unless all of them are there.
  func part(from start: Int, count: Int) -> ByteView? {
    guard let part = part(from: start, upTo: count), part.count == count else { return nil }
    return part
  }

  subscript(place: Int) -> UInt8? { place >= 0 && place < count ? bytes[range.lowerBound + place] : nil }

  /// The whole number in the `count` bytes at `place`, at most eight; nil outside or beyond `Int`.
  func number(_ count: Int, at place: Int, isLittleEndian: Bool = false) -> Int? {
    guard let part = part(from: place, count: count)?.array else { return nil }
    let value = (isLittleEndian ? Array(part.reversed()) : Array(part)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }

  /// Whether `text` stands at `place`.
  func has(_ text: StaticString, at place: Int = 0) -> Bool {
    part(from: place, count: text.utf8CodeUnitCount)?.array.elementsEqual(text.description.utf8) ?? false
  }

  /// Four letters at `place`, as boxes and chunks are named.
  func name(at place: Int) -> String? {
    part(from: place, count: 4).map { String(decoding: $0.array, as: UTF8.self) }
  }

  /// Where `pattern` begins first, at `start` or behind.
  func first(_ pattern: [UInt8], from start: Int = 0) -> Int? {
    var place = start
    while let rest = part(from: place), rest.count >= pattern.count,
      let next = rest.array.firstIndex(of: pattern[0]).map({ $0 - range.lowerBound })
    {
      if part(from: next, count: pattern.count)?.array.elementsEqual(pattern) == true { return next }
      place = next + 1
    }
    return nil
  }

  /// Whether it ends in a run of zeros that coded pictures do not have: what was never written of a file whose place was
  /// reserved.
  var endsInZeros: Bool { count >= 64 && array.suffix(32).allSatisfy { $0 == 0 } }
}
