import CKernels
import MAECore

/// Pixels of a batch, as bytes or as floats, and how stored values become the model's.
public struct PixelSource: Sendable {
  /// Bytes of clips, or numbers that are standardised already.
  public enum Values: Sendable {
    /// `[samples, frames, height, width, channels]`, 0…255.
    case bytes([UInt8])
    /// Already standardised, in the given order.
    case floats([Float], FloatOrder)
  }

  /// Order of the axes of float pixels after the sample axis.
  public enum FloatOrder: Sendable {
    case framesFirst  // frames, channels, height, width (transformers)
    case channelsFirst  // channels, frames, height, width (the official repositories)
  }

  /// `[samples, frames, height, width, channels]`
  public var shape: ClipBatchShape
  /// As many as the shape has.
  public var values: Values
  /// Per channel, of pixels from 0 to 1.
  public var mean: [Float]
  /// Of each channel, for pixels of 0 … 1.
  public var deviation: [Float]
  /// Plain vectors beside the pictures, one for each sample and one after the other; empty where there are none.
  public var vectors: [Float] = []

  /// Values with what standardises them.
  public init(shape: ClipBatchShape, values: Values, mean: [Float], deviation: [Float]) {
    let count =
      switch values {
      case .bytes(let bytes): bytes.count
      case .floats(let floats, _): floats.count
      }
    precondition(count == shape.count, "PixelSource: \(count) values for \(shape)")
    self.shape = shape
    self.values = values
    self.mean = mean
    self.deviation = deviation
  }

  /// The bytes of a batch, and the vectors of its samples.
  public init(_ batch: ClipBatch, mean: [Float], deviation: [Float]) {
    self.init(shape: batch.shape, values: .bytes(batch.pixels), mean: mean, deviation: deviation)
    vectors = batch.vectors
  }
}

/// How a clip is cut into tokens.
public struct PatchLayout: Hashable, Sendable {
  /// Of the clip.
  public var grid: TokenGrid
  /// Side of a patch in pixels.
  public var patch: Int
  /// Frames of a token.
  public var tubelet: Int

  /// A grid of tokens with the size of each.
  public init(grid: TokenGrid, patch: Int, tubelet: Int) {
    self.grid = grid
    self.patch = patch
    self.tubelet = tubelet
  }
}

extension Kernels {
  /// Rows for the patch embedding, `[samples · tokens, channels · tubelet · patch²]`, standardised, in (channel, frame, row,
  /// column) order. Only the listed tokens of each sample are read.
  ///
  /// - Precondition: patches of the layout fill the pictures, and the listed tokens lie in the frames that there are.
  public func patches(_ source: PixelSource, _ layout: PatchLayout, tokens: [[Int32]], firstFrame: Int = 0) -> Tensor {
    let width = source.shape.channels.count * layout.tubelet * layout.patch * layout.patch
    let rowsPerSample = tokens.first?.count ?? 0
    precondition(tokens.count == source.shape.samples, "patches: tokens of \(tokens.count) samples for \(source.shape)")
    let size = FrameSize(width: layout.grid.width * layout.patch, height: layout.grid.height * layout.patch)
    precondition(source.shape.size == size, "patches: \(layout) fills \(size), for \(source.shape)")
    // A clip may have fewer frames than the grid.
    let count = (source.shape.frames - firstFrame) / layout.tubelet * layout.grid.plane
    for listed in tokens {
      precondition(Int(listed.max() ?? -1) < count, "patches: token \(listed.max() ?? -1) of \(count) in \(source.shape)")
    }
    let out = empty([tokens.count * rowsPerSample, width])
    let (to, gather) = unsafe (out.pointer, table.gather_patches)
    forEachPart(source, tokens, unit: false, firstFrame: firstFrame) { part in
      var (pixels, grid) = unsafe (part.pixels, mae_patch_grid(layout))
      unsafe gather(
        &pixels, &grid, Int32(layout.tubelet), part.numbers, Int64(part.range.count),
        to.base + (part.sample * rowsPerSample + part.range.lowerBound) * width)
    }
    return out
  }

