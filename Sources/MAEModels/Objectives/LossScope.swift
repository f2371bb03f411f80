import MAECore
import MAEEngine

/// Which patches a reconstruction error is the mean over.
enum LossScope: String {
  case all, hidden
  /// All of them behind a convolutional stem, whose features have seen their neighbours; else the hidden ones.
  case auto

  /// The option by which an objective takes one.
  static func option(default scope: LossScope) -> OptionDefinition {
    OptionDefinition(
      "loss-over", default: .text(scope.rawValue),
      help: "Patches whose error counts: all, hidden, or auto: all with --stem conv, whose features have seen their neighbours."
    ) { $0.text.flatMap(LossScope.init) == nil ? "expected all, hidden or auto" : nil }
  }

  /// Whether the patches of visible tokens count, too.
  static func isOverAll(_ option: OptionDefinition, of model: ModelConfiguration) -> Bool {
    switch model[option].text.flatMap(LossScope.init) {
    case .all: true
    case .auto: model.encoder.stem == .conv
    case .hidden, nil: false
    }
  }
}

extension Batch {
  /// The same with every token to predict.
  var predictingAll: Batch {
    var batch = self
    batch.masks = masks.map { TokenMask(grid: $0.grid, visible: [], hidden: Array(0..<Int32($0.grid.count))) }
    return batch
  }
}

extension Prediction {
  /// Of predictions of all tokens those of the hidden ones, with the loss of all.
  func ofHiddenTokens(_ masks: [TokenMask]) -> Prediction {
    let kernels = values.tape.kernels
    let rows = masks.enumerated().flatMap { sample, mask in mask.hidden.map { Int32(sample * mask.grid.count) + $0 } }
    var prediction = self
    prediction.values = values.rows(rows)
    prediction.targets = kernels.gatherRows(targets, rows)
    prediction.statistics = statistics.map { all in
      // Mean and divisor of each channel lie side by side.
      let width = all.count / values.rows
      return kernels.gatherRows(all.reshaped(values.rows, width), rows)
    }
    return prediction
  }
}
