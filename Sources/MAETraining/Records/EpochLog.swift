import MAEFoundation

/// `log.txt`, a line per epoch in the form of the official codes (facebookresearch/mae, `main_pretrain.py`): means of rate and
/// loss over the steps of the epoch, and its number from 0; of a classifier also the accuracy in percent (`main_finetune.py`).
///
/// Everything follows from `metrics.jsonl`, from which a continued run writes the file anew. An epoch that a run ends in has a
/// line too.
public final class EpochLog {
  private let file: LogFile
  private var sums = Sums()

  /// What has been added up since the last line.
  private struct Sums {
    var steps = 0
    var rate = 0.0
    var losses = 0
    var loss = 0.0
    var accuracy: Double?
  }

  /// Opens the log of a run whose metrics are `metrics` so far.
  ///
  /// - Throws: ``FileError``.
  public init(path: String, after metrics: [StepMetrics]) throws(FileError) {
    var (text, sums) = ("", Sums())
    for line in metrics { text += Self.take(line, into: &sums, isLast: false) ?? "" }
    try DurableFile.write(text, to: path)
    file = try LogFile(path: path)
    self.sums = sums
  }

  /// Takes in a step.
  ///
  /// - Parameter isLast: whether the run ends with it.
  /// - Throws: ``FileError``.
  public func add(_ metrics: StepMetrics, isLast: Bool) throws(FileError) {
    guard let line = Self.take(metrics, into: &sums, isLast: isLast) else { return }
    try unsafe file.append(Array(line.utf8).span.bytes)
  }

  private static func take(_ metrics: StepMetrics, into sums: inout Sums, isLast: Bool) -> String? {
    sums.steps += 1
    sums.rate += metrics.lr
    if let loss = metrics.loss {
      sums.losses += 1
      sums.loss += loss
    }
    sums.accuracy = metrics.evaluation?.top1 ?? sums.accuracy
    // The epoch in which the step began, and whether the step ended it.
    let slack = 1e-6
    let begun = Int(metrics.epoch - metrics.epoch / Double(metrics.step) + slack)
    let ended = Int(metrics.epoch + slack)
    guard ended > begun || isLast else { return nil }
    let loss = sums.losses == 0 ? "null" : "\(sums.loss / Double(sums.losses))"
    let accuracy = sums.accuracy.map { ", \"test_acc1\": \($0 * 100)" } ?? ""
    let epoch = ended > begun ? ended - 1 : begun
    let rate = sums.rate / Double(sums.steps)
    sums = Sums()
    return "{\"train_lr\": \(rate), \"train_loss\": \(loss)\(accuracy), \"epoch\": \(epoch)}\n"
  }
}
