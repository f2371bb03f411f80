import MAECore
import MAEModels

extension ClipBatch {
  /// Random pixels of the shape that a model takes, for measurements.
  init(ofNoiseFor configuration: ModelConfiguration, samples: Int) {
    var random = RandomStream(seed: 2)
    self.init(madeFor: configuration, samples: samples) { count in
      (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
  }

  /// Black pixels of the shape that a model takes, for plans.
  init(ofNothingFor configuration: ModelConfiguration, samples: Int) {
    self.init(madeFor: configuration, samples: samples) { [UInt8](repeating: 0, count: $0) }
  }

  private init(madeFor configuration: ModelConfiguration, samples count: Int, _ pixels: (_ count: Int) -> [UInt8]) {
    let input = configuration.input
    let shape = ClipBatchShape(
      samples: count, frames: configuration.sampleFrames, size: input.size, channels: input.channels)
    let vector = input.vector.map { [Float](repeating: 0, count: $0.count) }
    let samples = (0..<count).map {
      Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size), label: 0, vector: vector)
    }
    self.init(shape: shape, pixels: pixels(shape.count), samples: samples)
  }
}
