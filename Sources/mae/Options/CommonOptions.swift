import ArgumentParser
import Foundation
import MaskedAutoencoders

/// `--threads` of the commands that compute.
struct ComputeOptions: ParsableArguments {
  /// Cores for this process: its share, where several work on this machine.
  static let cores = ProcessThreads(Together.processes).count

  @Option(parsing: .unconditional, help: "Threads that compute (default: one per core).") var threads: Int?

  var kernels: Kernels {
    if let threads, let remark = Self.excess(threads) { Console.say(remark) }
    return Kernels(threads: threads ?? Self.cores)
  }

  /// What to say of more threads than cores.
  static func excess(_ threads: Int) -> String? {
    threads > cores ? "\(threads) threads: there are \(cores) cores, and more threads than that only wait for each other" : nil
  }

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); expected at least 1") }
  }
}

/// `--model` of the commands that use a trained model.
struct CheckpointOption: ParsableArguments {
  static var help: ArgumentHelp {
    ArgumentHelp("A run folder, a checkpoint folder, or a weight file beside its config.json.", valueName: "checkpoint")
  }

  @Option(name: [.customShort("m"), .customLong("model")], help: CheckpointOption.help) var path: String
}

/// Numbers separated by commas.
enum NumberList {
  static func parse<Number: LosslessStringConvertible>(
    _ text: String, flag: String, _ expected: String
  ) throws -> [Number] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
      guard let number = Number(item.filter { $0 != " " }) else {
        throw ValidationError("--\(flag) is \(text); expected \(expected)")
      }
      return number
    }
  }
}

/// For people or for programs. `md`, as tables in Markdown are called elsewhere, is text.
enum TextFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json

  init?(argument: String) { self.init(rawValue: argument == "md" ? Self.text.rawValue : argument) }
}

/// For people, or a list for programs; see ``TextFormat``.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, csv

  init?(argument: String) { self.init(rawValue: argument == "md" ? Self.text.rawValue : argument) }
}
