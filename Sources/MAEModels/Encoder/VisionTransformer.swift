import MAECore
import MAEEngine

/// Which tokens of each sample enter the encoder, and whether the others appear as mask tokens.
public struct EncoderTokens: Sendable {
  /// Per sample, ascending; as many in each.
  public var visible: [[Int32]]
  /// With mask tokens the sequence is the whole grid in raster order.
  public var fillsWithMaskTokens: Bool

  public init(visible: [[Int32]], fillsWithMaskTokens: Bool = false) {
    self.visible = visible
    self.fillsWithMaskTokens = fillsWithMaskTokens
  }

  /// Every token of every sample.
  public init(allOf grid: TokenGrid, samples: Int) {
    self.init(visible: Array(repeating: Array(0..<Int32(grid.count)), count: samples))
  }
}

/// A vision transformer over some of the tokens of a clip (Dosovitskiy et al. 2020; MAE's variant without head).
public struct VisionTransformer: Sendable {
  public let configuration: EncoderConfiguration
  let layout: PatchLayout
  let patchEmbedding: Linear
  let classToken: Parameter?
  let maskToken: Parameter?
  let positions: Positions
  let relativeBias: Parameter?
  let blocks: [TransformerBlock]
  let norm: LayerNorm?

  /// - Parameter maskToken: for masked image modelling, where hidden tokens enter the encoder.
  init(_ model: ModelConfiguration, maskToken hasMaskToken: Bool = false, in scope: ParameterScope) {
    let configuration = model.encoder
    self.configuration = configuration
    let width = configuration.blocks.width
    let initialization = model.method.initialization
    layout = PatchLayout(grid: model.grid, patch: model.input.patch, tubelet: model.input.tubelet)
    classToken =
      configuration.classToken ? scope.parameter("cls_token", [1, 1, width], initialization.token, role: .token) : nil
    maskToken = hasMaskToken ? scope.parameter("mask_token", [1, 1, width], initialization.token, role: .token) : nil
    positions = Positions(
      configuration.positions, grid: model.grid, width: width, classToken: configuration.classToken, initialization,
      in: scope)
    patchEmbedding = Linear(
      model.patchWidth, width, initializer: initialization.patchWeight(model.patchWidth, width),
      biasInitializer: initialization.patchBias(model.patchWidth), in: scope["patch_embed"]["proj"])
    relativeBias =
      configuration.relativePositionBias
      ? scope["rel_pos_bias"].parameter(
        "relative_position_bias_table", [RelativePositions.entries(model.grid), configuration.blocks.heads], .zeros,
        role: .relativeBias) : nil
    blocks = (0..<configuration.blocks.depth).map {
      TransformerBlock(configuration.blocks, depth: $0 + 1, initialization, in: scope["blocks"][$0])
    }
    norm =
      configuration.finalNorm
      ? LayerNorm(width, epsilon: configuration.blocks.normEpsilon, in: scope["norm"]) : nil
  }

  /// Rows per sample that stand before the patch tokens.
  public var classRows: Int { classToken == nil ? 0 : 1 }

  /// Encodes tokens: `[samples · (class token + tokens), width]`, after the final norm if there is one.
  ///
  /// - Parameters:
  ///   - firstFrame: the frame of the batch's clips at which the model's clip starts (the second of a pair: 1).
  ///   - lastBlock: where to stop, counted from 1; the final norm is then left out. Nil = run all.
  ///   - observe: called with the output of each block, from 0.
  ///   - observeAttention: called with the attention of each block, from 0: `[samples · heads · queries, keys]`.
  public func callAsFunction(
    _ source: PixelSource, _ tokens: EncoderTokens, on tape: Tape, firstFrame: Int = 0, recompute: Bool = false,
    lastBlock: Int? = nil, observe: ((Int, Variable) -> Void)? = nil, observeAttention: ((Int, Tensor) -> Void)? = nil
  ) -> Variable {
    let samples = tokens.visible.count
    let (kernels, layout) = (tape.kernels, layout)
    let patches = tape.constant(rebuilding: { kernels.patches(source, layout, tokens: tokens.visible, firstFrame: firstFrame) })
    var x = patchEmbedding(patches).placed(
      placement(of: tokens), maskToken: tokens.fillsWithMaskTokens ? maskToken.map(tape.variable(of:)) : nil,
      classToken: classToken.map(tape.variable(of:)), positions: positions.table(on: tape))
    let bias = relativeBias.map {
      tape.variable(of: $0).relativeBias(
        RelativePositions.pairs(layout.grid, classToken: classToken != nil), tokens: x.rows / samples)
    }
    for (index, block) in blocks.prefix(lastBlock ?? blocks.count).enumerated() {
      observeAttention?(index, block.attentionWeights(x, samples: samples, bias: bias))
      if recompute && bias == nil {
        x = tape.recompute(x) { block($0[0], samples: samples) }
      } else {
        x = block(x, samples: samples, bias: bias)
      }
      observe?(index, x)
    }
    return lastBlock == nil ? normalized(x) : x
  }

  /// The final norm once more (U-MAE's features); the rows as they are without one.
  func normalized(_ x: Variable) -> Variable { norm.map { $0(x) } ?? x }

  private func placement(of tokens: EncoderTokens) -> TokenPlacement {
    var (sources, places): ([Int32], [Int32]) = ([], [])
    let perSample = tokens.visible.first?.count ?? 0
    for (sample, visible) in tokens.visible.enumerated() {
      if classToken != nil {
        sources.append(Int32(TokenPlacement.classToken))
        places.append(0)
      }
      let rows = visible.indices.map { Int32(sample * perSample + $0) }
      if tokens.fillsWithMaskTokens {
        var grid = [Int32](repeating: Int32(TokenPlacement.maskToken), count: layout.grid.count)
        for (row, token) in zip(rows, visible) { grid[Int(token)] = row }
        sources.append(contentsOf: grid)
        places.append(contentsOf: (0..<Int32(grid.count)).map { $0 + Int32(classRows) })
      } else {
        sources.append(contentsOf: rows)
        places.append(contentsOf: visible.map { $0 + Int32(classRows) })
      }
    }
    return TokenPlacement(sources: sources, places: places)
  }
}

/// Rows of a relative position table (Bao et al. 2021): `(2h − 1)(2w − 1)` offsets and three for the class token.
enum RelativePositions {
  static func entries(_ grid: TokenGrid) -> Int { (2 * grid.height - 1) * (2 * grid.width - 1) + 3 }

  /// The table row for each pair of tokens, row-major.
  static func pairs(_ grid: TokenGrid, classToken: Bool) -> [Int32] {
    let entries = entries(grid)
    let first = classToken ? 1 : 0
    let count = grid.plane + first
    var pairs = [Int32](repeating: 0, count: count * count)
    for a in 0..<count {
      for b in 0..<count {
        let row =
          switch (a - first, b - first) {
          case (-1, -1): entries - 1
          case (-1, _): entries - 3
          case (_, -1): entries - 2
          case (let a, let b):
            (a / grid.width - b / grid.width + grid.height - 1) * (2 * grid.width - 1)
              + (a % grid.width - b % grid.width + grid.width - 1)
          }
        pairs[a * count + b] = Int32(row)
      }
    }
    return pairs
  }
}
