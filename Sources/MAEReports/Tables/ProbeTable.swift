import Foundation
import MAEEvaluation

/// The figures of a probe for people.
public struct ProbeTable {
  private let outcome: Probing.Outcome

  /// Of what a probe found.
  public init(_ outcome: Probing.Outcome) { self.outcome = outcome }

  /// Lines of text.
  public var text: String {
    let result = outcome.result
    let right = result.confusion.enumerated().reduce(0) { $0 + $1.element[$1.offset] }
    var rows = [
      [
        "top-1", Self.share(result.top1),
        "\(right) of \(result.samples) right; 95 % interval \(result.interval.map(Self.share).joined(separator: " to "))",
      ],
      ["top-5", Self.share(result.top5), result.classes.count > 5 ? "" : "there are \(result.classes.count) classes"],
    ]
    if let untrained = result.untrainedTop1 {
      rows.append(["untrained", Self.share(untrained), "the same on the network before training"])
    }
    if let pixels = result.pixelsTop1 { rows.append(["pixels", Self.share(pixels), "the same on the pixels"]) }
    rows += result.classes.map {
      ["  " + $0.name, $0.top1.map(Self.share) ?? "–", "\($0.samples) sample\($0.samples == 1 ? "" : "s")"]
    }
    let width = rows.map(\.[0].count).max()!
    let lines = rows.map { "\($0[0].padding(toLength: width, withPad: " ", startingAt: 0))  \($0[1])  \($0[2])" }
    return ([title] + lines + [timing]).joined(separator: "\n") + "\n"
  }

  private var title: String {
    let result = outcome.result
    let step = result.step.map { ", step \($0)" } ?? ""
    let place = result.layer.map { "block \($0)" } ?? "the encoder's output"
    let parts =
      result.folds.map { "\($0) folds of \(result.trainingSamples) samples" } ?? "\(result.trainingSamples) training samples"
    return """
      \(result.kind.rawValue) probe of \(result.checkpoint) (\(result.method)\(step); \(result.pool.rawValue) of \(place); \
      \(parts); \
      \(result.settings))
      """
  }

  private var timing: String {
    String(format: "reading and encoding took %.1f s, probing %.1f s", outcome.encodingSeconds, outcome.probingSeconds)
  }

  private static func share(_ value: Double) -> String { String(format: "%.3f", value) }
}
