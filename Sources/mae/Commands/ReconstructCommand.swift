import ArgumentParser

struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "reconstruct", abstract: "Show what a model makes of masked clips and stills.")
}
