import MAECore
import MAEEngine

extension Model {
  /// Predicted pixels of the hidden tokens from 0 to 1: per sample `[hidden, frames, patch, patch, channels]`.
  ///
  /// Per-patch normalised predictions are un-normalised with mean and deviation of the true patch, which a caption has to
  /// say: the prediction itself knows neither.
  public func predictedPixels(_ prediction: Prediction) -> [Float] {
    let input = configuration.input
    let (channels, width) = (input.channels.count, configuration.predictionWidth)
    let (values, statistics) = (prediction.values.tensor.floats(), prediction.statistics?.floats())
    let plane = input.patch * input.patch
    var pixels = [Float](repeating: 0, count: values.count)
    for token in 0..<prediction.values.rows {
      for index in 0..<width {
        let channel = index % channels
        let place = prediction.order == .channelsFirst ? channel * plane + index / channels : index
        var value = values[token * width + place]
        if let statistics {
          let (mean, divisor) = (statistics[(token * channels + channel) * 2], statistics[(token * channels + channel) * 2 + 1])
          value = value * divisor + mean
        }
        if configuration.target.values == .standardised { value = value * input.deviation[channel] + input.mean[channel] }
        pixels[token * width + index] = value
      }
    }
    return pixels
  }

  /// The clip with predictions pasted over its hidden tokens; visible tokens keep their bytes.
  ///
  /// - Parameters:
  ///   - clip: of one sample; for a pair of frames the second is changed.
  ///   - pixels: that sample's part of ``predictedPixels(_:)``.
  public func pasting(_ pixels: ArraySlice<Float>, over clip: Clip, mask: TokenMask) -> Clip {
    fill(clip, mask.hidden) { token, frame, offset in
      let value = pixels[pixels.startIndex + token * configuration.predictionWidth + frame + offset]
      return UInt8(max(0, min(255, (value * 255).rounded())))
    }
  }

  /// Which frames of a clip have predictions: all, or those that MAE-ST predicts; of a pair the second.
  public var predictedFrames: [Int] { configuration.method.objective.predictedFrames(of: configuration) }

  /// Replaces the values of tokens in the predicted frames. `value` gets the token's index in the list, where its frame
  /// starts among the token's values, and the offset inside the frame.
  private func fill(_ clip: Clip, _ tokens: [Int32], _ value: (Int, Int, Int) -> UInt8) -> Clip {
    let (grid, patch, channels) = (configuration.grid, configuration.input.patch, clip.channels.count)
    let (frames, perSlot) = (predictedFrames, configuration.predictedFramesPerSlot)
    var result = clip
    for (index, token) in tokens.enumerated() {
      let (slot, row, column) = (
        Int(token) / grid.plane, Int(token) / grid.width % grid.height, Int(token) % grid.width
      )
      for step in 0..<perSlot {
        let frame = frames[slot * perSlot + step]
        for y in 0..<patch {
          let start =
            ((frame * clip.size.height + row * patch + y) * clip.size.width + column * patch) * channels
          for x in 0..<patch * channels {
            result.pixels[start + x] = value(index, step * patch * patch * channels, y * patch * channels + x)
          }
        }
      }
    }
    return result
  }
}
