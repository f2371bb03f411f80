import MAECore

/// Rows of interleaved bytes in aligned memory, with room behind each row for vector code to write past its end.
@safe final class PixelBuffer {
  private(set) var start: UnsafeMutablePointer<UInt8>
  private(set) var stride = 0
  private var capacity = 0

  init() { unsafe start = Self.allocate(64) }

  deinit { unsafe start.deallocate() }

  /// Makes room for a picture; its content is undefined.
  func prepare(_ size: FrameSize, bytesPerPixel: Int) {
    stride = (size.width * bytesPerPixel + 64 + 63) & ~63
    let needed = stride * size.height + 64
    guard needed > capacity else { return }
    unsafe start.deallocate()
    unsafe start = Self.allocate(needed)
    capacity = needed
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    unsafe UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64).bindMemory(to: UInt8.self, capacity: count)
  }
}

/// A picture in someone else's memory: interleaved bytes, rows `stride` apart.
@unsafe struct PixelView {
  var start: UnsafeMutablePointer<UInt8>
  var stride: Int
  var size: FrameSize
}
