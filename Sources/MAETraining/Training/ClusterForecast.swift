import Foundation
import MAECluster

/// What a step of a run takes on many machines, from what a part of it takes here.
///
///     step = computing + adding up gradients + waiting for the slowest
///
/// Machines are as this one, with a process on each, and nothing overlaps. The slowest of n processes whose times are spread like
/// the measured steps takes about σ · √(2 ln n) longer than the mean of them.
public struct ClusterForecast: Hashable, Sendable {
  /// That share each batch.
  public let processes: Int
  /// What joins them.
  public let network: Network
  /// Values that are added up: a gradient for each number that is trained.
  public let gradients: Int
  /// Of one process with its part of the batch, measured.
  public let computing: Double
  /// Adding up gradients.
  public let summing: Double
  /// Until the slowest has come.
  public let waiting: Double
  /// Seconds of a step of one process with the whole batch, as computing grows with samples.
  public let alone: Double
  /// Bytes of a checkpoint, which one process writes.
  public let checkpointBytes: Int

  /// - Parameters:
  ///   - stepSeconds: measured, of a step with the part of the batch that each process has.
  ///   - batchSize: of all processes.
  ///   - part: samples of the largest part.
  public init(
    processes: Int, network: Network, gradients: Int, stepSeconds: [Double], batchSize: Int, part: Int
  ) {
    (self.processes, self.network, self.gradients) = (processes, network, gradients)
    computing = stepSeconds.sorted()[stepSeconds.count / 2]
    summing = network.secondsToSum(gradients, among: processes)
    let mean = stepSeconds.reduce(0, +) / Double(stepSeconds.count)
    let variance = stepSeconds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, stepSeconds.count - 1))
    waiting = processes > 1 ? variance.squareRoot() * (2 * log(Double(processes))).squareRoot() : 0
    alone = computing * Double(batchSize) / Double(part)
    // Weights and two moments.
    checkpointBytes = 12 * gradients
  }

  /// Of the whole step.
  public var secondsPerStep: Double { computing + summing + waiting }

  /// What the processes reach of what as many would reach if nothing had to be sent.
  public var efficiency: Double { alone / (Double(processes) * secondsPerStep) }
}
