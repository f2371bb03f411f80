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
    var (result, next) = (clip, pixels.startIndex)
    for token in mask.hidden {
      for run in runs(of: token, in: clip) {
        for place in run {
          result.pixels[place] = UInt8(max(0, min(255, (pixels[next] * 255).rounded())))
          next += 1
        }
      }
    }
    return result
  }

  /// Which frames of a clip have predictions: all, or those that MAE-ST predicts; of a pair the second.
  public var predictedFrames: [Int] { configuration.objective.predictedFrames(of: configuration) }

  /// Where the values of a token lie in a clip, row by row of its patch in each predicted frame: the order of a prediction.
  func runs(of token: Int32, in clip: Clip) -> [Range<Int>] {
    let (grid, patch, channels) = (configuration.grid, configuration.input.patch, clip.channels.count)
    let (frames, perSlot) = (predictedFrames, configuration.predictedFramesPerSlot)
    let (slot, row, column) = (Int(token) / grid.plane, Int(token) / grid.width % grid.height, Int(token) % grid.width)
    return (0..<perSlot * patch).map { line in
      let (frame, y) = (frames[slot * perSlot + line / patch], row * patch + line % patch)
      let start = ((frame * clip.size.height + y) * clip.size.width + column * patch) * channels
      return start..<start + patch * channels
    }
  }
}
