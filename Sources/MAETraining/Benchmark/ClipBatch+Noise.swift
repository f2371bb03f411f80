import MAECore
import MAEModels

extension ClipBatch {
  /// Random pixels of the shape that a model takes, for measurements.
  init(ofNoiseFor configuration: ModelConfiguration, samples count: Int) {
    let input = configuration.input
    let shape = ClipBatchShape(
      samples: count, frames: configuration.sampleFrames, size: input.size, channels: input.channels)
    var random = RandomStream(seed: 2)
    let vector = input.vector.map { [Float](repeating: 0, count: $0.count) }
    let samples = (0..<count).map {
      Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size), label: 0, vector: vector)
    }
    self.init(shape: shape, pixels: (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, samples: samples)
  }
}
