import Foundation
import MAECheckpoint
import MAEEngine
import Testing

/// Every case of using what was learned, computed by public code: probes, neighbours, fine-tuning, propagation and its measures.
///
/// Cases in the test resources always run; the environment variable `MAE_EVALUATION_CASES` names a folder of further ones.
@Suite struct EvaluationCases {
  /// What compares the cases of a kind, by the `method` of their description.
  static let kinds: [String: @Sendable (EvaluationCase) throws -> CaseDifferences] = [
    "knn": neighboursCase,
    "probe-lars": linearProbeCase,
    "probe-attentive": attentiveProbeCase,
    "propagate-features": resizedFeaturesCase,
    "finetune-mae": fineTuningCase,
    "finetune-mae-st": fineTuningCase,
    "finetune-partial": fineTuningCase,
    "finetune-videomae": fineTuningCase,
    "augment": augmentationCase,
    "multi-view-test": multiViewCase,
    "propagate": propagationCase,
    "davis-measures": maskMeasuresCase,
  ]

  @Test("agrees with the public code", arguments: folders)
  func agreement(folder: String) throws {
    let found = try EvaluationCase(folder: folder)
    let compare = try #require(
      Self.kinds[found.method], "\(found.name): nothing compares cases of the kind '\(found.method)'")
    let differences = try compare(found)
    print("\(found.name): \(differences.summary)")
    #expect(differences.violations.isEmpty, "\(found.name): \(differences.violations.joined(separator: "; "))")
    #expect(differences.compared == Set(found.expected.names), "\(found.name): compared \(differences.compared.sorted())")
  }

  @Test("there are cases")
  func thereAreCases() { #expect(Self.folders.count >= 5) }

  static let folders: [String] = {
    let resources = Bundle.module.resourceURL!.appendingPathComponent("Cases").path
    let further = ProcessInfo.processInfo.environment["MAE_EVALUATION_CASES"]
    return ([resources] + (further.map { [$0] } ?? [])).flatMap { root in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
      return names.filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/case.json") }.sorted().map { "\(root)/\($0)" }
    }
  }()
}

/// One folder: description, inputs, expected values, and weights where there are some.
struct EvaluationCase {
  let name: String
  let folder: String
  let method: String
  let inputs: StateDictionary
  let expected: StateDictionary
  private let text: Data

  init(folder: String) throws {
    struct Kind: Decodable { var method: String }
    self.folder = folder
    name = URL(fileURLWithPath: folder).lastPathComponent
    text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/case.json"))
    method = try JSONDecoder().decode(Kind.self, from: text).method
    inputs = try WeightFile.read(path: "\(folder)/inputs.safetensors").state
    expected = try WeightFile.read(path: "\(folder)/expected.safetensors").state
  }

  var weights: StateDictionary { get throws { try WeightFile.read(path: "\(folder)/weights.safetensors").state } }

  /// The description as a type with the keys that a kind has.
  func description<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: text)
  }

  func input(_ name: String) throws -> StoredTensor { try #require(inputs[name], "\(self.name): no \(name)") }

  func labels(_ name: String) throws -> [Int] { try input(name).floats().map { Int($0) } }
}

/// How far values are from their references: max |ours − theirs| / max |theirs|.
struct CaseDifferences {
  private(set) var compared: Set<String> = []
  private(set) var violations: [String] = []
  private var largest = (name: "nothing", value: 0.0)
  private let expected: StateDictionary

  init(_ expected: StateDictionary) { self.expected = expected }

  var summary: String { "\(compared.count) values, largest difference \(largest.value) (\(largest.name))" }

  /// - Parameters:
  ///   - left: places that are compared; nil = all.
  ///   - isAbsolute: whether the difference is not divided by the largest value.
  mutating func add(
    _ name: String, _ ours: [Float], within limit: Double, at places: [Int]? = nil, isAbsolute: Bool = false
  ) {
    guard let theirs = expected[name]?.floats() else { return }
    compared.insert(name)
    guard ours.count == theirs.count else {
      violations.append("\(name) has \(ours.count) values for \(theirs.count)")
      return
    }
    let chosen = places ?? Array(ours.indices)
    let size = isAbsolute ? 1 : chosen.reduce(0.0) { max($0, abs(Double(theirs[$1]))) }
    let gap = chosen.reduce(0.0) { max($0, abs(Double(ours[$1]) - Double(theirs[$1])).orInfinity) }
    let difference = size > 0 ? gap / size : gap
    if difference >= largest.value { largest = (name, difference) }
    if !(difference <= limit) { violations.append("\(name) differs by \(difference)") }
  }

  mutating func addEqual(_ name: String, _ ours: [Int]) {
    guard let theirs = expected[name]?.floats() else { return }
    compared.insert(name)
    if ours != theirs.map({ Int($0) }) { violations.append("\(name) is not equal") }
  }

  mutating func require(_ holds: Bool, _ what: String) { if !holds { violations.append(what) } }

  /// Counts a value as compared that the public code has beside ours.
  mutating func leaveOut(_ name: String) { compared.insert(name) }
}

extension Double {
  fileprivate var orInfinity: Double { isNaN ? .infinity : self }
}
