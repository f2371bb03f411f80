import MAEModels

/// A program that a checkpoint can be handed to, and the form in which it wants it.
///
/// A new one is a type in a file of its own, and an entry in ``ExportTargets/all``.
public protocol ExportTarget: Sendable {
  /// As `mae export --format` takes it.
  var name: String { get }
  /// What is written, one phrase.
  var title: String { get }
  /// The library that a model card names as the one to load it with; nil when there is none.
  var library: String? { get }
  /// Whether it has a place for a model's decoder.
  func hasDecoder(of model: ModelConfiguration) -> Bool

  /// Why the form cannot hold a model, one phrase; nil when it can.
  func obstacle(for model: ModelConfiguration) -> String?
  /// Where the other program computes something slightly different, one sentence each.
  func differences(of model: ModelConfiguration) -> [String]
  /// Writes the files into an empty folder; the model card is not among them.
  ///
  /// Tensors that are only renamed or split keep their bytes and element type.
  ///
  /// - Precondition: there is no obstacle.
  func write(_ checkpoint: Checkpoint, to folder: String) throws
  /// Python that loads the model from the current folder, and the encoder alone.
  func loadingSnippet(for checkpoint: Checkpoint) -> [String]
}

/// The forms in which a checkpoint can be handed to other programs.
public enum ExportTargets {
  /// The first is the usual one.
  public static let all: [any ExportTarget] = [
    TransformersExport(), TimmExport(), OfficialExport(), ViTDetExport(), UPerNetExport(),
  ]

  /// The form that `--format` names; nil when there is none.
  public static func named(_ name: String) -> (any ExportTarget)? { all.first { $0.name == name } }
}
