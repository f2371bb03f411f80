import Foundation
import MAEFoundation

/// One line of `metrics.jsonl`.
public struct StepMetrics: Codable, Hashable, Sendable {
  /// Updates done, this one included.
  public var step: Int
  /// Passes over the data so far, with fraction.
  public var epoch: Double
  /// Mean over the batches of the step; nil when it was not finite, and the step was left out.
  public var loss: Double?
  /// Named parts of the loss, where there are several.
  public var parts: [String: Double]?
  /// What predicting nothing costs (``Baseline``); nil where that means nothing.
  public var baseline: Double?
  /// What was measured after the step, if anything.
  public var evaluation: Evaluation?
  /// What the source of masks says of the step, by its name; see ``MaskSource/takeMetrics()``.
  public var masks: [String: JSONValue] = [:]
  /// Nil for a step as usual.
  public var spike: SpikeWatch.Spike?
  /// The files of a step that was left out or is a spike.
  public var files: [String]?
  /// What happened before the step, one sentence each: that a damaged checkpoint was passed over.
  public var notes: [String]?
  /// What working together cost, and who kept the others waiting; nil for a process on its own.
  public var processes: ProcessMetrics?
  /// Learning rate of the step.
  public var lr: Double
  /// Before clipping; nil when it was not finite.
  public var gradNorm: Double?
  /// Of the step.
  public var samplesPerSecond: Double
  /// Share of the step spent waiting for data.
  public var dataShare: Double
  /// Resident memory of the process.
  public var memoryBytes: Int
  /// Time of training so far, earlier parts of a continued run included.
  public var seconds: Double

  /// Without what regularises it; nil when it was not finite.
  package var reconstructionLoss: Double? { parts?["reconstruction"] ?? loss }

  /// Over how many of the last steps a run's loss is told after `steps` of them.
  package static func recent(after steps: Int) -> Int { max(1, min(100, steps / 20)) }

  /// One line.
  public init(
    step: Int, epoch: Double, loss: Double?, parts: [String: Double]? = nil, masks: [String: JSONValue] = [:], lr: Double,
    gradNorm: Double?, samplesPerSecond: Double, dataShare: Double, memoryBytes: Int, seconds: Double
  ) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.parts = parts
    self.masks = masks
    self.lr = lr
    self.gradNorm = gradNorm
    self.samplesPerSecond = samplesPerSecond
    self.dataShare = dataShare
    self.memoryBytes = memoryBytes
    self.seconds = seconds
  }

  private enum CodingKeys: String, CodingKey {
    case step, epoch, loss, parts, baseline, evaluation, spike, files, notes, processes, lr, seconds
    case gradNorm = "grad_norm"
    case samplesPerSecond = "samples_per_second"
    case dataShare = "data_share"
    case memoryBytes = "memory_bytes"
  }

  /// Every line has every key; what is not a number is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(loss, forKey: .loss)
    try container.encodeIfPresent(parts, forKey: .parts)
    try container.encodeIfPresent(baseline, forKey: .baseline)
    try container.encodeIfPresent(evaluation, forKey: .evaluation)
    try container.encodeIfPresent(spike, forKey: .spike)
    try container.encodeIfPresent(files, forKey: .files)
    try container.encodeIfPresent(notes, forKey: .notes)
    try container.encodeIfPresent(processes, forKey: .processes)
    try container.encode(lr, forKey: .lr)
    try container.encode(gradNorm, forKey: .gradNorm)
    try container.encode(samplesPerSecond, forKey: .samplesPerSecond)
    try container.encode(dataShare, forKey: .dataShare)
    try container.encode(memoryBytes, forKey: .memoryBytes)
    try container.encode(seconds, forKey: .seconds)
    try masks.encodeBeside(encoder)
  }

  /// Keys that are not of its own belong to the source of masks.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Int.self, forKey: .step)
    epoch = try container.decode(Double.self, forKey: .epoch)
    loss = try container.decodeIfPresent(Double.self, forKey: .loss)
    parts = try container.decodeIfPresent([String: Double].self, forKey: .parts)
    baseline = try container.decodeIfPresent(Double.self, forKey: .baseline)
    evaluation = try container.decodeIfPresent(Evaluation.self, forKey: .evaluation)
    spike = try container.decodeIfPresent(SpikeWatch.Spike.self, forKey: .spike)
    files = try container.decodeIfPresent([String].self, forKey: .files)
    notes = try container.decodeIfPresent([String].self, forKey: .notes)
    processes = try container.decodeIfPresent(ProcessMetrics.self, forKey: .processes)
    lr = try container.decode(Double.self, forKey: .lr)
    gradNorm = try container.decodeIfPresent(Double.self, forKey: .gradNorm)
    samplesPerSecond = try container.decode(Double.self, forKey: .samplesPerSecond)
    dataShare = try container.decode(Double.self, forKey: .dataShare)
    memoryBytes = try container.decode(Int.self, forKey: .memoryBytes)
    seconds = try container.decode(Double.self, forKey: .seconds)
    masks = try .others(than: CodingKeys.self, in: decoder)
  }

  /// Reads the lines of a file; lines that are not whole are left out.
  public static func read(_ path: String) throws(FileError) -> [StepMetrics] { try JSONLines.read(path) }
}

/// Appends to `metrics.jsonl`.
final class MetricsLog {
  private let path: String
  private var file: LogFile

  /// Opens the log of a run that has `step` steps behind it: lines of later steps, written by a part that was lost, are cut.
  init(path: String, continuingAfter step: Int) throws(FileError) {
    self.path = path
    if let text = try DurableFile.text(of: path), !text.isEmpty {
      let decoder = JSONText.decoder()
      let kept = text.split(separator: "\n").prefix { line in
        (try? decoder.decode(StepMetrics.self, from: Data(line.utf8))).map { $0.step <= step } ?? false
      }
      let whole = kept.map { $0 + "\n" }.joined()
      if whole != text { try DurableFile.write(whole, to: path) }
    }
    file = try LogFile(path: path)
  }

  func append(_ metrics: StepMetrics) throws(FileError) { try file.append(JSONText.line(metrics)) }

  /// The line of a step, if it is the last one.
  func last(of step: Int) throws(FileError) -> StepMetrics? {
    guard let line = try StepMetrics.read(path).last, line.step == step else { return nil }
    return line
  }

  /// Puts another line in the place of the last one, in one step: a kill leaves the old one or the new one.
  func replaceLast(with metrics: StepMetrics) throws(FileError) {
    let lines = (try DurableFile.text(of: path) ?? "").split(separator: "\n")
    let others: String = lines.dropLast().map { $0 + "\n" }.joined()
    try DurableFile.write(others + JSONText.line(metrics) + "\n", to: path)
    file = try LogFile(path: path)
  }
}
