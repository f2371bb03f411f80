/// Finds the units of a packet, behind lengths or start codes.
struct UnitSplitter {
  /// Bytes of a length before each unit; 0 = start codes.
  let lengthSize: Int

  /// FFmpeg reads on behind start codes within a length, as some cameras write them; what follows the beginning of a slice is of
  /// no interest here.
  ///
  /// - Parameter isSlice: whether a unit that begins with a byte is part of a picture.
  /// - Returns: nil when the lengths do not add up.
  func units(in bytes: UnsafeBufferPointer<UInt8>, isSlice: (UInt8) -> Bool) -> [Range<Int>]? {
    var result: [Range<Int>] = []
    guard lengthSize > 0 else {
      unsafe Self.forEachStartCode(in: bytes) { start in
        if let last = result.popLast() { result.append(last.lowerBound..<start - 3) }
        result.append(start..<bytes.count)
        return true
      }
      return result
    }
    var offset = 0
    while offset + lengthSize < bytes.count {
      var length = 0
      for index in 0..<lengthSize { length = unsafe length << 8 | Int(bytes[offset + index]) }
      offset += lengthSize
      guard length <= bytes.count - offset else { return nil }
      if length > 0 {
        var start = offset
        let unit = unsafe UnsafeBufferPointer(rebasing: bytes[..<(offset + length)])
        if unsafe !isSlice(bytes[start]) {
          unsafe Self.forEachStartCode(in: unit, from: offset) { next in
            if next - 3 > start { result.append(start..<next - 3) }
            start = next
            return unsafe !isSlice(bytes[start])
          }
        }
        result.append(start..<offset + length)
      }
      offset += length
    }
    return result
  }

  /// Calls `body` with the offset behind each start code, at least one byte before the end, until it returns false.
  static func forEachStartCode(in bytes: UnsafeBufferPointer<UInt8>, from first: Int = 0, _ body: (Int) -> Bool) {
    var offset = first
    while offset + 3 < bytes.count {
      if unsafe bytes[offset + 2] > 1 {
        offset += 3
      } else if unsafe bytes[offset] == 0 && bytes[offset + 1] == 0 && bytes[offset + 2] == 1 {
        offset += 3
        if !body(offset) { return }
      } else {
        offset += 1
      }
    }
  }
}