  /// Frames of each sample as rows of pixels, standardised: `[samples · frames · height · width, channels]`.
  ///
  /// - Parameters:
  ///   - stacked: consecutive frames whose channels stand side by side in one picture.
  ///   - step: only every so many rows and columns are taken.
  public func frames(_ source: PixelSource, firstFrame: Int = 0, count: Int, stacked: Int = 1, step: Int = 1) -> Tensor {
    let size = FrameSize(width: source.shape.size.width / step, height: source.shape.size.height / step)
    let channels = source.shape.channels.count
    precondition(
      firstFrame >= 0 && firstFrame + count <= source.shape.frames && count.isMultiple(of: stacked),
      "frames: \(count) from \(firstFrame) on by \(stacked), of \(source.shape)")
    let (stride, height) = (stacked * channels, size.height)
    let out = empty([source.shape.samples * count / stacked * size.pixelCount, stride])
    let (to, gather) = unsafe (out.pointer, table.gather_frame)
    withPixels(source, unit: false, firstFrame: firstFrame, step: step) { pixels in
      workers.forEachRange(source.shape.samples * count * height, grain: rowGrain(width: size.width * channels)) { range in
        var row = range.lowerBound
        while row < range.upperBound {
          let (picture, first) = (row / height, row % height)
          let rows = min(range.upperBound - row, height - first)
          let place = (picture / stacked * height + first) * size.width * stride + picture % stacked * channels
          var one = unsafe pixels.sample(picture / count)
          unsafe gather(
            &one, Int32(picture % count), Int64(first), Int64(rows), Int64(size.width), to.base + place, Int64(stride))
          row += rows
        }
      }
    }
    return out
  }

  /// The values of all targets, `[samples · tokens, width]`, and mean and divisor per token and channel
  /// `[samples · tokens, channels, 2]`.
  public func values(of targets: PatchTargets) -> (values: Tensor, statistics: Tensor) {
    let (rowsPerSample, channels, width) = (targets.rowsPerSample, targets.source.shape.channels.count, targets.width)
    let out = empty([targets.rows, width])
    let statistics = empty([targets.rows, channels, 2])
    let (to, kept) = (out.pointer, statistics.pointer)
    forEachPart(of: targets) { part in
      let row = part.tokens.sample * rowsPerSample + part.tokens.range.lowerBound
      unsafe part.gather(part.tokens.range, to.base + row * width, statistics: kept.base + row * channels * 2)
    }
    return (out, statistics)
  }

  /// Calls `body` with parts of the rows of targets, on all threads; parts are the same for any number of threads.
  func forEachPart(of targets: PatchTargets, _ body: @Sendable (PatchTargetPart) -> Void) {
    let level = level
    withRowNumbers(targets.frames) { frames in
      forEachPart(
        targets.source, targets.tokens, unit: targets.inUnits, firstSample: targets.firstSample,
        firstFrame: targets.firstFrame, step: targets.step
      ) { body(PatchTargetPart($0, of: targets, frames: frames, level: level)) }
    }
  }

  /// Parts that ``forEachPart(of:_:)`` makes.
  func partCount(of targets: PatchTargets) -> Int { targets.tokens.count * Self.partsPerSample(targets.rowsPerSample) }

  /// Calls `body` with parts of each sample's tokens, on all threads.
  private func forEachPart(
    _ source: PixelSource, _ tokens: [[Int32]], unit: Bool, firstSample: Int = 0, firstFrame: Int, step: Int = 1,
    _ body: @Sendable (SampleTokens) -> Void
  ) {
    precondition(
      firstSample + tokens.count <= source.shape.samples, "pixels: tokens of \(tokens.count) samples for \(source.shape)")
    let perSample = tokens.first?.count ?? 0
    precondition(tokens.allSatisfy { $0.count == perSample }, "pixels: samples list different numbers of tokens")
    guard perSample > 0 else { return }
    let partsPerSample = Self.partsPerSample(perSample)
    withPixels(source, unit: unit, firstFrame: firstFrame, step: step) { pixels in
      withRowNumbers(Array(tokens.joined())) { numbers in
        workers.forEachPart(tokens.count * partsPerSample, lanes: threads) { part, lane in
          let (sample, start) = (part / partsPerSample, part % partsPerSample * Self.tokensPerPart)
          unsafe body(
            SampleTokens(
              pixels: pixels.sample(firstSample + sample), numbers: numbers.base + sample * perSample + start, sample: sample,
              range: start..<min(perSample, start + Self.tokensPerPart), number: part, lane: lane))
        }
      }
    }
  }

