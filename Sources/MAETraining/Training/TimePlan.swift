import Foundation
import MAEFoundation

/// `plan.json` of a run with a time limit: how many steps it has, so that a continued run has the same ones.
///
/// Before the first step the length follows from steps on random pixels; after some real ones it is planned for good, and at most
/// once more where the machine turns out slower. Steps, and with them every weight, follow from this file, not from clocks.
public struct TimePlan: Codable, Hashable, Sendable {
  /// How long the run is from a step on.
  public struct Length: Codable, Hashable, Sendable {
    /// Steps that were done when it was planned; the next step is the first of a run so long.
    public var after: Int
    /// Of the whole run.
    public var steps: Int
    /// What a step was seen to take.
    public var secondsPerStep: Double
  }

  /// In the order of planning: first guess, plan, correction; one at least.
  public internal(set) var lengths: [Length]

  /// What holds for the step that follows `step` others.
  public func length(after step: Int) -> Length { lengths.last { $0.after <= step } ?? lengths[0] }

  /// Nil where there is none yet.
  ///
  /// - Throws: ``TrainingError`` when the file holds something else, ``FileError`` when it cannot be read.
  package static func read(_ path: String) throws -> TimePlan? {
    guard let text = try DurableFile.text(of: path) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let plan = try? decoder.decode(TimePlan.self, from: Data(text.utf8)), !plan.lengths.isEmpty else {
      throw TrainingError(.unusable, "\(path): is not the plan of a run; remove it to plan what is left of the time anew")
    }
    return plan
  }

  func write(to folder: RunFolder) throws(FileError) {
    try folder.write(JSONText.indented(self) + "\n", to: folder.planPath)
  }
}
