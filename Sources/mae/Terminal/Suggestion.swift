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

  /// The parser's sentence, or ours with the nearest name where it is about an option or value that is not there.
  func completed(_ sentence: String) -> String {
    let type = command.type
    let help = "see mae help \(type.configuration.commandName ?? "")"
    if let match = sentence.wholeMatch(
      of: /The value '(.*)' is invalid for '(-[^ ']+)[^']*'(?:\. Please provide one of (.*)\.?)?/)
    {
      let (value, option, list) = (String(match.1), match.2, match.3 ?? "")
      // Few names stand in quotes, many behind a colon.
      let quoted = list.matches(of: /'([^']+)'/).map { String($0.1) }
      let known = quoted.isEmpty ? list.split(separator: ": ").last?.split(separator: ", ").map(String.init) ?? [] : quoted
      guard !known.isEmpty else { return "\(option) is \(value), which is no such value; \(help)" }
      let nearest = NearestName.of(value, among: known).map { "; did you mean \($0)?" } ?? ""
      return "\(option) is \(value); expected one of \(known.joined(separator: ", "))\(nearest)"
    }
    guard let match = sentence.firstMatch(of: /^Unknown option '(-[^']+)'/) else { return sentence }
    guard match.1.hasPrefix("--") else { return "there is no option \(match.1); \(help)" }
    let option = String(match.1)
    let others = Self.commands(with: option)
    let nearest = NearestName.of(option, among: Self.options(of: type).sorted()).map { "did you mean \($0)?" }
    guard !others.isEmpty else { return "there is no option \(option); \(nearest ?? help)" }
    let list = others.count > 4 ? "\(others.prefix(4).joined(separator: ", ")) and others" : others.joined(separator: " and ")
    let owners = "\(list) \(others.count > 1 ? "have" : "has") it"
    return "there is no option \(option) here, \(owners); \(nearest ?? help)"
  }

  /// The names of a command's options: what stands at the beginning of the lines of its help, and not what these say.
  private static func options(of type: any ParsableCommand.Type) -> Set<String> {
    let heads = type.helpMessage(columns: 1000).split(separator: "\n").filter { $0.hasPrefix("  -") }.compactMap {
      $0.dropFirst(2).split(separator: "  ").first
    }
    return Set(heads.flatMap { $0.matches(of: /--[a-z][a-z-]*/).map { String($0.0) } })
  }

  /// The commands that have an option, as a person calls them.
  private static func commands(with option: String) -> [String] {
    var (waiting, found): ([(name: String, type: any ParsableCommand.Type)], [String]) = ([("mae", MAECommand.self)], [])
    while !waiting.isEmpty {
      let (name, type) = waiting.removeFirst()
      let commands = type.configuration.subcommands
      waiting += commands.map { ("\(name) \($0.configuration.commandName ?? "")", $0) }
      if commands.isEmpty, options(of: type).contains(option) { found.append(name) }
    }
    return found
  }
}
