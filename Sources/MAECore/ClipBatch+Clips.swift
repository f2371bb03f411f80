extension ClipBatch {
  /// Whole clips of one shape, none of them from a training run.
  ///
  /// - Precondition: there is one, and all have the same frames, size and channels.
  public init(_ clips: [Clip]) {
    let first = clips[0]
    self.init(
      shape: ClipBatchShape(samples: clips.count, frames: first.frameCount, size: first.size, channels: first.channels),
      pixels: clips.count == 1 ? first.pixels : clips.flatMap(\.pixels),
      samples: clips.map {
        Sample(file: 0, position: 0, epoch: 0, crop: PixelRect(whole: $0.size), times: $0.times, vector: $0.vector)
      })
  }
}
