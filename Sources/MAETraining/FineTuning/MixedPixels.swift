import MAECore
import MAEModels

/// Standardised pixels of a batch while they are altered, `[samples, channels, frames, height, width]`.
package struct MixedPixels {
  /// Sizes of the batch.
  package let shape: ClipBatchShape
  /// In the order of the axes above.
  package private(set) var values: [Float]

  private var picture: FrameSize { shape.size }
  private var planes: Int { shape.channels.count * shape.frames }

  /// - Precondition: as many values as the shape has.
  package init(shape: ClipBatchShape, values: [Float]) {
    precondition(values.count == shape.count, "MixedPixels: \(values.count) values for \(shape)")
    (self.shape, self.values) = (shape, values)
  }

  /// The bytes of a batch, standardised as a model takes them.
  init(_ batch: ClipBatch, _ input: InputConfiguration) {
    shape = batch.shape
    let (channels, pixels, frames) = (shape.channels.count, shape.size.pixelCount, shape.frames)
    let tables = (0..<channels).map { channel in
      (0..<256).map { (Float($0) / 255 - input.mean[channel]) / input.deviation[channel] }
    }
    var values = [Float](repeating: 0, count: shape.count)
    for sample in 0..<shape.samples {
      for frame in 0..<frames {
        let from = (sample * frames + frame) * pixels * channels
        for channel in 0..<channels {
          let (to, table) = (((sample * channels + channel) * frames + frame) * pixels, tables[channel])
          for pixel in 0..<pixels { values[to + pixel] = table[Int(batch.pixels[from + pixel * channels + channel])] }
        }
      }
    }
    self.values = values
  }

  /// Fills a box of a sample with noise, in all frames and channels.
  ///
  /// - Parameter noise: gives one value after the other: rows of a box from the top, channel after channel, frame after frame.
  package mutating func erase(_ box: PixelRect, ofSample sample: Int, noise: () -> Float) {
    let (frames, channels) = (shape.frames, shape.channels.count)
    for frame in 0..<frames {
      for channel in 0..<channels {
        let plane = ((sample * channels + channel) * frames + frame) * picture.pixelCount
        for row in box.y..<box.y + box.height {
          for column in box.x..<box.x + box.width { values[plane + row * picture.width + column] = noise() }
        }
      }
    }
  }

  /// Mixes every sample with its partner as the partner was before.
  ///
  /// - Parameter mixings: one for each sample.
  package mutating func mix(_ mixings: [Mixing]) {
    let (before, size) = (values, shape.valuesPerSample)
    for (sample, mixing) in mixings.enumerated() {
      let (own, partner) = (sample * size, (shape.samples - 1 - sample) * size)
      guard own != partner else { continue }
      switch mixing {
      case .mixup(let share):
        let (kept, taken) = (Float(share), Float(1 - share))
        for index in 0..<size { values[own + index] = kept * before[own + index] + taken * before[partner + index] }
      case .cutmix(let box):
        for plane in 0..<planes {
          for row in box.y..<box.y + box.height {
            let start = plane * picture.pixelCount + row * picture.width + box.x
            values.replaceSubrange(
              own + start..<own + start + box.width, with: before[partner + start..<partner + start + box.width])
          }
        }
      }
    }
  }
}
