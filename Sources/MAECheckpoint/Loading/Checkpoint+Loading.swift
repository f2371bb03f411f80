import MAECore
import MAEEngine
import MAEModels

/// What came of loading weights into a model.
public struct LoadReport: Sendable {
  /// Where the weights came from.
  public let path: String
  /// Form and dialect.
  public let source: String
  /// Parameters that got values from the file.
  public fileprivate(set) var matched = 0
  /// Parameters that keep their initial values.
  public fileprivate(set) var missing: [String]
  /// Weights of the file that have no place in this model.
  public let leftOver: [String]
  /// What was changed on the way, one sentence each.
  public fileprivate(set) var changes: [String] = []
  /// Parameters with values that are infinite or not a number, and how many.
  public fileprivate(set) var nonFinite: [(name: String, count: Int)] = []
  /// Those of the checkpoint.
  fileprivate let notes: [String]

  /// One paragraph for people.
  public var paragraph: String {
    var sentences = ["\(source): \(matched) parameter\(matched == 1 ? "" : "s") loaded."]
    let (decoder, others) = (missing.filter { $0.hasPrefix("decoder.") }, missing.filter { !$0.hasPrefix("decoder.") })
    if !decoder.isEmpty {
      let isWhole = decoder.contains("decoder.embed.weight") || decoder.contains("decoder.pred.weight")
      sentences.append(
        isWhole
          ? "Encoder only: decoder will be initialised." : "Missing, will be initialised: \(NamePattern.counts(of: decoder)).")
    }
    if !others.isEmpty { sentences.append("Missing, will be initialised: \(NamePattern.counts(of: others)).") }
    if !leftOver.isEmpty { sentences.append("Left over: \(NamePattern.counts(of: leftOver)).") }
    return (sentences + changes).joined(separator: " ")
  }

  /// What people should know before they use the model, one sentence each: the checkpoint's remarks and the ``warning``.
  public var remarks: [String] { notes + (warning.map { [$0] } ?? []) }

  /// That weights are no numbers, one sentence; nil when all are finite.
  public var warning: String? {
    nonFinite.isEmpty
      ? nil : "Warning: weights are infinite or not a number (\(nonFiniteText)); so may be all that comes of them."
  }

  /// For uses whose results are further weights.
  ///
  /// - Throws: ``CheckpointError`` when values are infinite or not a number.
  public func requireFinite() throws(CheckpointError) {
    guard nonFinite.isEmpty else {
      throw .unusable(path, "has weights that are infinite or not a number (\(nonFiniteText)); choose an older checkpoint")
    }
  }

  private var nonFiniteText: String {
    nonFinite.prefix(4).map { "\($0.count) in \($0.name)" }.joined(separator: ", ") + (nonFinite.count > 4 ? " …" : "")
  }
}

extension Checkpoint {
  /// The model that the file holds, ready to run.
  ///
  /// - Parameter seed: of parameters that the file does not hold (the decoder of an encoder-only file).
  /// - Throws: ``CheckpointError``, also when nothing tells how many heads it has.
  public func model(seed: UInt64 = 0) throws -> (model: Model, report: LoadReport) {
    try requireHeads(decoder: hasDecoder)
    let fit = WeightFit(weights, configuration)
    let model = try Model(configuration, seed: fit.missing.isEmpty ? nil : seed)
    return (model, try load(into: model))
  }

  /// Makes sure that ``load(into:)`` finds weights of a model's sizes, before there is such a model.
  ///
  /// - Throws: ``CheckpointError`` naming the first encoder parameter of another shape.
  public func requireFit(to model: ModelConfiguration) throws(CheckpointError) {
    try requireFit(WeightFit(weights, model), to: model)
  }

  private func requireFit(_ fit: WeightFit, to model: ModelConfiguration) throws(CheckpointError) {
    let decoderFits = decoderFits(fit)
    for parameter in fit.parameters where decoderFits || !parameter.name.hasPrefix("decoder.") {
      guard let tensor = weights[parameter.name], tensor.shape != parameter.shape else { continue }
      if leadingRows(tensor, parameter, model) != nil { continue }
      let blocks = configuration.encoder.blocks
      throw CheckpointError(
        .unusable, file: path, tensor: parameter.name,
        reason: """
          expected \(parameter.shape), found \(tensor.shape); the file's encoder is \(blocks.width) wide and \(blocks.depth) \
          blocks deep: choose its sizes (those of a run by --config RUN/config.yaml), or start without it
          """)
    }
  }

  /// Whether the decoder in the file, position tables aside, has the model's sizes.
  private func decoderFits(_ fit: WeightFit) -> Bool {
    fit.parameters.allSatisfy { parameter in
      guard parameter.name.hasPrefix("decoder."), parameter.role != .position, let tensor = weights[parameter.name] else {
        return true
      }
      return tensor.shape == parameter.shape
    }
  }

  /// Copies weights into a model, which may have another input size, masking, target or decoder than the file's own.
  ///
  /// Position tables of another grid are interpolated. Encoder parameters have to fit; a decoder of other sizes keeps its
  /// initial values.
  ///
  /// - Throws: ``CheckpointError`` naming the first encoder parameter of another shape; the model is then as it was.
  public func load(into model: Model) throws(CheckpointError) -> LoadReport {
    let store = model.parameters
    let fit = WeightFit(weights, model.configuration)
    try requireFit(fit, to: model.configuration)
    var report = LoadReport(
      path: path, source: "\(form.rawValue), \(dialect.title)", missing: fit.missing, leftOver: fit.leftOver, notes: remarks)
    if !ignored.isEmpty {
      let parts = Set(ignored.map(\.part)).sorted().joined(separator: ", ")
      report.changes.append("Ignored: \(parts).")
    }
    let decoderFits = decoderFits(fit)
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
        var count = 0
        store.update(parameter) {
          tensor.copy(into: &$0)
          count = nonFiniteCount($0.span)
        }
        if count > 0 { report.nonFinite.append((parameter.name, count)) }
      } else if let leading = leadingRows(tensor, parameter, model.configuration) {
        let (old, new) = PositionResizing.grids(of: parameter.name, configuration.grid, model.configuration.grid)
        let values = PositionResizing.resized(
          tensor.floats(), width: tensor.shape[2], leading: leading, from: old, to: new)
        store.setValues(values, of: parameter)
        resized.append(parameter.name)
      }
      report.matched += 1
    }
    if !resized.isEmpty {
      report.changes.append(
        "Position tables interpolated from \(configuration.grid) to \(model.configuration.grid) tokens: "
          + resized.joined(separator: ", ") + ".")
    }
    return report
  }

  /// Rows before those of the grid in a position table that can be made one of the model's grid; nil where only the grid cannot
  /// explain the shape.
  private func leadingRows(_ tensor: StoredTensor, _ parameter: Parameter, _ model: ModelConfiguration) -> Int? {
    guard parameter.role == .position else { return nil }
    let (old, new) = PositionResizing.grids(of: parameter.name, configuration.grid, model.grid)
    guard tensor.shape.count == 3, parameter.shape.count == 3, tensor.shape[2] == parameter.shape[2] else { return nil }
    let leading = tensor.shape[1] - old.count
    guard leading >= 0, leading <= max(1, configuration.encoder.classRows), parameter.shape[1] - new.count == leading else {
      return nil
    }
    return leading
  }
}
