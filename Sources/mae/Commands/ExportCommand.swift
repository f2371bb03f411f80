import ArgumentParser
import MAECheckpoint

/// `mae export`: a checkpoint as other programs load it.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a checkpoint for transformers, timm or the official code.",
    discussion: """
      transformers: a folder for from_pretrained. timm: an encoder for timm.create_model("local-dir:DIR", pretrained=True).
      official: the names of the method's public implementation, as safetensors and as a PyTorch file.

      Example: mae export runs/first -o first-timm --format timm
      """)

  @Argument(help: ArgumentHelp("A run folder, a checkpoint folder or a weight file.", valueName: "checkpoint")) var path: String
  @Option(name: [.short, .long], help: ArgumentHelp("Folder to write.", valueName: "folder")) var output: String
  @Option(help: "What to write.") var format = ExportFormat.transformers

  func run() throws {
    let report = try Checkpoint.read(path: path).export(format, to: output)
    for note in report.notes { Console.say(note) }
    for file in report.files { print("\(report.folder)/\(file)") }
  }
}

extension ExportFormat: ExpressibleByArgument {}
