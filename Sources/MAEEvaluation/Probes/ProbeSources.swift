import MAECore

/// The kinds of features that a probe takes of every sample, by their places in ``ProbeSamples/features``.
struct ProbeSources {
  static let trained = 0
  let all: [any ClipFeatures]
  /// nil = nobody asked.
  let untrained: Int?
  /// nil = nobody asked.
  let pixels: Int?
  /// Of all blocks side by side; nil = nobody asked.
  let blocks: Int?
  /// Blocks of the encoder.
  let depth: Int
  /// Of the run, this one included, by steps; nil = nobody asked, or there is no other.
  let checkpoints: [(step: Int, source: Int)]?

  init(_ extractor: FeatureExtractor, wantsUntrained: Bool, wantsPixels: Bool, wantsCurves: Bool) throws {
    var all: [any ClipFeatures] = [extractor]
    func add(_ features: any ClipFeatures) -> Int {
      all.append(features)
      return all.count - 1
    }
    untrained = wantsUntrained ? add(try extractor.untrained()) : nil
    let request = extractor.request
    pixels =
      wantsPixels
      ? add(ShrunkPixels(request.size, channels: request.channels, frames: request.pictureCount)) : nil
    depth = extractor.checkpoint.configuration.encoder.blocks.depth
    if wantsCurves {
      let pooled = try extractor.pooled()
      blocks = add(BlockFeatures(extractor: pooled))
      let others = try pooled.othersOfRun().map { (step: $0.step, source: add($0.extractor)) }
      let own = extractor.checkpoint.metadata["step"].flatMap { Int($0) }.map {
        (step: $0, source: pooled === extractor ? Self.trained : add(pooled))
      }
      checkpoints = others.isEmpty ? nil : (others + [own].compactMap(\.self)).sorted { $0.step < $1.step }
    } else {
      (blocks, checkpoints) = (nil, nil)
    }
    self.all = all
  }
}

/// What every block of an encoder makes of a clip, side by side: `[depth · width]`.
private struct BlockFeatures: ClipFeatures {
  let extractor: FeatureExtractor

  func features(of clips: [Clip]) -> [Float] {
    let (blocks, width) = (extractor.featuresOfBlocks(of: clips), extractor.width)
    return clips.indices.flatMap { clip in blocks.flatMap { $0[clip * width..<(clip + 1) * width] } }
  }
}
