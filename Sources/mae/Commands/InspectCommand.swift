import ArgumentParser
import MaskedAutoencoders

/// `mae inspect`: what a weight file is and what can be done with it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a weight file or checkpoint is.",
    discussion: """
      Reads safetensors, transformers and timm folders, PyTorch files and run folders; nothing in a file is executed.

      --verify ends with 0 if every file is as it was written and with 65 if one is damaged, or has no checksum to compare with.

      Example: mae inspect mae_pretrain_vit_base.pth
               mae inspect --verify runs/first
      """)

  @Argument(help: ArgumentHelp("A weight file, a model folder or a run folder.", valueName: "file")) var path: String
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text
  @Flag(help: "Read every file of a checkpoint, or of all those of a run, and compare it with CHECKSUMS instead.")
  var verify = false
  @OptionGroup var weights: WeightFlags

  func run() throws {
    if verify {
      let verification = try Verification(path: path)
      Console.result(format == .json ? JSONText.indented(verification) + "\n" : verification.text, terminator: "")
      if !verification.isProven { throw ExitCode(.unusable) }
      return
    }
    let inspection = try Inspection(path: path, options: weights.options)
    Console.result(format == .json ? inspection.json + "\n" : inspection.text, terminator: "")
  }
}
