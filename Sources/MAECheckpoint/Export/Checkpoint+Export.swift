import MAEFoundation
import MAEModels

/// What an export wrote.
public struct ExportReport: Hashable, Sendable {
  /// Where the files lie.
  public var folder: String
  /// Their names, sorted.
  public var files: [String]
  /// What was left out or differs in the other program, one sentence each.
  public var notes: [String]
}

extension Checkpoint {
  /// Writes the model for another program, with a README that says what it is and how to load it.
  ///
  /// Everything is written beside `folder` first and then moved into place.
  ///
  /// - Parameters:
  ///   - type: of the values in the file, one of float32, float16 and bfloat16; nil: as they are.
  ///   - replacing: whether files of the same names, those of an earlier export, may be replaced.
  /// - Throws: ``CheckpointError`` when the form has no place for the model, weights are infinite or not a number, the folder is
  ///   that of a run or holds another export; ``FileError`` when it cannot be written.
  @discardableResult
  public func export(
    _ target: any ExportTarget, to folder: String, as type: ElementType? = nil, replacing: Bool = false
  ) throws -> ExportReport {
    if let obstacle = target.obstacle(for: configuration) {
      let others = ExportTargets.all.filter { $0.obstacle(for: configuration) == nil }.map { "--format \($0.name)" }
      let advice = others.isEmpty ? "its own folder is the only form it has" : "use \(others.joined(separator: " or "))"
      throw CheckpointError.unusable(path, "cannot be exported for \(target.name): \(obstacle); \(advice)")
    }
    let takesDecoder = target.hasDecoder(of: configuration)
    try requireHeads(decoder: hasDecoder && takesDecoder)
    var source = self
    for (name, tensor) in weights where tensor.type.isFloatingPoint {
      let count = nonFiniteCount(tensor.floats().span)
      guard count == 0 else {
        throw CheckpointError.unusable(
          path, "has \(count) values that are infinite or not a number; choose an older checkpoint", tensor: name)
      }
      guard let type else { continue }
      let converted = tensor.converted(to: type)
      let lost = nonFiniteCount(converted.floats().span)
      guard lost == 0 else {
        throw CheckpointError.unusable(path, "has \(lost) values beyond those of \(type); use bfloat16", tensor: name)
      }
      source.weights[name] = converted
    }
    let destination = try ExportFolder(folder, replacing: replacing)
    var notes = target.differences(of: configuration)
    if hasDecoder, !takesDecoder {
      notes.append("\(target.name) has the encoder only: decoder and mask token were left out.")
    }
    if !hasDecoder, takesDecoder { notes.append("The checkpoint holds an encoder only, and so does the export.") }
    let files = try destination.fill { folder in
      try target.write(source, to: folder)
      try DurableFile.write(ModelCard(source: source, target: target, notes: notes).text, to: join(folder, "README.md"))
    }
    return ExportReport(folder: folder, files: files, notes: notes)
  }
}
