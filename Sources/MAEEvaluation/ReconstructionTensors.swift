import MAECheckpoint
import MAECore
import MAEModels

extension ReconstructedFile {
  /// What was computed, for other programs:
  ///
  ///     pixels      standardised input, [1, T, channels, height, width]; of a still without T
  ///     frames      [T] numbers of the frames in their video
  ///     mask        [tokens] bytes, 1 = hidden
  ///     prediction  [hidden tokens, values] as the network gives it, tokens ascending
  ///     loss        [1]
  public func tensors(of model: Model) -> StateDictionary {
    let (clip, input) = (sample.clip, model.configuration.input)
    var state = StateDictionary(metadata: ["file": path, "method": model.configuration.method.name])
    let image = [clip.channels.count, clip.size.height, clip.size.width]
    let isStill = clip.frameCount == 1
    state["pixels"] = StoredTensor(
      shape: (isStill ? [1] : [1, clip.frameCount]) + image, floats: Self.standardised(clip, input))
    state["frames"] = StoredTensor(
      type: .int64, shape: [sample.frames.count],
      bytes: sample.frames.flatMap { frame in (0..<8).map { UInt8(truncatingIfNeeded: frame.value >> (8 * $0)) } })
    let mask = reconstruction.mask
    state["mask"] = StoredTensor(type: .uint8, shape: [mask.grid.count], bytes: mask.bytes)
    state["prediction"] = StoredTensor(
      shape: [mask.hidden.count, reconstruction.prediction.count / mask.hidden.count], floats: reconstruction.prediction)
    state["loss"] = StoredTensor(shape: [1], floats: [Float(reconstruction.loss)])
    return state
  }

  /// Frames first, then channels (the transformers layout).
  private static func standardised(_ clip: Clip, _ input: InputConfiguration) -> [Float] {
    let (channels, plane) = (clip.channels.count, clip.size.pixelCount)
    var values = [Float](repeating: 0, count: clip.pixels.count)
    for frame in 0..<clip.frameCount {
      for channel in 0..<channels {
        let (from, to) = (frame * plane * channels + channel, (frame * channels + channel) * plane)
        for pixel in 0..<plane {
          let value = Float(clip.pixels[from + pixel * channels]) / 255
          values[to + pixel] = (value - input.mean[channel]) / input.deviation[channel]
        }
      }
    }
    return values
  }
}
