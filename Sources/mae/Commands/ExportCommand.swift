import ArgumentParser
import MaskedAutoencoders

/// `mae export`: a checkpoint as other programs load it.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a checkpoint for transformers, timm or the official code.",
    discussion: """
      \(ExportTargets.all.map { "\($0.name): \($0.title)." }.joined(separator: "\n"))

      Example: mae export runs/first -o first-timm --format timm
      """)

  @Argument(help: ArgumentHelp("A run folder, a checkpoint folder or a weight file.", valueName: "checkpoint")) var path: String
  @Option(
    name: [.short, .long], help: ArgumentHelp("Folder to write: a new or an empty one.", valueName: "folder"),
    transform: \.tidyPath)
  var output: String
  @Option(help: "What to write.") var format = Format(target: ExportTargets.all[0])
  @Option(help: "Type of the values in the files (default: as they are).") var dtype: WeightType?
  @Flag(help: "Replace files that are in the folder.") var force = false
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var weights: WeightFlags

  func run() throws {
    let (target, options) = (format.target, weights.options)
    let checkpoint = try WaitingLine.during("reading \(path)") { try Checkpoint.read(path: path, options: options) }
    for remark in checkpoint.remarks { Console.say(remark) }
    let report = try WaitingLine.during("writing \(output)") {
      try checkpoint.export(target, to: output, as: dtype?.elementType, replacing: force)
    }
    for note in report.notes { Console.say(note) }
    for file in report.files { Console.result("\(report.folder)/\(file)") }
  }

  enum WeightType: String, ExpressibleByArgument, CaseIterable {
    case float32, float16, bfloat16

    /// `bf16` is what `--precision` calls it.
    init?(argument: String) { self.init(rawValue: argument == "bf16" ? Self.bfloat16.rawValue : argument) }

    var elementType: ElementType {
      switch self {
      case .float32: .float32
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
    }
  }

  struct Format: ExpressibleByArgument {
    let target: any ExportTarget

    init(target: any ExportTarget) { self.target = target }

    init?(argument: String) {
      guard let target = ExportTargets.named(argument) else { return nil }
      self.target = target
    }

    var defaultValueDescription: String { target.name }
    static var allValueStrings: [String] { ExportTargets.all.map(\.name) }
  }
}
