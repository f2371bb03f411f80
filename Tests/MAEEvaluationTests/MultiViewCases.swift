import Foundation
import MAECheckpoint
import MAECore
import MAEEvaluation
import Testing

/// Frames and crops of every view of a video, and what the views say together.
@Sendable func multiViewCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    struct Setting: Decodable {
      var sampling: String
      var frames, height, width, clipLength, stride, segments, crops, shortSide: Int
      var resized: [Int]
      var clips, cropBoxes: [[Int]]
    }
    struct Scores: Decodable {
      var videos, classes: Int
      var top1: Double
    }
    var settings: [Setting]
    var scores: Scores
  }
  let description = try found.description(Description.self)
  var differences = CaseDifferences(found.expected)
  for setting in description.settings {
    let views = TestViews(
      setting.sampling == "uniform" ? .uniform : .dense(stride: setting.stride), clips: setting.segments, crops: setting.crops)
    let what = "\(setting.sampling), \(setting.frames) frames of \(setting.width)×\(setting.height)"
    let clips = views.frames(length: setting.clipLength, of: setting.frames)
    differences.require(clips.map { $0.map(\.value) } == setting.clips, "clips of \(what)")
    let resized = TestViews.resized(
      FrameSize(width: setting.width, height: setting.height), shorterSide: setting.shortSide)
    differences.require([resized.height, resized.width] == setting.resized, "size of \(what)")
    differences.require(
      views.crops(in: resized, for: FrameSize(square: setting.shortSide)).map { [$0.y, $0.x, $0.height, $0.width] }
        == setting.cropBoxes, "crops of \(what)")
  }
  let logits = try found.input("logits")
  let (views, classes) = (logits.shape[1], description.scores.classes)
  let values = logits.floats()
  let probabilities = (0..<description.scores.videos).map { video in
    let start = video * views * classes
    return TestViews.probabilities(Array(values[start..<start + views * classes]), classes: classes)
  }
  differences.add("probabilities", probabilities.joined().map { Float($0) }, within: 1e-6)
  let predictions = probabilities.map { all in all.firstIndex(of: all.max()!)! }
  differences.addEqual("predictions", predictions)
  let hits = zip(predictions, try found.labels("labels")).count { $0 == $1 }
  differences.require(
    abs(100 * Double(hits) / Double(predictions.count) - description.scores.top1) < 1e-9, "top-1")
  return differences
}
