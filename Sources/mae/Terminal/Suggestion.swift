import ArgumentParser
import MaskedAutoencoders

/// What mistyped commands and options were meant to be.
struct Suggestion {
  /// Words from the command line, the program's name left out.
  let arguments: [String]

  /// The command that the words name; the program itself where they name none.
  private var command: (type: any ParsableCommand.Type, unknown: String?) {
    var type: any ParsableCommand.Type = MAECommand.self
    for word in arguments where word != "help" || type != MAECommand.self {
      let commands = type.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-") else { break }
      guard let next = commands.first(where: { $0.configuration.commandName == word }) else { return (type, word) }
      type = next
    }
    return (type, nil)
  }

  /// - Throws: `ValidationError` when the words name a command that is not there.
  func checkCommand() throws {
    let (parent, unknown) = command
    guard let unknown else { return }
    let known = parent.configuration.subcommands.compactMap { $0.configuration.commandName }
    let hint =
      NearestName.of(unknown, among: known).map { "did you mean \($0)?" } ?? "expected one of \(known.joined(separator: ", "))"
    throw ValidationError("there is no command '\(unknown)'; \(hint)")
  }

  /// The parser's sentence, with the nearest option where it names one that is not there.
  func completed(_ sentence: String) -> String {
    guard let match = sentence.firstMatch(of: /^Unknown option '(--[^']+)'/) else { return sentence }
    let type = command.type
    let known = Set(type.helpMessage(columns: 1000).matches(of: /--[a-z][a-z-]*/).map { String($0.0) })
    let hint =
      NearestName.of(String(match.1), among: known.sorted()).map { "did you mean \($0)?" }
      ?? "see mae help \(type.configuration.commandName ?? "")"
    return "there is no option \(match.1); \(hint)"
  }
}
