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
    discussion: """
      Example: mae bench step --method videomae --preset small --batch-size 4

      MAE_CPU_LEVEL=avx2 or portable measures a lower level of processor instructions than the machine's.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case md, json, csv }

  @Option(help: "Methods, separated by commas.") var method = "videomae"
  @Option(help: "Sizes, separated by commas.") var preset = "small"
  @Option(help: "Batch sizes, separated by commas.") var batchSize = "4"
  @Option(help: "Threads, separated by commas; default: all cores.") var threads: String?
  @Option(help: "Blocks of the encoder, separated by commas; default: the preset's.") var depth: String?
  @Option(help: "Hidden shares, separated by commas; default: the method's.") var maskRatio: String?
  @Flag(help: "Compute blocks again in backward rather than keep what they computed.") var recompute = false
  @Option(help: "Counted steps.") var repetitions = 8
  @Flag(help: "Show the time of every operation.") var profile = false
  @Option(help: "md, json or csv.") var format = Format.md

  func run() throws {
    let threads = try list(threads ?? "\(ProcessInfo.processInfo.activeProcessorCount)", "threads", Int.init)
    let batchSizes = try list(batchSize, "batch-size", Int.init)
    var results: [StepBenchmark.Result] = []
    for (preset, model) in try models() {
      for batchSize in batchSizes {
        for threads in threads {
          let benchmark = StepBenchmark(
            model, preset: preset.rawValue, batchSize: batchSize, threads: threads, repetitions: repetitions,
            profiles: profile, recomputes: recompute)
          results.append(try benchmark.run())
        }
      }
    }
    print(StepBenchmarkTable(results: results).text(format.rawValue), terminator: "")
  }

  /// Every combination of the lists that describe the model.
  private func models() throws -> [(ModelSize, ModelConfiguration)] {
    let presets = try list(preset, "preset", ModelSize.init(rawValue:))
    let depths: [Int?] = try depth.map { try list($0, "depth", Int.init) } ?? [nil]
    let ratios: [Double?] = try maskRatio.map { try list($0, "mask-ratio", Double.init) } ?? [nil]
    return try list(method, "method", Catalogue.builtIn.method).flatMap { method in
      presets.flatMap { preset in
        depths.flatMap { depth in
          ratios.map { ratio in
            var model = method.model(preset)
            if let depth { model.encoder.blocks.depth = depth }
            if let ratio { model.masking.ratio = ratio }
            return (preset, model)
          }
        }
      }
    }
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
