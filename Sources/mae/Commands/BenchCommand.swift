import ArgumentParser

/// `mae bench`: measurements that people can compare.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the engine, the decoder and what recipes learn on this machine.",
    discussion: "Example: mae bench step --preset tiny",
    subcommands: [BenchStepCommand.self, BenchDecodeCommand.self, BenchLearnCommand.self])
}
