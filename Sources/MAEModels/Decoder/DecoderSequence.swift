import MAECore
import MAEEngine

/// What a decoder works on: class token, visible tokens, hidden tokens, each with the position of its place.
///
/// Self-attention does not care about order, so this equals the raster order of the original image MAE up to a permutation, and
/// the hidden tokens are a tail: in the last block only they get queries, feed-forward and prediction.
struct DecoderSequence: Sendable {
  let embedding: Linear
  let positions: Positions
  private let maskToken: Parameter
  private let classToken: Parameter?
  private let classRows: Int
  private let encoderClassRows: Int

  init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, in scope: ParameterScope) {
    let (inputs, width, initialization) = (
      model.encoder.blocks.width, configuration.blocks.width, model.method.initialization
    )
    (classRows, encoderClassRows) = (model.decoderClassRows, model.encoder.classRows)
    embedding = Linear(
      inputs, width, bias: configuration.embedBias, initializer: initialization.bridge(inputs, width), hiddenMaps: 1,
      in: scope["embed"])
    maskToken = scope.parameter("mask_token", [1, 1, width], initialization.token, role: .token)
    classToken =
      configuration.classToken == .own ? scope.parameter("cls_token", [1, 1, width], .zeros, role: .token) : nil
    positions = Positions(
      configuration.positions, grid: model.grid, views: model.viewNames, width: width, classRows: classRows, initialization,
      in: scope)
  }

  /// `[samples · (class token + visible + hidden), width]`.
  ///
  /// - Parameters:
  ///   - latents: the encoder's output for the visible tokens.
  ///   - table: of the positions.
  func callAsFunction(_ latents: Variable, masks: [TokenMask], table: Variable?) -> Variable {
    let tape = latents.tape
    return embedding(latents).placed(
      placement(of: masks), maskToken: tape.variable(of: maskToken), classToken: classToken.map(tape.variable(of:)),
      positions: table)
  }

  /// The rows of the hidden tokens.
  static func hiddenRows(_ masks: [TokenMask], of x: Variable) -> [Int32] {
    let tokens = x.rows / masks.count
    return masks.enumerated().flatMap { sample, mask in
      (0..<mask.hidden.count).map { Int32(sample * tokens + tokens - mask.hidden.count + $0) }
    }
  }

  /// The rows of all tokens in the order of the grid, where every token is visible or hidden.
  static func tokenRows(_ masks: [TokenMask], of x: Variable) -> [Int32] {
    let tokens = x.rows / masks.count
    return masks.enumerated().flatMap { sample, mask in
      let first = (sample + 1) * tokens - mask.grid.count
      var rows = [Int32](repeating: 0, count: mask.grid.count)
      for (row, token) in (mask.visible + mask.hidden).enumerated() { rows[Int(token)] = Int32(first + row) }
      return rows
    }
  }

  private func placement(of masks: [TokenMask]) -> TokenPlacement {
    var (sources, places): ([Int32], [Int32]) = ([], [])
    for (sample, mask) in masks.enumerated() {
      let firstRow = sample * (mask.visible.count + encoderClassRows)
      // The decoder's own, or those of the encoder.
      sources += (0..<classRows).map { Int32(classToken == nil ? firstRow + $0 : TokenPlacement.classToken - $0) }
      places += 0..<Int32(classRows)
      sources.append(contentsOf: mask.visible.indices.map { Int32(firstRow + encoderClassRows + $0) })
      sources.append(contentsOf: repeatElement(Int32(TokenPlacement.maskToken), count: mask.hidden.count))
      places.append(contentsOf: (mask.visible + mask.hidden).map { $0 + Int32(classRows) })
    }
    return TokenPlacement(sources: sources, places: places)
  }
}

/// The last norm of a decoder and the map from its width to the values of a token.
struct PredictionHead: Sendable {
  private let norm: LayerNorm
  private let prediction: Linear

  init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, in scope: ParameterScope) {
    let (width, values) = (configuration.blocks.width, model.predictionWidth)
    norm = LayerNorm(width, epsilon: configuration.finalNormEpsilon, in: scope["norm"])
    prediction = Linear(width, values, initializer: model.method.initialization.linear(width, values), in: scope["pred"])
  }

  func callAsFunction(_ x: Variable) -> Variable { prediction(norm(x)) }
}
