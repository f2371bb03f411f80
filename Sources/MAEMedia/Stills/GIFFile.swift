import CFFmpeg
import MAECore

/// Whether the first picture of a GIF is whole: the decoder takes what there is and says nothing (GIF89a; Welch 1984 for LZW).
enum GIFFile {
  static func look(into file: ByteView) -> StillFile {
    var still = StillFile(AV_CODEC_ID_GIF, file)
    guard let picture = firstPicture(of: file) else {
      still.defect = "its picture is missing"
      return still
    }
    let found = pixelCount(picture.data, minimumCodeSize: picture.codeSize)
    if !picture.isComplete || found < picture.size.pixelCount {
      still.defect = "\(min(found, picture.size.pixelCount)) of \(picture.size.pixelCount) pixels are there"
    }
    return still
  }

  private struct Picture {
    var size: FrameSize
    var codeSize: Int
    var data: [UInt8]
    /// Whether the block that ends its data is there.
    var isComplete: Bool
  }

  private static func firstPicture(of file: ByteView) -> Picture? {
    guard let flags = file[10] else { return nil }
    var place = 13 + colourTableSize(flags)
    while let introducer = file[place] {
      switch introducer {
      case 0x21: place = blocks(of: file, from: place + 2).end
      case 0x2c:
        guard let width = file.number(2, at: place + 5, isLittleEndian: true),
          let height = file.number(2, at: place + 7, isLittleEndian: true), let local = file[place + 9]
        else { return nil }
        place += 10 + colourTableSize(local)
        guard let codeSize = file[place], (1...11).contains(codeSize) else { return nil }
        let found = blocks(of: file, from: place + 1)
        return Picture(
          size: FrameSize(width: width, height: height), codeSize: Int(codeSize), data: found.data, isComplete: found.isComplete)
      default: return nil
      }
    }
    return nil
  }

  private static func colourTableSize(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 6 << Int(flags & 7) }

  /// The content of a chain of blocks, each of which begins with its length, up to an empty one.
  private static func blocks(of file: ByteView, from start: Int) -> (data: [UInt8], end: Int, isComplete: Bool) {
    var data: [UInt8] = []
    var place = start
    while let length = file[place], length > 0, let block = file.part(from: place + 1, upTo: Int(length)) {
      data += block.array
      place += 1 + Int(length)
    }
    return (data, place + 1, file[place] == 0)
  }

  /// Pixels that the codes stand for.
  private static func pixelCount(_ data: [UInt8], minimumCodeSize: Int) -> Int {
    let clear = 1 << minimumCodeSize
    // Pixels of each code; codes up to 4095 have 12 bits.
    var lengths = [Int](repeating: 1, count: 4096)
    var (size, next, count) = (minimumCodeSize + 1, clear + 2, 0)
    var previous: Int?
    var (bits, bitCount) = (0, 0)
    for byte in data {
      bits |= Int(byte) << bitCount
      bitCount += 8
      while bitCount >= size {
        let code = bits & (1 << size - 1)
        bits >>= size
        bitCount -= size
        if code == clear {
          (size, next, previous) = (minimumCodeSize + 1, clear + 2, nil)
          continue
        }
        if code == clear + 1 { return count }
        guard code < next || code == next && previous != nil else { return count }
        if let previous, next < 4096 {
          lengths[next] = lengths[previous] + 1
          next += 1
          if next == 1 << size, size < 12 { size += 1 }
        }
        count += code < clear ? 1 : lengths[code]
        previous = code
      }
    }
    return count
  }
}
