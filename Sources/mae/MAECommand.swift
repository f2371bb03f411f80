import ArgumentParser

@main
struct MAECommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mae", abstract: "Masked-autoencoder pretraining on images and video.",
    subcommands: [BenchCommand.self, SamplesCommand.self])
}
