import Foundation

/// Why a file or folder could not be made, read or written, as one sentence.
public struct FileError: ExplainedError, Hashable {
  /// Decides the exit code.
  public var kind: FailureKind
  /// Of the file or folder.
  public var path: String
  /// What is wrong and what to do, without the path.
  public var reason: String

  /// An error with its sentence.
  public init(_ kind: FailureKind, _ path: String, _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  /// `path: reason`
  public var description: String { "\(path): \(reason)" }
}

extension FileError {
  /// What an error number of the system means for what was being done; a full disk is `inputOutput` whatever that was.
  ///
  /// - Parameters:
  ///   - doing: e.g. "cannot be created".
  ///   - code: `errno`.
  ///   - advice: what to do next; of a full disk, to free some space.
  package init(_ kind: FailureKind, _ path: String, _ doing: String, code: Int32, advice: String? = nil) {
    if code == ENOSPC || code == EDQUOT {
      self.init(.inputOutput, path, "\(doing): the disk is full; free some space and start again")
    } else {
      self.init(kind, path, "\(doing) (\(SystemError(code)))" + (advice.map { "; \($0)" } ?? ""))
    }
  }
}
