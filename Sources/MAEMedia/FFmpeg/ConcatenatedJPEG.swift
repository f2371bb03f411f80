/// Tells a raw motion JPEG recording, pictures of one size one after the other, from a photo.
///
/// FFmpeg takes both for a photo. Photos too may have a second picture behind them: a preview, a gain map, the other eye; those
/// name it in a header of their own (MPF), have another size, or are two.
struct ConcatenatedJPEG {
  private let peek: (_ offset: Int64, _ count: Int) -> [UInt8]
  private let size: Int64

  private static let window = 32 << 10
  private static let longWindow = 1 << 20

  static func isRecording(size: Int64, peek: @escaping (Int64, Int) -> [UInt8]) -> Bool {
    Self(peek: peek, size: size).isRecording
  }

  private var isRecording: Bool {
    let head = peek(0, Self.window)
    guard let first = Self.pictureSize(head, from: 0) else { return false }
    let near = starts(in: head, of: first)
    if near > 1 || size <= Int64(Self.window) { return near > 1 }
    let tail = starts(in: peek(size - Int64(Self.window), Self.window), of: first)
    if near + tail == 0 { return false }
    if near + tail > 1 { return true }
    // Pictures larger than the window: a longer look decides.
    let count = min(size, Int64(Self.longWindow))
    return starts(in: peek(size - count, Int(count)), of: first) > 1
  }

  /// How many pictures of a size begin right behind the end of another one.
  private func starts(in bytes: [UInt8], of first: UInt32) -> Int {
    var count = 0
    var index = 0
    while index + 4 < bytes.count {
      if bytes[index] == 0xff, bytes[index + 1] == 0xd9, bytes[index + 2] == 0xff, bytes[index + 3] == 0xd8,
        bytes[index + 4] == 0xff
      {
        if Self.pictureSize(bytes, from: index + 2) == first { count += 1 }
        index += 4
      } else {
        index += bytes[index + 1] == 0xff || bytes[index] == 0xff ? 1 : 2
      }
    }
    return count
  }

  /// Height and width of the picture that starts at an offset; nil for what is none, or names pictures behind it.
  private static func pictureSize(_ bytes: [UInt8], from start: Int) -> UInt32? {
    var offset = start + 2
    while offset + 9 < bytes.count, bytes[offset] == 0xff {
      let marker = bytes[offset + 1]
      if marker == 0xe2, bytes[offset + 4..<offset + 8].elementsEqual("MPF\0".utf8) { return nil }
      if (0xc0...0xcf).contains(marker), ![0xc4, 0xc8, 0xcc].contains(marker) {
        return bytes[offset + 5..<offset + 9].reduce(0) { $0 << 8 | UInt32($1) }
      }
      if marker == 0xd8 || marker == 0xd9 || marker == 0xda { return nil }
      offset += 2 + Int(bytes[offset + 2]) << 8 + Int(bytes[offset + 3])
    }
    return nil
  }
}
