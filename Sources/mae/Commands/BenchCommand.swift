import ArgumentParser

/// `mae bench`: measurements that people can compare.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the engine and the decoder on this machine.",
    discussion: "Example: mae bench step --preset tiny",
    subcommands: [BenchStepCommand.self, BenchDecodeCommand.self])
}
