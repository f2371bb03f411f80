import ArgumentParser
import Foundation
import MaskedAutoencoders

/// How the program ends: one sentence on standard error, and the code of its kind.
enum Exit {
  /// Ends the program with a code, unless its results could not be written.
  static func end(_ code: ExitCode = .success) -> Never {
    if let failure = Console.resultFailure {
      Console.error("standard output: the results cannot be written (\(failure)); send them to a place that takes them")
      Foundation.exit(FailureKind.inputOutput.exitCode)
    }
    Foundation.exit(code.rawValue)
  }

  /// Says what went wrong and ends the program with the code for it.
  static func end(with error: any Error, _ suggestion: Suggestion) -> Never {
    if let code = error as? ExitCode { end(code) }
    if let error = error as? any ExplainedError {
      Console.error(error.description)
      Foundation.exit(error.kind.exitCode)
    }
    // Help and version, and what the parser has to say about the command line.
    let code = MAECommand.exitCode(for: error)
    guard code != .success else {
      Console.result(MAECommand.fullMessage(for: error))
      end()
    }
    // The parser lists many values one per line; an error is one sentence.
    let message = MAECommand.message(for: error).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.joined(separator: " ")
      .replacing(" - ", with: ", ").replacing(":,", with: ":").replacing("following: - ", with: "following: ")
    Console.error(message.isEmpty ? "\(error)" : suggestion.completed(message))
    let kind: FailureKind = code == .validationFailure ? .usage : .unexpected
    Foundation.exit(kind.exitCode)
  }
}

extension ExitCode {
  /// For a command that has said itself what is wrong.
  init(_ kind: FailureKind) { self.init(kind.exitCode) }
}
