import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEModels

/// The rewards of an episode as they were and as a model predicts them from what it sees of each row.
public struct EpisodeRewards: Encodable, Sendable {
  /// Of each row.
  public var truth: [Double]
  /// Of each row, as rewards rather than as their symlog.
  public var predicted: [Double]

  /// Mean of the squared differences of symlogs, which is what training minimises.
  public var error: Double { Self.meanSquare(zip(truth, predicted).map { Symlog.of($0) - Symlog.of($1) }) }

  /// The same of the episode's own mean, which knows more than a model does.
  public var errorOfMean: Double {
    let values = truth.map(Symlog.of)
    let mean = values.reduce(0, +) / Double(values.count)
    return Self.meanSquare(values.map { $0 - mean })
  }

  /// Pearson's, of symlogs; nil where one of both never changes.
  public var correlation: Double? {
    func centred(_ values: [Double]) -> [Double] {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { $0 - mean }
    }
    let (a, b) = (centred(truth.map(Symlog.of)), centred(predicted.map(Symlog.of)))
    let size = (Self.meanSquare(a) * Self.meanSquare(b)).squareRoot()
    return size > 0 ? zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count) / size : nil
  }

  private static func meanSquare(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } / Double(values.count) }
}

extension Reconstructor {
  /// What the model makes of the rewards of an episode, with its mask over every row; nil where it predicts none, or the file
  /// is no episode with rewards.
  ///
  /// - Throws: ``DataError`` when the episode cannot be read, or has fewer rows than the model has frames.
  public func rewards(of path: String) throws(DataError) -> EpisodeRewards? {
    let frames = model.configuration.input.frames
    guard let episode = try Episode.read(path, for: request), let truth = episode.rewards else { return nil }
    guard episode.rows >= frames else {
      throw DataError(.unusable, path: path, "it has \(episode.rows) rows, and a sample needs \(frames)")
    }
    // The last group of frames may overlap the one before.
    let starts = stride(from: 0, to: episode.rows, by: frames).map { min($0, episode.rows - frames) }
    var predicted = [Double](repeating: 0, count: episode.rows)
    for first in stride(from: 0, to: starts.count, by: 16) {
      let part = Array(starts[first..<min(starts.count, first + 16)])
      var clips: [Clip] = []
      for start in part {
        let window = SampleWindow(
          frames: (start..<start + frames).map { FrameNumber($0) }, crop: PixelRect(whole: episode.size), isFlipped: false)
        clips.append(try episode.clip(window, for: request, path: path))
      }
      let batch = model.batch(ClipBatch(clips), masks: Array(repeating: mask, count: clips.count))
      guard let rewards = predictedRewards(of: batch) else { return nil }
      for (number, start) in part.enumerated() {
        for frame in 0..<frames { predicted[start + frame] = Symlog.inverse(Double(rewards[number * frames + frame])) }
      }
    }
    return EpisodeRewards(truth: truth.map(Double.init), predicted: predicted)
  }
}