  private static var tokensPerPart: Int { 64 }

  private static func partsPerSample(_ tokens: Int) -> Int { (tokens + tokensPerPart - 1) / tokensPerPart }

  private func withPixels(
    _ source: PixelSource, unit: Bool, firstFrame: Int, step: Int, _ body: (PixelPointer) -> Void
  ) {
    let shape = source.shape
    let (w, h, c, t) = (shape.size.width, shape.size.height, shape.channels.count, shape.frames)
    var pixels = unsafe mae_pixels()
    unsafe pixels.channels = Int32(c)
    switch source.values {
    case .bytes(let bytes):
      unsafe pixels.stride_c = 1
      unsafe pixels.stride_x = Int64(step * c)
      unsafe pixels.stride_y = Int64(step * w * c)
      unsafe pixels.stride_t = Int64(h * w * c)
      unsafe setChannels(&pixels) { channel in
        unit ? (1 / 255, 0) : (1 / (255 * source.deviation[channel]), -source.mean[channel] / source.deviation[channel])
      }
      unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe pixels.bytes = buffer.baseAddress! + firstFrame * Int(pixels.stride_t)
        unsafe body(PixelPointer(first: pixels, valuesPerSample: shape.valuesPerSample))
      }
    case .floats(let floats, let order):
      unsafe pixels.stride_x = Int64(step)
      unsafe pixels.stride_y = Int64(step * w)
      unsafe pixels.stride_c = Int64(order == .framesFirst ? h * w : t * h * w)
      unsafe pixels.stride_t = Int64(order == .framesFirst ? c * h * w : h * w)
      unsafe setChannels(&pixels) { channel in unit ? (source.deviation[channel], source.mean[channel]) : (1, 0) }
      unsafe floats.withUnsafeBufferPointer { buffer in
        unsafe pixels.floats = buffer.baseAddress! + firstFrame * Int(pixels.stride_t)
        unsafe body(PixelPointer(first: pixels, valuesPerSample: shape.valuesPerSample))
      }
    }
  }

  /// C's four-element arrays arrive as tuples.
  private func setChannels(_ pixels: inout mae_pixels, _ values: (Int) -> (scale: Float, offset: Float)) {
    let all = (0..<4).map { $0 < Int(unsafe pixels.channels) ? values($0) : (scale: 1, offset: 0) }
    unsafe pixels.scale = (all[0].scale, all[1].scale, all[2].scale, all[3].scale)
    unsafe pixels.offset = (all[0].offset, all[1].offset, all[2].offset, all[3].offset)
  }
}

extension mae_patch_grid {
  init(_ layout: PatchLayout) {
    self.init(rows: Int32(layout.grid.height), columns: Int32(layout.grid.width), patch: Int32(layout.patch))
  }
}

/// Consecutive tokens of one sample, on the thread that works on them.
@safe struct SampleTokens {
  // The pointers live as long as the call that this is handed to.
  let pixels: mae_pixels
  /// Where the tokens lie in the grid.
  let numbers: UnsafePointer<Int32>
  let sample: Int
  /// Which of the sample's tokens these are.
  let range: Range<Int>
  /// Of this part among all, and of the lane: the parts of one lane come one after the other.
  let number, lane: Int
}

/// The pixels of a batch, read by several threads.
@safe private struct PixelPointer: @unchecked Sendable {
  // Only read while `withPixels` runs.
  let first: mae_pixels
  let valuesPerSample: Int

  func sample(_ index: Int) -> mae_pixels {
    var pixels = unsafe first
    if let bytes = unsafe pixels.bytes { unsafe pixels.bytes = bytes + index * valuesPerSample }
    if let floats = unsafe pixels.floats { unsafe pixels.floats = floats + index * valuesPerSample }
    return unsafe pixels
  }
}
