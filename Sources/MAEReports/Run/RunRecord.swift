import Foundation
import MAEData
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining

/// What a run has left in its folder so far. Nothing is taken hold of: the run may still be going.
struct RunRecord {
  /// Of its folder.
  let path: String
  let recipe: Recipe
  let metrics: [StepMetrics]
  let journal: [RunJournal.Entry]
  let bad: [BadFile]
  let environment: RunEnvironment?
  let pictures: [FixedPictures.Line]
  /// Steps of the whole run; nil before the first one.
  let steps: Int?
  /// How many files are learned from, and how many of each label.
  let files: (count: Int, labels: [String: Int])
  let heldOut: Int
  /// The step whose evaluation was broken off and is to come.
  private let pendingStep: Int?

  /// - Throws: ``TrainingError`` of kind `missing` when there is nothing and `usage` when it is no run; ``FileError`` when
  ///   something cannot be read.
  init(_ path: String) throws {
    guard Folder.isAnything(at: path) else { throw TrainingError(.missing, "\(path): no such folder; name that of a run") }
    guard RunFolder.isRunFolder(path) else {
      throw TrainingError(.usage, "\(path): is not the folder of a run; name one that mae pretrain or mae finetune made")
    }
    self.path = path
    recipe = try Recipe.stored(in: path)
    metrics = try StepMetrics.read(path + "/metrics.jsonl")
    // A page without one part is better than none.
    journal = (try? RunJournal.read(path + "/journal.jsonl")) ?? []
    bad = (try? JSONLines.read(path + "/bad_files.jsonl")) ?? []
    environment = try DurableFile.text(of: path + "/environment.json").flatMap {
      try? JSONDecoder().decode(RunEnvironment.self, from: Data($0.utf8))
    }
    pictures = (try? FixedPictures.read(path + "/pictures")) ?? []
    let planned = try TimePlan.read(path + "/plan.json")?.length(after: metrics.last?.step ?? 0).steps
    steps = metrics.last.map { [recipe] last in
      let batches = (Double(last.step * recipe.run.accumulation) / last.epoch).rounded()
      return TrainingPlan(recipe, batchesPerEpoch: max(1, Int(batches)), steps: planned).steps
    }
    files = Self.files(try DurableFile.text(of: path + "/manifest.jsonl") ?? "")
    struct Judging: Decodable {
      var holdout: [String]
      var pending: Int?
    }
    let judging = try DurableFile.text(of: path + "/evaluation.json").flatMap {
      try? JSONDecoder().decode(Judging.self, from: Data($0.utf8))
    }
    (heldOut, pendingStep) = (judging?.holdout.count ?? 0, judging?.pending)
  }

  private static func files(_ text: String) -> (count: Int, labels: [String: Int]) {
    struct Listed: Decodable { var label: String? }
    var (count, labels) = (0, [String: Int]())
    let decoder = JSONDecoder()
    for line in text.split(separator: "\n") {
      guard let file = try? decoder.decode(Listed.self, from: Data(line.utf8)) else { continue }
      count += 1
      if let label = file.label { labels[label, default: 0] += 1 }
    }
    return (count, labels)
  }

  /// The folder's name.
  var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }

  /// Steps that are done.
  var step: Int { metrics.last?.step ?? 0 }

  /// Threads that compute.
  var threads: Int { recipe.run.threads ?? environment?.threads ?? 1 }

  /// How a run stands.
  enum Stand { case finished, going, stopped }

  var stand: Stand {
    if let steps, step >= steps, step != pendingStep { return .finished }
    if journal.last?.kind == .end { return .stopped }
    return isHeld ? .going : .stopped
  }

  /// Whether a process holds the folder.
  private var isHeld: Bool {
    let descriptor = unsafe (path + "/.lock").withPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// The mean loss of the last steps, as the end of a run says it; nil before the first.
  var loss: Double? {
    let last = metrics.suffix(StepMetrics.recent(after: metrics.last?.step ?? 0)).compactMap(\.reconstructionLoss)
    return last.isEmpty ? nil : last.reduce(0, +) / Double(last.count)
  }

  /// The last that was measured of something beside the loss.
  func latest<Value>(_ value: (Evaluation) -> Value?) -> Value? {
    for line in metrics.reversed() { if let found = line.evaluation.flatMap(value) { return found } }
    return nil
  }

  var bestAccuracy: (step: Int, top1: Double)? {
    metrics.compactMap { line in line.evaluation?.top1.map { (line.step, $0) } }.max { $0.1 < $1.1 }
  }

  /// Training so far, in seconds.
  var seconds: Double { metrics.last?.seconds ?? 0 }
}
