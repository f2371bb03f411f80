import Foundation
import MAEFoundation

/// `evaluation.json` of a run: what is measured beside the loss, and when, so that a continued run measures at the same steps.
struct EvaluationLog: Codable, Hashable, Sendable {
  /// The checkpoint that did best.
  struct Best: Codable, Hashable, Sendable {
    var step: Int
    var top1: Double
  }

  /// Files that are not learned from.
  var holdout: [String] = []
  /// See ``Baseline``; of the first phase.
  var baseline: Double?
  /// The same of the later phases of a run, by their numbers; nil where there are none.
  var laterBaselines: [Int: Double]?
  /// Of the network before training.
  var untrainedTop1: Double?
  /// What the first measurement took.
  var seconds: Double?
  /// Steps from one measurement to the next; nil until a few steps have been timed.
  var every: Int?
  var best: Best?
  /// The step whose evaluation was broken off; it comes first when the run goes on from there. Nil almost always.
  var pending: Int?

  /// The baseline of a phase.
  subscript(phase: Int) -> Double? {
    get { phase == 0 ? baseline : laterBaselines?[phase] }
    set {
      guard phase > 0 else { return baseline = newValue }
      laterBaselines = laterBaselines ?? [:]
      laterBaselines?[phase] = newValue
    }
  }

  static func read(_ path: String) throws(FileError) -> EvaluationLog? {
    let decoder = JSONText.decoder(keys: .convertFromSnakeCase)
    return try DurableFile.text(of: path).flatMap { try? decoder.decode(EvaluationLog.self, from: Data($0.utf8)) }
  }

  func write(to folder: RunFolder) throws(FileError) {
    try folder.write(JSONText.indented(self) + "\n", to: folder.evaluationPath)
  }

  /// The steps from one measurement to the next with which all of them, the first one and that at the end included, take at
  /// most a share of the run; the length of the run where they take more.
  static func interval(share: Double, steps: Int, secondsPerStep: Double, secondsPerEvaluation: Double) -> Int {
    guard secondsPerEvaluation > 0 else { return 1 }
    let affordable = share * Double(steps) * secondsPerStep / secondsPerEvaluation - 1
    guard affordable > 1 else { return steps }
    return affordable >= Double(steps) ? 1 : Int((Double(steps) / affordable).rounded(.up))
  }
}
