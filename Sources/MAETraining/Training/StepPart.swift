import MAECluster

/// What a process did in a step, as it tells the others.
struct StepPart: Codable {
  /// The part of the batch that was its own.
  var share: Double
  /// Mean over that part.
  var loss: Double
  /// Named parts of the loss, likewise.
  var parts: [String: Double]
  /// Spent waiting for data.
  var dataSeconds: Double
  /// Of the step so far, without waiting for other processes.
  var seconds: Double

  /// Named parts of the loss over the whole batch.
  static func means(_ steps: [StepPart]) -> [String: Double] {
    steps.reduce(into: [:]) { means, step in
      for (name, value) in step.parts { means[name, default: 0] += step.share * value }
    }
  }
}

extension Processes {
  /// What this process's part of a batch counts in the mean over the batch.
  func share(of samples: Int) -> Double { Double(part(of: samples).count) / Double(samples) }
}

/// Gives a term of the loss that is about a whole batch the rows of all processes; see ``Pass/sharedRows``.
final class RowExchange {
  private let processes: any Processes
  private var failure: ProcessError?

  init(_ processes: any Processes) { self.processes = processes }

  /// Values of own rows in, those of all out. After a failure the own ones alone: the step is then given up.
  func rows(_ own: [Float]) -> (values: [Float], start: Int) {
    do throws(ProcessError) {
      let all = try processes.gather(own)
      return (Array(all.joined()), all.prefix(processes.rank).reduce(0) { $0 + $1.count })
    } catch {
      failure = error
      return (own, 0)
    }
  }

  func requireSuccess() throws(ProcessError) { if let failure { throw failure } }
}
