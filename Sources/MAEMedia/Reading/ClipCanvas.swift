import MAECore

/// The pixels of a clip in the making, and which frames are still missing.
struct ClipCanvas {
  let crop: PixelRect
  private(set) var missing: Set<Int>
  private(set) var pixels: [UInt8]
  private let slots: [Int: [Int]]
  private let isFlipped: Bool
  private let size: FrameSize
  private let filter: ResizeFilter
  private let channels: PixelChannels

  init(
    frames: [FrameNumber], crop: PixelRect, isFlipped: Bool, size: FrameSize, filter: ResizeFilter, channels: PixelChannels
  ) {
    self.crop = crop
    self.isFlipped = isFlipped
    self.size = size
    self.filter = filter
    self.channels = channels
    slots = Dictionary(grouping: frames.indices) { frames[$0].value }
    missing = Set(slots.keys)
    // Every pixel is painted before a clip is made of them.
    unsafe pixels = [UInt8](unsafeUninitializedCapacity: frames.count * size.pixelCount * channels.count) { $1 = $0.count }
  }

  /// Starts over: what was painted is not to be trusted.
  mutating func clear() { missing = Set(slots.keys) }

  /// Puts a converted window wherever its frame is wanted.
  mutating func paint(_ number: Int, _ view: PixelView, _ resampler: ResampleWorker) {
    guard let wanted = slots[number], let first = wanted.first else { return }
    missing.remove(number)
    let bytes = size.pixelCount * channels.count
    unsafe pixels.withUnsafeMutableBufferPointer { pixels in
      let start = unsafe pixels.baseAddress! + first * bytes
      unsafe resampler.resize(view, channels: channels, to: size, filter: filter, isFlipped: isFlipped, into: start)
      for slot in wanted.dropFirst() { unsafe (pixels.baseAddress! + slot * bytes).update(from: start, count: bytes) }
    }
  }
  /// The clip, with the times of its frames.
  func clip(times: [Double]) -> Clip { Clip(size: size, channels: channels, times: times, pixels: pixels) }
}

extension [ClipCanvas] {
  /// Frames that any of them still needs.
  var missing: Set<Int> { reduce(into: []) { $0.formUnion($1.missing) } }
}
