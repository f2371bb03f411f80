/// Why a weight file or a checkpoint folder could not be read or written, as one sentence.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; a program picks its exit code by it.
  public enum Kind: String, Hashable, Sendable {
    /// There is no such file or folder.
    case missing
    /// The content is damaged, of an unknown form, or does not fit.
    case unusable
    /// The file asks to run code; it was not run.
    case refused
    /// A file or folder cannot be created.
    case cannotCreate
    /// Reading or writing failed half-way, for instance because the disk is full.
    case inputOutput
  }

  public var kind: Kind
  /// Path of the file or folder.
  public var file: String
  /// Name of the tensor, where one is to blame.
  public var tensor: String?
  public var reason: String

  public init(_ kind: Kind, file: String, tensor: String? = nil, reason: String) {
    self.kind = kind
    self.file = file
    self.tensor = tensor
    self.reason = reason
  }

  public var description: String {
    guard let tensor else { return "\(file): \(reason)" }
    return "\(file): \(tensor.isEmpty ? "a tensor without a name" : tensor): \(reason)"
  }
}

extension CheckpointError {
  static func unusable(_ file: String, _ reason: String, tensor: String? = nil) -> Self {
    Self(.unusable, file: file, tensor: tensor, reason: reason)
  }
}
