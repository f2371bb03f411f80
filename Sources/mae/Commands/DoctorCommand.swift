import ArgumentParser
import MaskedAutoencoders

/// `mae doctor`: whether this machine has what training needs.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look at the machine: libraries, codecs, processor, memory, disk; and say what to do.",
    discussion: """
      Ends with 0 if all is well and with 69 if there is something to do, which the table says.

      Example: mae doctor runs/
      """)

  @Argument(help: ArgumentHelp("Folder where runs are to be written (default: this one).", valueName: "folder"))
  var folder = "."
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text

  func run() throws {
    guard Folder.isAnything(at: folder) else {
      throw FileError(.missing, folder, "there is no such folder; name one in which runs are to be written")
    }
    let diagnosis = Diagnosis(folder: folder)
    Console.result(format == .json ? diagnosis.json : diagnosis.markdown, terminator: "")
    if !diagnosis.isGood { throw ExitCode(.unavailable) }
  }
}
