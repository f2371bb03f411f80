import ArgumentParser
import Foundation
import MAEModels
import MAETraining

/// `mae bench`: measurements that people can compare.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the engine and the decoder on this machine.",
    subcommands: [BenchStepCommand.self, BenchDecodeCommand.self])
}

struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Time training steps against the machine's own matrix-product peak.",
    discussion: "Example: mae bench step --method videomae --preset small --batch-size 4")

  enum Format: String, ExpressibleByArgument, CaseIterable { case md, json, csv }

  @Option(help: "Methods, separated by commas.") var method = "videomae"
  @Option(help: "Sizes, separated by commas.") var preset = "small"
  @Option(help: "Batch sizes, separated by commas.") var batchSize = "4"
  @Option(help: "Threads, separated by commas; default: all cores.") var threads: String?
  @Option(help: "Counted steps.") var repetitions = 8
  @Flag(help: "Show the time of every operation.") var profile = false
  @Option(help: "md, json or csv.") var format = Format.md

  func run() throws {
    var results: [StepBenchmark.Result] = []
    for method in try list(method, "method", Method.init(rawValue:)) {
      for preset in try list(preset, "preset", ModelSize.init(rawValue:)) {
        for batchSize in try list(batchSize, "batch-size", Int.init) {
          for threads in try list(threads ?? "\(ProcessInfo.processInfo.activeProcessorCount)", "threads", Int.init) {
            let benchmark = StepBenchmark(
              .preset(method, preset), preset: preset.rawValue, batchSize: batchSize, threads: threads,
              repetitions: repetitions, profiles: profile)
            results.append(try benchmark.run())
          }
        }
      }
    }
    print(try StepBenchmarkTable(results: results).text(format.rawValue), terminator: "")
  }

  private func list<Value>(_ text: String, _ name: String, _ parse: (String) -> Value?) throws -> [Value] {
    try text.split(separator: ",").map { item in
      guard let value = parse(String(item)) else {
        throw ValidationError("--\(name): '\(item)' is not a value it knows; see 'mae bench step --help'")
      }
      return value
    }
  }
}
