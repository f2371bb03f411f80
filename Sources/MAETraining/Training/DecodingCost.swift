import Foundation
import MAEData

/// Compares what decoding costs with what a step computes, over the first steps of a run.
///
/// Workers keep up with training as long as decoding takes a small share of the processors; from a third on, waiting for data is
/// to be expected, and a person should know before the run has lasted for days.
struct DecodingCost {
  /// Steps that are measured, after one that warms up.
  static let measuredSteps = 4
  /// The share of a step's own processor time from which on a warning is due.
  static let limit = 1.0 / 3

  private let samplesPerStep: Int
  private var steps = -1
  private var start: Measurement?

  private struct Measurement {
    var process: Double
    var decoding: Double
    var samples: Int
  }

  init(samplesPerStep: Int) { self.samplesPerStep = samplesPerStep }

  /// To be called after each step; returns a sentence once, if one is due.
  mutating func warning(after source: any BatchSource) -> String? {
    guard steps < Self.measuredSteps, let effort = source.effort else { return nil }
    steps += 1
    let now = Measurement(
      process: ProcessUsage.processorSeconds, decoding: effort.processorSeconds, samples: effort.samplesLoaded)
    guard let start else {
      self.start = now
      return nil
    }
    guard steps == Self.measuredSteps, now.samples > 0 else { return nil }
    let step = (now.process - start.process - (now.decoding - start.decoding)) / Double(steps)
    return Self.warning(decoding: now.decoding / Double(now.samples) * Double(samplesPerStep), step: step)
  }

  /// - Parameters:
  ///   - decoding: Processor seconds that decoding the samples of a step costs.
  ///   - step: Processor seconds of everything else in a step.
  static func warning(decoding: Double, step: Double) -> String? {
    guard step > 0, decoding > limit * step else { return nil }
    let share = Int((decoding / step * 100).rounded())
    return """
      decoding the samples of a step costs \(String(format: "%.2g", decoding)) s of processor time, \(share) % of the \
      \(String(format: "%.2g", step)) s that the step computes: training may wait for data; draw several samples from an opened \
      file (--repeat-aug), or give it videos of smaller frames or with more key frames
      """
  }
}
