import Foundation
import MAEFoundation
import MAETraining

/// Results of step benchmarks as a table for people or programs.
public struct StepBenchmarkTable {
  /// One for each row.
  public var results: [StepBenchmark.Result]
  /// Rows of another table, under them.
  private var others: [Row] = []

  /// A table of results.
  public init(results: [StepBenchmark.Result]) { self.results = results }

  /// Adds the rows of a table that was written as `json`; false where the text is none.
  public mutating func add(json text: String) -> Bool {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let rows = try? decoder.decode([Row].self, from: Data(text.utf8)) else { return false }
    others += rows
    return true
  }

  /// What several processes reach of what one does with as many threads altogether, a sentence for each of their rows; nothing
  /// where no row of one process is like them.
  public var comparisons: [String] {
    let rows = results.map(Row.init) + others
    return rows.compactMap { row in
      let alone = rows.first {
        $0.processes == 1 && $0.threads == row.threads * row.processes && $0.method == row.method && $0.preset == row.preset
          && $0.batchSize == row.batchSize && $0.precision == row.precision
      }
      guard row.processes > 1, let alone else { return nil }
      return """
        \(row.method) \(row.preset), batch \(row.batchSize): \(row.processes) processes with \(row.threads) threads reach \
        \(number(row.samplesPerSecond / alone.samplesPerSecond, 2)) of one with \(alone.threads); they add up gradients in \
        \(number(100 * row.summing, 1)) % of a step and wait for each other in \(number(100 * row.waiting, 1)) %
        """
    }
  }

  /// - Parameter format: `md`, `csv` or `json`.
  public func text(_ format: String) -> String {
    switch format {
    case "json":
      return JSONText.indented(results.map(Row.init) + others) + "\n"
    case "csv":
      return table(separator: ",", edge: "", rule: false)
    default:
      return table(separator: " | ", edge: "|", rule: true) + results.map(profile).joined()
    }
  }

  private struct Row: Codable {
    var method, preset, instructionLevel, precision: String
    var batchSize, processes, threads: Int
    var summing, waiting: Double
    var stepSeconds, stepSecondsMinimum, stepSecondsMaximum, samplesPerSecond: Double
    var flopsPerStep: Int
    var sgemmPeakGflops, utilization: Double
    var peakMemoryBytes, plannedMemoryBytes, poolMisses: Int
    var visibleTokens, encoderDepth, decoderDepth: Int
    var recompute: Bool
    var profile: [Operation]?

    struct Operation: Codable {
      var operation: String
      var forwardSeconds, backwardSeconds, share: Double
      var gflops: Double?
    }

    init(_ result: StepBenchmark.Result) {
      method = result.method
      preset = result.preset
      batchSize = result.batchSize
      (processes, summing, waiting) = (result.processes, result.summing, result.waiting)
      threads = result.threads
      instructionLevel = result.instructionLevel
      precision = result.precision.rawValue
      stepSeconds = result.medianSeconds
      stepSecondsMinimum = result.stepSeconds.min() ?? 0
      stepSecondsMaximum = result.stepSeconds.max() ?? 0
      samplesPerSecond = result.samplesPerSecond
      flopsPerStep = result.flopsPerStep
      sgemmPeakGflops = result.sgemmPeakGflops
      utilization = result.utilization
      peakMemoryBytes = result.peakMemoryBytes
      plannedMemoryBytes = result.plannedMemoryBytes
      poolMisses = result.poolMisses
      visibleTokens = result.visibleTokens
      encoderDepth = result.encoderDepth
      decoderDepth = result.decoderDepth
      recompute = result.recomputes
      let total = result.profile.reduce(0) { $0 + $1.seconds }
      profile =
        result.profile.isEmpty
        ? nil
        : result.profile.map {
          Operation(
            operation: $0.operation, forwardSeconds: $0.forwardSeconds, backwardSeconds: $0.backwardSeconds,
            share: $0.seconds / total,
            gflops: $0.forwardFlops > 0 ? 3 * Double($0.forwardFlops) / $0.seconds / 1e9 : nil)
        }
    }
  }

  private func table(separator: String, edge: String, rule: Bool) -> String {
    let header = [
      "method", "preset", "depth", "decoder", "visible", "batch", "processes", "threads", "level", "precision", "s/step", "min",
      "max",
      "samples/s", "GFLOP/step",
      "peak GFLOP/s", "utilization", "memory MB", "planned MB", "misses",
    ]
    let rows = (results.map(Row.init) + others).map { row in
      [
        row.method, row.preset + (row.recompute ? " (recompute)" : ""), "\(row.encoderDepth)", "\(row.decoderDepth)",
        "\(row.visibleTokens)", "\(row.batchSize)", "\(row.processes)", "\(row.threads)", row.instructionLevel, row.precision,
        number(row.stepSeconds, 4),
        number(row.stepSecondsMinimum, 4), number(row.stepSecondsMaximum, 4), number(row.samplesPerSecond, 2),
        number(Double(row.flopsPerStep) / 1e9, 1), number(row.sgemmPeakGflops, 0), number(row.utilization, 3),
        number(Double(row.peakMemoryBytes) / 1e6, 0), number(Double(row.plannedMemoryBytes) / 1e6, 0),
        "\(row.poolMisses)",
      ]
    }
    let divider = rule ? [header.map { _ in "---" }] : []
    return ([header] + divider + rows).map { line(separator, edge, $0) }.joined()
  }

  private func line(_ separator: String, _ edge: String, _ cells: [String]) -> String {
    let inner = cells.joined(separator: separator)
    return edge.isEmpty ? inner + "\n" : "\(edge) \(inner) \(edge)\n"
  }

  private func profile(_ result: StepBenchmark.Result) -> String {
    guard let operations = Row(result).profile else { return "" }
    let header = ["operation", "forward s", "backward s", "share", "GFLOP/s"]
    let steps = Double(result.stepSeconds.count)
    let rows = operations.map { operation in
      [
        operation.operation, number(operation.forwardSeconds / steps, 4), number(operation.backwardSeconds / steps, 4),
        number(100 * operation.share, 1) + " %", operation.gflops.map { number($0, 0) } ?? "",
      ]
    }
    return "\n" + ([header, header.map { _ in "---" }] + rows).map { line(" | ", "|", $0) }.joined()
  }

  private func number(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
}
