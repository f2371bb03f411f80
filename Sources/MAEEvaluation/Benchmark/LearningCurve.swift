import Foundation
import MAEData
import MAEFoundation

/// What a run had learned after so much processor time, as `curve.json` tells; other programs may write the same.
public struct LearningCurve: Codable, Hashable, Sendable {
  /// What was measured at a moment of the run.
  public struct Point: Codable, Hashable, Sendable {
    /// Minutes of processor time after which it was due; nil: at the end of the run.
    public var mark: Double?
    /// Processor time of training until then, of all threads; evaluation is not in it.
    public var processorSeconds: Double
    /// Updates of the weights.
    public var step: Int
    /// Passes over the data.
    public var epoch: Double
    /// Share of the validation samples that a linear probe on frozen features recognises.
    public var linear: Double
    /// The same by the votes of 20 neighbours.
    public var neighbours: Double
  }

  /// What was trained, as ``NamedRecipe`` names it.
  public var recipe: String
  /// Name and version.
  public var program: String
  /// Of the recipe.
  public var method: String
  /// Of the run.
  public var seed: UInt64
  /// Processor time that training was given.
  public var minutes: Double
  /// Model name.
  public var processor: String
  /// Of the kernels.
  public var instructionLevel: String
  /// Threads that compute.
  public var threads: Int
  /// Labelled samples that the probes learn from.
  public var trainingSamples: Int
  /// Labelled samples that the probes are judged on.
  public var validationSamples: Int
  /// In the order of time; the first one of the network before training.
  public var points: [Point]

  /// Whether its run has come to its end.
  public var isFinished: Bool { points.last.map { $0.mark == nil } ?? false }

  /// Minutes after which something is measured, the end aside: 0, 1, 2, 4 and so on.
  public static func marks(before minutes: Double) -> [Double] {
    [0] + sequence(first: 1.0) { 2 * $0 }.prefix { $0 < minutes }
  }

  /// The mark that was reached since the last point; nil where there is none. Of several the last one counts.
  func due(after seconds: Double) -> Double? {
    let last = points.last?.mark ?? -1
    return Self.marks(before: minutes).last { $0 > last && 60 * $0 <= seconds }
  }

  static let fileName = "curve.json"

  /// Nil where there is none.
  ///
  /// - Throws: ``DataError`` when the file holds something else, ``FileError`` when it cannot be read.
  static func read(_ path: String) throws -> LearningCurve? {
    guard let text = try DurableFile.text(of: path) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(LearningCurve.self, from: Data(text.utf8))
    } catch {
      throw DataError(.unusable, path: path, "is not what a run had learned; remove it, and its run is measured again")
    }
  }

  func write(to path: String) throws(FileError) { try DurableFile.write(JSONText.indented(self) + "\n", to: path) }

  /// Every curve below the folder of a bench (`NAME/seed-N/curve.json`), by name and seed.
  ///
  /// - Throws: as ``LearningBenchmark/run(isCancelled:observer:)`` does for files.
  public static func all(in folder: String) throws -> [LearningCurve] {
    try (Folder.names(in: folder) ?? []).sorted().flatMap { name in
      try (Folder.names(in: "\(folder)/\(name)") ?? []).compactMap { try Self.read("\(folder)/\(name)/\($0)/\(fileName)") }
        .sorted { $0.seed < $1.seed }
    }
  }
}
