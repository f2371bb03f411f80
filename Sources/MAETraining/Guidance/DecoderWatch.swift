import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// Tells from the same samples under the same masks, again and again, how a run's decoder comes to use mask tokens.
struct DecoderWatch {
  private let batches: [(clips: ClipBatch, masks: [TokenMask])]

  /// Samples, spread evenly over the files: 256, and fewer where a look would cost more than a hundredth of an epoch.
  static func samples(of files: Int) -> Int { min(256, max(32, files / 64), files) }
  /// Bytes of pixels that are kept at most; clips are large.
  private static let bytes = 64 << 20

  init(_ pictures: GuidePictures, _ model: Model, on kernels: Kernels) throws {
    let input = model.configuration.input
    let size = model.configuration.sampleFrames * input.size.width * input.size.height * input.channels.count
    let wanted = max(1, min(Self.samples(of: pictures.count), Self.bytes / size))
    let chosen = (0..<wanted).map { $0 * pictures.count / wanted }
    let clips = try parallelMap(chosen, threads: kernels.threads) { (file) throws(DataError) in
      try pictures.read(file, false)?.clip
    }.compactMap(\.self)
    // A few hundred thousand attention weights per head at once.
    let tokens = model.configuration.grid.count
    let batchSize = max(1, min(32, 400_000 / (tokens * tokens)))
    let random = RandomStream(seed: 0).fork("decoder watch")
    var batches: [(ClipBatch, [TokenMask])] = []
    for start in stride(from: 0, to: clips.count, by: batchSize) {
      let part = clips[start..<min(start + batchSize, clips.count)]
      let samples = part.indices.map { Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: input.size)) }
      let shape = ClipBatchShape(
        samples: part.count, frames: clips[start].frameCount, size: input.size, channels: input.channels)
      let batch = ClipBatch(shape: shape, pixels: part.flatMap(\.pixels), samples: samples)
      batches.append((batch, try model.masks(for: samples, random: random)))
    }
    self.batches = batches
  }

  /// How much the tokens after the decoder's last layer are made of visible and of mask tokens; nil where no file can be read.
  func rate(_ model: Model, on kernels: Kernels) -> ExploitationRate.Layer? {
    let parts = batches.map { batch in
      (model.maskTokenShares(model.source(batch.clips), masks: batch.masks, on: kernels), batch.masks)
    }
    guard let mask = parts.first?.1.first else { return nil }
    let shares = MaskTokenShare.means(parts.map { ($0.0, $0.1.count) })
    return ExploitationRate(shares, of: mask).layers.last
  }
}
