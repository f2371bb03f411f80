/// What kind of trouble an error is; a program picks its exit code by it.
public enum FailureKind: String, Hashable, Sendable, CaseIterable {
  /// The caller asks for what cannot be: an impossible value, or something that contradicts what is there.
  case usage
  /// As `usage`, in a configuration file.
  case configuration
  /// A file or folder that was named is not there, or may not be opened.
  case missing
  /// Data or a checkpoint is damaged, of an unknown form, or does not fit.
  case unusable
  /// A file asks to run code; it was not run.
  case refused
  /// Something that this installation lacks, such as an encoder.
  case unavailable
  /// A file or folder cannot be created.
  case cannotCreate
  /// Reading or writing failed half-way, for instance because the disk is full.
  case inputOutput
  /// The work was stopped before its end; the same call goes on or starts again.
  case interrupted
  /// Training lost its way: the loss stopped being a number, again and again.
  case diverged
  /// What nobody foresaw.
  case unexpected
}

extension FailureKind {
  /// The exit code of a program that ends for this reason, of BSD's `sysexits.h` where that has one.
  public var exitCode: Int32 {
    switch self {
    case .unexpected: 1
    case .usage: 64
    case .unusable, .refused: 65
    case .missing: 66
    case .unavailable: 69
    case .cannotCreate: 73
    case .inputOutput: 74
    case .interrupted: 75
    case .diverged: 76
    case .configuration: 78
    }
  }
}
