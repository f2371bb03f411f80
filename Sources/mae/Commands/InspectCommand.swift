import ArgumentParser
import MAECheckpoint

/// `mae inspect`: what a weight file is and what can be done with it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a weight file or checkpoint is.",
    discussion: """
      Reads safetensors, transformers and timm folders, PyTorch files and run folders; nothing in a file is executed.

      Example: mae inspect mae_pretrain_vit_base.pth
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("A weight file, a model folder or a run folder.", valueName: "file")) var path: String
  @Option(help: "How to print it.") var format = Format.text

  @OptionGroup var weights: WeightFlags

  func run() throws {
    let inspection = try Inspection(path: path, options: weights.options)
    print(format == .json ? inspection.json : inspection.text, terminator: "")
  }
}
