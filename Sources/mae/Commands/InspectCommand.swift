import ArgumentParser
import MaskedAutoencoders

/// `mae inspect`: what a weight file is and what can be done with it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a weight file or checkpoint is.",
    discussion: """
      Reads safetensors, transformers and timm folders, PyTorch files and run folders; nothing in a file is executed.

      Example: mae inspect mae_pretrain_vit_base.pth
      """)

  @Argument(help: ArgumentHelp("A weight file, a model folder or a run folder.", valueName: "file")) var path: String
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text
  @OptionGroup var weights: WeightFlags

  func run() throws {
    let inspection = try Inspection(path: path, options: weights.options)
    Console.result(format == .json ? inspection.json + "\n" : inspection.text, terminator: "")
  }
}
