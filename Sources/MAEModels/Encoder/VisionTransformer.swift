import MAECore
import MAEEngine

/// A vision transformer over some of the tokens of a clip (Dosovitskiy et al. 2020; MAE's variant without head).
public struct VisionTransformer: Sendable {
  /// What it is made of.
  public let configuration: EncoderConfiguration
  private let grid: TokenGrid
  private let embedding: TokenEmbedding
  private let vectorEmbedding: Linear?
  let classToken: Parameter?
  let maskToken: Parameter?
  let positions: Positions
  let relativeBias: Parameter?
  let blocks: [TransformerBlock]
  let norm: LayerNorm?

  /// Declares the parameters; their depths are 0 for what makes the input, then the number of the block, then one more.
  ///
  /// - Parameter hasMaskToken: for masked image modelling, where hidden tokens enter the encoder.
  public init(_ model: ModelConfiguration, maskToken hasMaskToken: Bool = false, in scope: ParameterScope) {
    let configuration = model.encoder
    self.configuration = configuration
    let width = configuration.blocks.width
    let initialization = model.method.initialization
    grid = model.grid
    let isPartial = model.classifier?.trainedBlocks != nil
    let inputs = (isPartial ? scope.frozen : scope).atDepth(0)
    classToken =
      configuration.classToken
      ? inputs.parameter("cls_token", [1, configuration.classRows, width], initialization.token, role: .token) : nil
    maskToken = hasMaskToken ? inputs.parameter("mask_token", [1, 1, width], initialization.token, role: .token) : nil
    positions = Positions(
      configuration.positions, grid: grid, views: model.viewNames, hasVector: model.input.vector != nil, width: width,
      classRows: configuration.classRows, initialization, in: inputs)
    embedding = TokenEmbedding(model, in: inputs["patch_embed"])
    vectorEmbedding = model.input.vector.map { vector in
      Linear(vector.count, width, initializer: initialization.linear(vector.count, width), in: inputs["vector_embed"])
    }
    relativeBias =
      configuration.relativePositionBias
      ? inputs["rel_pos_bias"].parameter(
        "relative_position_bias_table", [RelativePositions.entries(grid), configuration.blocks.heads], .zeros,
        role: .relativeBias) : nil
    blocks = (0..<configuration.blocks.depth).map {
      TransformerBlock(
        configuration.blocks, depth: $0 + 1, initialization,
        training: model.classifier?.training(ofBlock: $0, of: configuration.blocks.depth) ?? .whole,
        in: scope["blocks"][$0].atDepth($0 + 1))
    }
    norm =
      configuration.finalNorm
      ? LayerNorm(
        width, epsilon: configuration.blocks.normEpsilon, in: scope["norm"].atDepth(configuration.blocks.depth + 1)) : nil
  }

  /// Rows per sample that stand before the patch tokens.
  public var classRows: Int { configuration.classRows }

  /// Encodes tokens: `[samples · (class token + tokens), width]`, after the final norm if there is one. A vector beside the
  /// pictures is one more token behind the others, the same whatever is hidden; pixels that bring none have none.
  ///
  /// - Parameters:
  ///   - firstFrame: the frame of the batch's clips at which the model's clip starts (the second of a pair: 1).
  ///   - lastBlock: where to stop, counted from 1; the final norm is then left out. Nil = run all.
  ///   - probe: looks at the blocks.
  public func callAsFunction(
    _ pixels: PixelSource, _ tokens: EncoderTokens, in pass: Pass, firstFrame: Int = 0, lastBlock: Int? = nil,
    probe: Probe? = nil
  ) -> Variable {
    let x = run(blocks.prefix(lastBlock ?? blocks.count), pixels, tokens, firstFrame: firstFrame, in: pass, probe)
    return lastBlock == nil ? normalized(x) : x
  }

  /// What the first block gets and what every block makes of it, each `[samples · (class token + tokens), width]`; there is no
  /// final norm.
  ///
  /// - Parameter probe: looks at the blocks.
  package func states(_ pixels: PixelSource, _ tokens: EncoderTokens, in pass: Pass, probe: Probe? = nil) -> [Variable] {
    var states: [Variable] = []
    _ = run(blocks[...], pixels, tokens, firstFrame: 0, in: pass, probe) { states.append($0) }
    return states
  }

  /// Tokens before their positions, `[samples · tokens, width]`: patches through their map, or features of the stem.
  ///
  /// - Parameter firstFrame: the frame of the batch's clips at which the model's clip starts.
  package func embedding(
    of pixels: PixelSource, _ tokens: EncoderTokens, firstFrame: Int = 0, in pass: Pass
  ) -> Variable {
    embedding(pixels, tokens: tokens.visible, firstFrame: firstFrame, on: pass.tape)
  }

  /// - Parameter visit: called with what the first block gets and with what each gives.
  private func run(
    _ blocks: ArraySlice<TransformerBlock>, _ pixels: PixelSource, _ tokens: EncoderTokens, firstFrame: Int, in pass: Pass,
    _ probe: Probe?, visit: (Variable) -> Void = { _ in }
  ) -> Variable {
    let samples = tokens.visible.count
    let (input, bias) = embedded(pixels, tokens, firstFrame: firstFrame, on: pass.tape)
    var x = input
    visit(x)
    for (index, block) in blocks.enumerated() {
      probe?.attention?(index, block.attentionWeights(x, samples: samples, bias: bias))
      probe?.attended?(index, block.attended(x, samples: samples, bias: bias))
      let dropPath = DropPath(
        configuration.dropPath, block: index, of: self.blocks.count, random: pass.random?.fork("frame", firstFrame),
        kept: pass.keptBranches)
      func run(_ x: Variable) -> Variable {
        guard let dropPath else { return block(x, samples: samples, bias: bias) }
        return block(x, samples: samples, bias: bias, dropPath: dropPath)
      }
      x = bias == nil ? pass.run([x]) { run($0[0]) } : run(x)
      probe?.output?(index, x)
      visit(x)
    }
    return x
  }

