import ArgumentParser
import Foundation
import MAECheckpoint
import MAEData
import MAEMedia
import MAEModels
import MAETraining

/// How the program ends: codes of `sysexits.h`, one sentence on standard error.
enum Exit {
  static let unexpected = ExitCode(1)
  /// Usage, or an impossible value on the command line.
  static let usage = ExitCode(64)
  /// Data or a checkpoint that is no use.
  static let dataUnusable = ExitCode(65)
  static let inputMissing = ExitCode(66)
  static let unavailable = ExitCode(69)
  static let cannotCreate = ExitCode(73)
  static let inputOutput = ExitCode(74)
  /// Interrupted; the same command continues.
  static let interrupted = ExitCode(75)
  static let diverged = ExitCode(76)
  /// As `usage`, in a configuration file.
  static let configuration = ExitCode(78)

  /// Says what went wrong and ends the program with the code for it.
  static func end(with error: any Error) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    if let (sentence, code) = explanation(of: error) {
      Console.error(sentence)
      Foundation.exit(code.rawValue)
    }
    // Help and version, and what the parser has to say about the command line.
    let code = MAECommand.exitCode(for: error)
    guard code != .success else { MAECommand.exit(withError: error) }
    // The parser lists many values one per line; an error is one sentence.
    let message = MAECommand.message(for: error).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.joined(separator: " ")
      .replacing(" - ", with: ", ").replacing(":,", with: ":").replacing("following: - ", with: "following: ")
    Console.error(message.isEmpty ? "\(error)" : message)
    Foundation.exit(code == .validationFailure ? usage.rawValue : unexpected.rawValue)
  }

  /// The sentence and the code for an error of the library; nil for others.
  static func explanation(of error: any Error) -> (sentence: String, code: ExitCode)? {
    switch error {
    case let error as RecipeError:
      if case .file = error.origin { return (error.description, configuration) }
      return (error.description, usage)
    case let error as ConfigurationError: return (error.description, usage)
    case let error as MaskingError: return (error.description, usage)
    case let error as DataError: return (error.description, code(for: error.kind))
    case let error as CheckpointError: return (error.description, code(for: error.kind))
    case let error as TrainingError: return (error.description, code(for: error.kind))
    case let error as MediaError: return (error.description, dataUnusable)
    case let error as Failure: return (error.sentence, error.code)
    default: return nil
    }
  }

  private static func code(for kind: DataError.Kind) -> ExitCode {
    switch kind {
    case .missing: inputMissing
    case .unusable: dataUnusable
    case .impossible: usage
    case .stopped: unexpected
    }
  }

  private static func code(for kind: CheckpointError.Kind) -> ExitCode {
    switch kind {
    case .missing: inputMissing
    case .unusable, .refused: dataUnusable
    case .cannotCreate: cannotCreate
    case .inputOutput: inputOutput
    }
  }

  private static func code(for kind: TrainingError.Kind) -> ExitCode {
    switch kind {
    case .usage: usage
    case .missing: inputMissing
    case .unusable: dataUnusable
    case .cannotCreate: cannotCreate
    case .inputOutput: inputOutput
    case .diverged: diverged
    }
  }
}

/// Something that a command itself has to complain about.
struct Failure: Error {
  let sentence: String
  let code: ExitCode

  init(_ code: ExitCode, _ sentence: String) {
    self.code = code
    self.sentence = sentence
  }
}
