import MAEFoundation

/// Why a weight file or a checkpoint folder could not be read or written, as one sentence.
public struct CheckpointError: ExplainedError, Hashable {
  /// Decides the exit code.
  public var kind: FailureKind
  /// Path of the file or folder.
  public var file: String
  /// Name of the tensor, where one is to blame.
  public var tensor: String?
  /// What is wrong and what to do, without file and tensor.
  public var reason: String

  /// An error with its sentence.
  public init(_ kind: FailureKind, file: String, tensor: String? = nil, reason: String) {
    self.kind = kind
    self.file = file
    self.tensor = tensor
    self.reason = reason
  }

  /// `file: tensor: reason`
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
