import Foundation
import MAEEvaluation

/// The figures of a segmentation probe for people.
public struct SegmentationTable {
  private let outcome: SegmentationProbing.Outcome

  /// Of what a probe found.
  public init(_ outcome: SegmentationProbing.Outcome) { self.outcome = outcome }

  /// Lines of text.
  public var text: String {
    let result = outcome.result
    var rows: [[String]] = [
      ["mean IoU", Self.share(result.meanIou), "over \(result.classes.count) classes"],
      ["pixels right", Self.share(result.pixelAccuracy), ""],
    ]
    if let untrained = result.untrainedMeanIou {
      rows.append(["untrained", Self.share(untrained), "mean IoU of the same on the network before training"])
    }
    if let pixels = result.pixelsMeanIou {
      rows.append(["pixels", Self.share(pixels), "mean IoU of the same on the pixels of each patch"])
    }
    rows += result.classes.map { ["  class \($0.label)", $0.iou.map(Self.share) ?? "–", "\($0.pixels) pixels"] }
    let width = rows.map { $0[0].count }.max()!
    let lines = rows.map { row in
      "\(row[0].padding(toLength: width, withPad: " ", startingAt: 0))  \(row[1])" + (row[2].isEmpty ? "" : "  \(row[2])")
    }
    return ([title] + lines + [timing]).joined(separator: "\n") + "\n"
  }

  private var title: String {
    let result = outcome.result
    let step = result.step.map { ", step \($0)" } ?? ""
    let place = result.layer.map { "block \($0)" } ?? "the encoder's output"
    let parts =
      result.folds.map { "\($0) folds of \(result.trainingSamples) pictures" } ?? "\(result.trainingSamples) training pictures"
    return """
      segmentation probe of \(result.checkpoint) (\(result.method)\(step); tokens of \(place); \(parts); \(result.settings))
      """
  }

  private var timing: String {
    String(format: "reading and encoding took %.1f s, probing %.1f s", outcome.encodingSeconds, outcome.probingSeconds)
  }

  private static func share(_ value: Double) -> String { String(format: "%.3f", value) }
}