  /// What attention brings to the tokens in one block, `[samples · (class token + tokens), width]`; what lies above does not run.
  ///
  /// - Parameter block: counted from 1.
  func attended(_ pixels: PixelSource, _ tokens: EncoderTokens, block: Int, in pass: Pass) -> Variable {
    let (x, bias) = rows(before: block, pixels, tokens, in: pass)
    return blocks[block - 1].attended(x, samples: tokens.visible.count, bias: bias)
  }

  /// How much the class token attends each row in the last block, `[samples · heads, class token + tokens]`.
  func classAttention(_ pixels: PixelSource, _ tokens: EncoderTokens, in pass: Pass) -> Tensor {
    let (x, bias) = rows(before: blocks.count, pixels, tokens, in: pass)
    let samples = tokens.visible.count
    let classes = (0..<samples).map { Int32($0 * (x.rows / samples)) }
    return blocks[blocks.count - 1].attentionWeights(x, samples: samples, queries: classes, bias: bias)
  }

  /// What a block gets, and the bias of its attention.
  private func rows(
    before block: Int, _ pixels: PixelSource, _ tokens: EncoderTokens, in pass: Pass
  ) -> (rows: Variable, bias: Variable?) {
    let (input, bias) = embedded(pixels, tokens, firstFrame: 0, on: pass.tape)
    var x = input
    for block in blocks.prefix(block - 1) { x = block(x, samples: tokens.visible.count, bias: bias) }
    return (x, bias)
  }

  /// What the first block gets, and the bias of attention, if there is one.
  private func embedded(
    _ pixels: PixelSource, _ tokens: EncoderTokens, firstFrame: Int, on tape: Tape
  ) -> (rows: Variable, bias: Variable?) {
    var x = embedding(pixels, tokens: tokens.visible, firstFrame: firstFrame, on: tape)
    let vectors = vectorTokens(of: pixels, on: tape)
    if let vectors { x = x.followed(by: vectors) }
    x = x.placed(
      placement(of: tokens, hasVector: vectors != nil),
      maskToken: tokens.fillsWithMaskTokens ? maskToken.map(tape.variable(of:)) : nil,
      classToken: classToken.map(tape.variable(of:)), positions: positions.table(on: tape))
    let bias = relativeBias.map {
      tape.variable(of: $0).relativeBias(
        RelativePositions.pairs(grid, classToken: classToken != nil), tokens: x.rows / tokens.visible.count)
    }
    return (x, bias)
  }

  /// The linear maps of the symlogs of the vectors, `[samples, width]`; nil where there are none.
  private func vectorTokens(of pixels: PixelSource, on tape: Tape) -> Variable? {
    guard let vectorEmbedding, !pixels.vectors.isEmpty else { return nil }
    return vectorEmbedding(tape.constant(tape.kernels.vectorSymlogs(of: pixels)))
  }

  /// The final norm once more (U-MAE's features); the rows as they are without one.
  public func normalized(_ x: Variable) -> Variable { norm.map { $0(x) } ?? x }

  /// - Parameter hasVector: whether the rows of the vectors follow those of all tokens.
  private func placement(of tokens: EncoderTokens, hasVector: Bool) -> TokenPlacement {
    var (sources, places): ([Int32], [Int32]) = ([], [])
    let perSample = tokens.visible.first?.count ?? 0
    for (sample, visible) in tokens.visible.enumerated() {
      sources += TokenPlacement.classTokens(classRows)
      places += 0..<Int32(classRows)
      let rows = visible.indices.map { Int32(sample * perSample + $0) }
      if tokens.fillsWithMaskTokens {
        var all = [Int32](repeating: Int32(TokenPlacement.maskToken), count: grid.count)
        for (row, token) in zip(rows, visible) { all[Int(token)] = row }
        sources.append(contentsOf: all)
        places.append(contentsOf: (0..<Int32(grid.count)).map { $0 + Int32(classRows) })
      } else {
        sources.append(contentsOf: rows)
        places.append(contentsOf: visible.map { $0 + Int32(classRows) })
      }
      if hasVector {
        sources.append(Int32(tokens.visible.count * perSample + sample))
        places.append(Int32(classRows + grid.count))
      }
    }
    return TokenPlacement(sources: sources, places: places)
  }
}

extension Kernels {
  /// The symlogs of the vectors beside the pictures, `[samples, numbers]`.
  ///
  /// - Precondition: every sample has as many numbers.
  func vectorSymlogs(of source: PixelSource) -> Tensor {
    let (samples, count) = (source.shape.samples, source.vectors.count)
    precondition(count.isMultiple(of: samples), "vectors: \(count) numbers of \(samples) samples")
    return tensor(source.vectors.map { Float(Symlog.of(Double($0))) }, [samples, count / samples])
  }
}

extension Variable {
  /// These rows and behind them others.
  fileprivate func followed(by other: Variable) -> Variable {
    let all = tape.constant(tape.kernels.zeros([rows + other.rows, width]))
    let first = added(toRows: (0..<Int32(rows)).map { $0 }, of: all, factor: 1)
    return other.added(toRows: (Int32(rows)..<Int32(rows + other.rows)).map { $0 }, of: first, factor: 1)
  }
}
