import MAECore
import MAEEngine
import MAEModels

/// What came of loading weights into a model.
public struct LoadReport: Hashable, Sendable {
  /// Where the weights came from: form and dialect.
  public var source: String
  /// Parameters that got values from the file.
  public var matched: Int
  /// Parameters that keep their initial values.
  public var missing: [String]
  /// Names in the file that were not used.
  public var leftOver: [String]
  /// What was changed on the way, one sentence each.
  public var changes: [String]

  /// One paragraph for people.
  public var paragraph: String {
    var sentences = ["\(source): \(matched) parameter\(matched == 1 ? "" : "s") loaded."]
    let (decoder, others) = (missing.filter { $0.hasPrefix("decoder.") }, missing.filter { !$0.hasPrefix("decoder.") })
    if !decoder.isEmpty {
      let isWhole = decoder.contains("decoder.embed.weight") || decoder.contains("decoder.pred.weight")
      sentences.append(
        isWhole ? "Encoder only: decoder will be initialised." : "Missing, will be initialised: \(Self.list(decoder)).")
    }
    if !others.isEmpty { sentences.append("Missing, will be initialised: \(Self.list(others)).") }
    if !leftOver.isEmpty { sentences.append("Left over: \(Self.list(leftOver)).") }
    return (sentences + changes).joined(separator: " ")
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(6).joined(separator: ", ")
    return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
  }
}

extension Checkpoint {
  /// The model that the file holds, ready to run.
  ///
  /// - Parameter seed: of parameters that the file does not hold (the decoder of an encoder-only file).
  public func model(seed: UInt64 = 0) throws -> (model: Model, report: LoadReport) {
    let fit = WeightFit(weights, configuration)
    let model = try Model(configuration, seed: fit.missing.isEmpty ? nil : seed)
    return (model, try load(into: model))
  }

  /// Copies weights into a model, which may have another input size, masking, target or decoder than the file's own.
  ///
  /// Position tables of another grid are interpolated. Encoder parameters have to fit; a decoder of other sizes keeps its
  /// initial values.
  ///
  /// - Throws: ``CheckpointError`` naming the first encoder parameter of another shape; the model is then partly loaded.
  public func load(into model: Model) throws(CheckpointError) -> LoadReport {
    let store = model.parameters
    let fit = WeightFit(weights, model.configuration)
    var report = LoadReport(
      source: "\(form.rawValue), \(dialect.title)", matched: 0, missing: fit.missing, leftOver: fit.leftOver + unknown,
      changes: [])
    if !ignored.isEmpty {
      let parts = Set(ignored.map(\.part)).sorted().joined(separator: ", ")
      report.changes.append("Ignored: \(parts).")
    }
    let decoderFits = fit.parameters.allSatisfy { parameter in
      guard parameter.name.hasPrefix("decoder."), parameter.role != .position, let tensor = weights[parameter.name] else {
        return true
      }
      return tensor.shape == parameter.shape
    }
    if hasDecoder, !decoderFits {
      report.changes.append("The decoder in the file has other sizes: decoder will be initialised.")
    }
    var resized = [String]()
    for parameter in fit.parameters {
      guard let tensor = weights[parameter.name] else { continue }
      if parameter.name.hasPrefix("decoder."), !decoderFits {
        report.missing.append(parameter.name)
        continue
      }
      if tensor.shape == parameter.shape {
        store.update(parameter) { tensor.copy(into: &$0) }
      } else if parameter.role == .position, let values = resizedTable(tensor, parameter, model.configuration) {
        store.setValues(values, of: parameter)
        resized.append(parameter.name)
      } else {
        throw CheckpointError(
          .unusable, file: path, tensor: parameter.name,
          reason: "expected \(parameter.shape), found \(tensor.shape); choose the sizes of the file or start without it")
      }
      report.matched += 1
    }
    if !resized.isEmpty {
      report.changes.append(
        "Position tables interpolated from \(configuration.grid) to \(model.configuration.grid) tokens: \(resized.joined(separator: ", "))."
      )
    }
    return report
  }

  /// A position table for the model's grid; nil where only the grid cannot explain the shape.
  private func resizedTable(_ tensor: StoredTensor, _ parameter: Parameter, _ model: ModelConfiguration) -> [Float]? {
    var (old, new) = (configuration.grid, model.grid)
    guard tensor.shape.count == 3, parameter.shape.count == 3, tensor.shape[2] == parameter.shape[2] else { return nil }
    if parameter.name.hasSuffix("_spatial") { (old.time, new.time) = (1, 1) }
    if parameter.name.hasSuffix("_temporal") { (old.height, old.width, new.height, new.width) = (1, 1, 1, 1) }
    let leading = tensor.shape[1] - old.count
    guard leading >= 0, leading <= 1, parameter.shape[1] - new.count == leading else { return nil }
    return PositionResizing.resized(tensor.floats(), width: tensor.shape[2], leading: leading, from: old, to: new)
  }
}
