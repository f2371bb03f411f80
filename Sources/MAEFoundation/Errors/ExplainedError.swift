/// An error that explains itself: its description is one sentence that says where, what and why, and what to do next.
///
///     runs/first/config.yaml: cannot be written: the disk is full; free some space and start again
public protocol ExplainedError: Error, CustomStringConvertible {
  var kind: FailureKind { get }
}
