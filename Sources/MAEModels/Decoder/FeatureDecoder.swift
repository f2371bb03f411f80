import MAECore
import MAEEngine

/// Predicts hidden tokens one by one from features of the encoder (Fu et al. 2024, CrossMAE).
///
/// There is no attention among hidden tokens, so that any part of them can be asked for. Each block attends a learned mixture of
/// the encoder's features of its own: no softmax, no bias (TonyLianLong/CrossMAE, `models_cross.py`).
struct FeatureDecoder: Sendable {
  private let maskToken: Parameter
  private let positions: Positions
  private let classRows: Int32
  private let mixture: Parameter
  private let blocks: [FeatureBlock]
  private let head: PredictionHead

  /// Declares the parameters.
  ///
  /// - Parameter features: how many features are mixed.
  init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, features: Int, in scope: ParameterScope) {
    let (width, depth, initialization) = (configuration.blocks.width, configuration.blocks.depth, model.method.initialization)
    classRows = Int32(model.decoderClassRows)
    mixture = scope["mix"].parameter("weight", [depth, features], initialization.linear(features, depth), role: .weight)
    maskToken = scope.parameter("mask_token", [1, 1, width], initialization.token, role: .token)
    positions = Positions(
      configuration.positions, grid: model.grid, width: width, classRows: model.decoderClassRows, initialization, in: scope)
    blocks = (0..<depth).map {
      FeatureBlock(
        configuration.blocks, memoryWidth: model.encoder.blocks.width, depth: $0 + 1, initialization, in: scope["blocks"][$0])
    }
    head = PredictionHead(model, configuration, in: scope)
  }

  /// What the blocks attend, one below the other: `[blocks · rows, width]` of features `[rows, width]`.
  func mixtures(of features: [Variable]) -> Variable { Variable.mixtures(of: features, by: mixture) }

  /// - Parameter features: of the visible tokens, `[samples · (class token + visible), encoder width]` each.
  func callAsFunction(_ features: [Variable], masks: [TokenMask], in pass: Pass, probe: Probe? = nil) -> PredictedRows {
    let (samples, rows) = (masks.count, features[0].rows)
    let mixtures = mixtures(of: features)
    var x = maskTokens(masks, on: pass.tape)
    for (index, block) in blocks.enumerated() {
      x = pass.run([x, mixtures.rows(index * rows..<(index + 1) * rows)]) { block($0[0], memory: $0[1], samples: samples) }
      probe?.output?(index, x)
    }
    let head = head
    return PredictedRows(x) { head($0) }
  }

  /// A mask token at the place of each hidden token, ascending within each sample.
  private func maskTokens(_ masks: [TokenMask], on tape: Tape) -> Variable {
    let (token, places) = (tape.variable(of: maskToken), masks.flatMap { $0.hidden.map { $0 + classRows } })
    let sources = [Int32](repeating: Int32(TokenPlacement.maskToken), count: places.count)
    return token.detached.placed(
      TokenPlacement(sources: sources, places: places), maskToken: token, positions: positions.table(on: tape))
  }
}
