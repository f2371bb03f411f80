import Foundation
import MAEFoundation

/// Data that cannot be used: one sentence saying what, where and what to do next.
public struct DataError: ExplainedError, Hashable {
  /// `missing`: a path that was named does not exist; `unusable`: no media, a list that cannot be read, too many bad files;
  /// `usage`: a value asks for what a file does not have, such as a time past its end; `interrupted`: the loader was stopped
  /// while somebody waited for a batch.
  public var kind: FailureKind
  /// The file or folder, where one is to blame.
  public var path: String?
  /// What is wrong and what to do, without the path.
  public var reason: String

  /// An error with its sentence.
  public init(_ kind: FailureKind, path: String? = nil, _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  /// An error as it is, or what another process met with.
  package init(shared error: any Error) {
    let explained = error as? any ExplainedError
    self =
      error as? DataError ?? DataError(explained?.kind ?? .unexpected, explained?.description ?? String(describing: error))
  }

  /// `path: reason`, or the reason alone.
  public var description: String { path.map { "\($0): \(reason)" } ?? reason }

  /// Somebody asked to stop.
  package static var stoppedReading: Self { DataError(.interrupted, "Reading was stopped") }

  /// Read after read did not return.
  static func noAnswer(_ count: Int, _ limit: Duration, last path: String) -> Self {
    DataError(
      .inputOutput,
      """
      \(count) reads did not return within \(String(format: "%g s", limit.inSeconds)) each, the last one of \(path): the storage \
      does not answer; see to it and start again
      """)
  }
}
