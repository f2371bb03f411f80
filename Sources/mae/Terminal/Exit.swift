import ArgumentParser
import Foundation
import MaskedAutoencoders

/// How the program ends: one sentence on standard error, and the code of its kind.
///
/// Processes that work together end together. Where all are about to end, the first one that has something to say says it; where
/// one fails and the others are busy, it names itself and its reason and ends them all, so that nobody waits for somebody who is
/// gone.
enum Exit {
  /// Ends the program with a code, unless its results could not be written.
  static func end(_ code: ExitCode = .success) -> Never {
    if let failure = Console.resultFailure {
      leave(
        FailureKind.inputOutput.exitCode,
        saying: "standard output: the results cannot be written (\(failure)); send them to a place that takes them")
    }
    leave(code.rawValue)
  }

  /// Says what went wrong and ends the program with the code for it.
  static func end(with error: any Error, _ suggestion: Suggestion) -> Never {
    if let code = error as? ExitCode { end(code) }
    if let error = error as? any ExplainedError {
      leave(error.kind.exitCode, saying: error.description)
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
    let kind: FailureKind = code == .validationFailure ? .usage : .unexpected
    leave(kind.exitCode, saying: message.isEmpty ? "\(error)" : suggestion.completed(message))
  }

  /// Seconds in which others that met with the same will say so. What ends without a sentence, all have agreed on.
  private static let patience = 3.0

  private static func leave(_ code: Int32, saying sentence: String? = nil) -> Never {
    let processes = Together.processes
    guard let codes = processes.lastWords(code, within: sentence == nil ? .infinity : patience) else {
      if let sentence { Console.error(processes.named(sentence), always: true) }
      processes.abort(code)
      Foundation.exit(code)
    }
    let speaker = codes.firstIndex { $0 != 0 }
    if let sentence, speaker == processes.rank {
      // What all say is nobody's own. A single process speaks, too, that others were started beside and could not join.
      let isShared = codes.allSatisfy { $0 == code }
      Console.error(isShared ? sentence : processes.named(sentence), always: processes.count > 1)
    }
    processes.end()
    Foundation.exit(speaker.map { codes[$0] } ?? 0)
  }
}

extension ExitCode {
  /// For a command that has said itself what is wrong.
  init(_ kind: FailureKind) { self.init(kind.exitCode) }
}
