import Foundation
import MAEModels

/// Forms in which a model can be handed to other programs.
public enum ExportFormat: String, Hashable, Sendable, CaseIterable {
  /// A model folder of Hugging Face's transformers, versions 4 and 5.
  case transformers
  /// A `local-dir:` folder of timm, encoder only.
  case timm
  /// The names of the method's public implementation, as safetensors and as a PyTorch file.
  case official
}

/// What an export wrote.
public struct ExportReport: Hashable, Sendable {
  public var folder: String
  public var files: [String]
  /// What was left out or differs in the other program, one sentence each.
  public var notes: [String]
}

extension Checkpoint {
  /// Writes the model for another program, with a README that says what it is and how to load it.
  ///
  /// Tensors that are only renamed or split keep their bytes and element type.
  ///
  /// - Throws: ``CheckpointError`` when the format has no place for the model, or the folder cannot be written.
  public func export(_ format: ExportFormat, to folder: String) throws(CheckpointError) -> ExportReport {
    if let obstacle = obstacle(format) {
      let others = ExportFormat.allCases.filter { self.obstacle($0) == nil }.map { "--format \($0.rawValue)" }
      let advice = others.isEmpty ? "its own folder is the only form it has" : "use \(others.joined(separator: " or "))"
      throw .unusable(path, "cannot be exported for \(format.rawValue): \(obstacle); \(advice)")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(.cannotCreate, file: folder, reason: "the folder cannot be created; choose another output folder")
    }
    var report = ExportReport(
      folder: folder, files: ["config.json", "model.safetensors", "preprocessor_config.json"], notes: [])
    switch format {
    case .transformers:
      report.notes += TransformersConfiguration.differences(configuration)
      var model = exported(CheckpointLayout.transformers(configuration, isEncoderOnly: !hasDecoder))
      model.isTransformers = true
      try model.write(to: folder)
    case .timm:
      report.notes += try writeTimm(to: folder)
    case .official:
      let state = try exported(CheckpointLayout.official(configuration)).write(to: folder)
      try TorchFileWriter.write(state, to: join(folder, "checkpoint.pth"))
      report.files.append("checkpoint.pth")
    }
    if !hasDecoder, format != .timm { report.notes.append("The checkpoint holds an encoder only, and so does the export.") }
    let card = ModelCard(configuration: configuration, format: format, source: self, notes: report.notes)
    try DurableFile.write(card.text, to: join(folder, "README.md"))
    report.files.append("README.md")
    return report
  }

  /// Why the format cannot hold the model, one phrase; nil when it can.
  public func obstacle(_ format: ExportFormat) -> String? {
    switch format {
    case .transformers: return TransformersConfiguration.obstacle(configuration)
    case .timm: return TimmConfiguration.obstacle(configuration)
    case .official:
      let isForeign = configuration.method.names.official == .simmim && configuration.encoder.blocks.attentionBias == .all
      return isForeign ? "the official SimMIM has no key bias" : nil
    }
  }

  private func exported(_ dialect: Dialect) -> ModelFolder {
    ModelFolder(
      configuration: configuration, weights: weights, dialect: dialect, isTransformers: false, preprocessor: preprocessor,
      isEncoderOnly: !hasDecoder)
  }

  /// - Returns: notes on what differs.
  private func writeTimm(to folder: String) throws(CheckpointError) -> [String] {
    // A mask token makes timm take the file for another model and fail.
    let dropped = Set(weights.names.filter { $0.hasPrefix("decoder.") || $0 == "encoder.mask_token" })
    var state = try Dialect.timm.names(
      for: weights.renamed { dropped.contains($0) ? nil : $0 }, configuration.input, file: folder)
    state.metadata["method"] = configuration.method.name
    try SafeTensorsWriter.write(state, to: join(folder, "model.safetensors"))
    try DurableFile.write(
      TimmConfiguration.write(configuration, preprocessor).serialized(indent: true), to: join(folder, "config.json"))
    try DurableFile.write(preprocessor.json.serialized(indent: true), to: join(folder, "preprocessor_config.json"))
    var notes = dropped.isEmpty ? [] : ["timm has the encoder only: decoder and mask token were left out."]
    let epsilon = configuration.encoder.blocks.normEpsilon
    if epsilon != 1e-6 {
      notes.append("timm's norms have an epsilon of 1e-06 where this model has \(epsilon); features differ slightly.")
    }
    return notes
  }
}
