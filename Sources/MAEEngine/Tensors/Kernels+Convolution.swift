import CKernels

/// Windows of a convolution: `kernel` × `kernel` pixels, `stride` apart, over pictures with `padding` pixels of zeros on every
/// side.
public struct ConvolutionWindows: Hashable, Sendable {
  /// Of a picture, in pixels.
  public var height, width: Int
  /// Values of a pixel.
  public var channels: Int
  /// Side of a window, in pixels.
  public var kernel: Int
  /// Pixels from one window to the next.
  public var stride: Int
  /// Zeros before the first and behind the last pixel of a row or column.
  public var padding: Int

  /// - Precondition: a window fits into the padded picture.
  public init(height: Int, width: Int, channels: Int, kernel: Int, stride: Int, padding: Int) {
    precondition(
      kernel > 0 && stride > 0 && padding >= 0 && min(height, width) + 2 * padding >= kernel,
      "ConvolutionWindows: windows of \(kernel) every \(stride) over \(width)×\(height) with \(padding) around")
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
  }

  /// Windows one below the other.
  public var outHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
  /// Windows side by side.
  public var outWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
  /// Windows of a picture.
  public var count: Int { outHeight * outWidth }
  /// Values of a window.
  public var values: Int { kernel * kernel * channels }
  /// Pixels of a picture.
  public var pixels: Int { height * width }

  fileprivate var description: mae_convolution {
    mae_convolution(
      height: Int32(height), width: Int32(width), channels: Int32(channels), kernel: Int32(kernel), stride: Int32(stride),
      padding: Int32(padding), out_height: Int32(outHeight), out_width: Int32(outWidth))
  }
}

extension Kernels {
  /// The windows of pictures as rows: `[pictures · pixels, channels]` → `[pictures · windows, kernel · kernel · channels]`,
  /// values in (row, column, channel) order.
  func windows(of x: Tensor, _ shape: ConvolutionWindows) -> Tensor {
    let pictures = x.count / (shape.pixels * shape.channels)
    let out = empty([pictures * shape.count, shape.values])
    let (from, to, description, fill) = unsafe (x.pointer, out.pointer, shape.description, table.window_rows)
    let (lines, perLine) = (shape.outHeight, shape.outWidth * shape.values)
    workers.forEachRange(pictures * lines, grain: rowGrain(width: perLine)) { range in
      var description = description
      for line in range {
        unsafe fill(
          &description, from.base + line / lines * shape.pixels * shape.channels, Int64(line % lines),
          to.base + line * perLine)
      }
    }
    return out
  }

  /// Adds to pictures x what their windows hold for each pixel: the derivative of ``windows(of:_:)``.
  func addWindows(_ windows: Tensor, _ shape: ConvolutionWindows, to x: Tensor) {
    let (from, to, description, add) = unsafe (windows.pointer, x.pointer, shape.description, table.add_window_rows)
    let (lines, pictures) = (shape.height, x.count / (shape.pixels * shape.channels))
    workers.forEachRange(pictures * lines, grain: rowGrain(width: shape.width * shape.channels * shape.kernel)) { range in
      var description = description
      for line in range {
        unsafe add(
          &description, from.base + line / lines * shape.count * shape.values, Int64(line % lines),
          to.base + line / lines * shape.pixels * shape.channels)
      }
    }
  }

  /// x = max(x, 0).
  func rectify(_ x: Tensor) {
    let (values, rectify) = unsafe (x.pointer, table.rectify)
    workers.forEachRange(x.count, grain: elementGrain) { range in
      unsafe rectify(values.base + range.lowerBound, Int64(range.count))
    }
  }

  /// dy = 0 where y = max(x, 0) is 0.
  func rectifyGradient(_ y: Tensor, _ dy: Tensor) {
    let (values, slope, backward) = unsafe (y.pointer, dy.pointer, table.rectify_backward)
    workers.forEachRange(y.count, grain: elementGrain) { range in
      unsafe backward(values.base + range.lowerBound, slope.base + range.lowerBound, Int64(range.count))
    }
  }
}
