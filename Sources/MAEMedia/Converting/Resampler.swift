import CKernels
import MAECore

/// Resizes pictures with antialiasing: horizontally, then vertically, rounding to bytes after each pass as Pillow does.
public enum Resampler {
  /// Cuts `crop` out of `image` (nil: all of it), resizes it to `size` and mirrors it when `isFlipped`.
  ///
  /// Agrees with Pillow's `crop(…).resize(…)` within one level.
  ///
  /// - Precondition: `crop` fits into the image and `size` is not empty.
  public static func resize(
    _ image: Image, crop: PixelRect? = nil, to size: FrameSize, filter: ResizeFilter = .bicubic, isFlipped: Bool = false
  ) -> Image {
    let crop = crop ?? PixelRect(whole: image.size)
    precondition(crop.fits(in: image.size), "Resampler: \(crop) does not fit into \(image.size)")
    precondition(size.width > 0 && size.height > 0, "Resampler: cannot resize to \(size)")
    let channels = image.channels.count
    // The kernels read a little past the end of a row: keep room behind the last one.
    var pixels = image.pixels
    pixels.append(contentsOf: repeatElement(0, count: 64))
    var result = [UInt8](repeating: 0, count: size.pixelCount * channels)
    let worker = ResampleWorker()
    unsafe pixels.withUnsafeMutableBufferPointer { source in
      unsafe result.withUnsafeMutableBufferPointer { target in
        let view = unsafe PixelView(
          start: source.baseAddress! + image.offset(x: crop.x, y: crop.y), stride: image.size.width * channels, size: crop.size)
        unsafe worker.resize(
          view, channels: image.channels, to: size, filter: filter, isFlipped: isFlipped, into: target.baseAddress!)
      }
    }
    return Image(size: size, channels: image.channels, pixels: result)
  }
}

/// Resizes many pictures alike: keeps weights and scratch memory from one to the next.
@safe final class ResampleWorker {
  private struct Key: Hashable {
    var input: Int
    var output: Int
    var filter: ResizeFilter
    var isFlipped: Bool
  }

  private let table = unsafe InstructionLevel.current.table
  private var weights: [Key: ResampleWeights] = [:]
  private let scratch = PixelBuffer()

  /// Writes `size` pixels without gaps to `target`. At least 16 bytes behind the view's last pixel must be readable.
  func resize(
    _ view: PixelView, channels: PixelChannels, to size: FrameSize, filter: ResizeFilter, isFlipped: Bool,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    let channelCount = channels.count
    let rowBytes = size.width * channelCount
    let source = unsafe view
    let sourceSize = unsafe source.size
    if sourceSize == size, !isFlipped {
      for y in 0..<size.height {
        unsafe (target + y * rowBytes).update(from: source.start + y * source.stride, count: rowBytes)
      }
      return
    }
    let horizontal = find(Key(input: sourceSize.width, output: size.width, filter: filter, isFlipped: isFlipped))
    if sourceSize.height == size.height {
      unsafe horizontal.withKernelWeights { weights in
        unsafe table.resample_rows(
          source.start, Int64(source.stride), Int64(size.height), Int32(channelCount), weights, target, Int64(rowBytes))
      }
      return
    }
    let vertical = find(Key(input: sourceSize.height, output: size.height, filter: filter, isFlipped: false))
    var (middle, middleStride) = unsafe (source.start, source.stride)
    if sourceSize.width != size.width || isFlipped {
      scratch.prepare(FrameSize(width: size.width, height: sourceSize.height), bytesPerPixel: channelCount)
      unsafe (middle, middleStride) = (scratch.start, scratch.stride)
      unsafe horizontal.withKernelWeights { weights in
        unsafe table.resample_rows(
          source.start, Int64(source.stride), Int64(sourceSize.height), Int32(channelCount), weights, middle, Int64(middleStride))
      }
    }
    unsafe vertical.withKernelWeights { weights in
      unsafe table.resample_columns(
        middle, Int64(middleStride), Int64(sourceSize.height), Int64(rowBytes), weights, target, Int64(rowBytes))
    }
  }

  private func find(_ key: Key) -> ResampleWeights {
    if let known = weights[key] { return known }
    // Random crops bring ever new sizes; a few hundred tables are a few megabytes.
    if weights.count > 256 { weights.removeAll() }
    let made = ResampleWeights(from: key.input, to: key.output, filter: key.filter, isFlipped: key.isFlipped)
    weights[key] = made
    return made
  }
}
