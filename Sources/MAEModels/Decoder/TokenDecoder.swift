import MAECore
import MAEEngine

/// Predicts hidden tokens from encoded visible ones.
///
/// The sequence is class token, visible tokens, hidden tokens, each with the position of its place. Self-attention does not
/// care about order, so this equals the raster order of the original image MAE up to a permutation, and the hidden tokens are
/// a tail: in the last block only they get queries, feed-forward and prediction.
public struct TokenDecoder: Sendable {
  public let configuration: DecoderConfiguration
  let embedding: Linear
  let maskToken: Parameter
  let classToken: Parameter?
  let positions: Positions
  let blocks: [TransformerBlock]
  let crossBlocks: [CrossBlock]
  let norm: LayerNorm
  let prediction: Linear
  let encoderClassRows: Int

  init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, in scope: ParameterScope) {
    self.configuration = configuration
    let (inputs, sizes) = (model.encoder.blocks.width, configuration.blocks)
    let width = sizes.width
    let initialization = model.method.initialization
    encoderClassRows = model.encoder.classToken ? 1 : 0
    embedding = Linear(
      inputs, width, bias: configuration.embedBias, initializer: initialization.bridge(inputs, width),
      in: scope["embed"])
    maskToken = scope.parameter("mask_token", [1, 1, width], initialization.token, role: .token)
    classToken =
      configuration.classToken == .own ? scope.parameter("cls_token", [1, 1, width], .zeros, role: .token) : nil
    positions = Positions(
      configuration.positions, grid: model.grid, width: width, classToken: configuration.classToken != .none,
      initialization, in: scope)
    if let cross = configuration.cross {
      blocks = []
      crossBlocks = (0..<sizes.depth).map {
        CrossBlock(sizes, cross, depth: $0 + 1, initialization, in: scope["blocks"][$0])
      }
    } else {
      crossBlocks = []
      blocks = (0..<sizes.depth).map {
        TransformerBlock(sizes, depth: $0 + 1, initialization, in: scope["blocks"][$0])
      }
    }
    norm = LayerNorm(width, epsilon: configuration.finalNormEpsilon, in: scope["norm"])
    prediction = Linear(
      width, model.predictionWidth, initializer: initialization.linear(width, model.predictionWidth),
      in: scope["pred"])
  }

  /// What predictions for the hidden tokens are made of: rows, ascending within each sample, and what makes predictions
  /// `[rows, prediction width]` of any of them, of every row by itself.
  ///
  /// - Parameters:
  ///   - latents: the encoder's output for the visible tokens.
  ///   - memory: the encoder's output for the other frame, where the decoder attends one.
  ///   - dropout: decides what dropout sets to zero; nil = nothing, as after training.
  ///   - keepsAllRows: whether the last block computes visible tokens too, which nothing but an observer reads.
  ///   - observe: called with the output of each block, from 0; of the last only if all rows are kept.
  ///   - observeAttention: called with the attention within the sequence for each block, from 0:
  ///     `[samples · heads · queries, keys]`; the last block has hidden tokens as queries only.
  func callAsFunction(
    _ latents: Variable, memory: Variable? = nil, masks: [TokenMask], on tape: Tape, recompute: Bool = false,
    dropout: RandomStream? = nil, keepsAllRows: Bool = false, observe: ((Int, Variable) -> Void)? = nil,
    observeAttention: ((Int, Tensor) -> Void)? = nil
  ) -> (rows: Variable, predict: (Variable) -> Variable) {
    let samples = masks.count
    let table = positions.table(on: tape)
    var x = embedding(latents).placed(
      placement(of: masks), maskToken: tape.variable(of: maskToken), classToken: classToken.map(tape.variable(of:)),
      positions: table)
    let memory = memory.map { embeddedMemory($0, samples: samples, table) }
    let hidden = hiddenRows(masks, tokens: x.rows / samples)
    let depth = configuration.blocks.depth
    for index in 0..<depth {
      let isLast = index == depth - 1
      let outputs = isLast && !keepsAllRows ? hidden : nil
      if memory == nil { observeAttention?(index, blocks[index].attentionWeights(x, samples: samples, queries: outputs)) }
      if let memory {
        let run = { (inputs: [Variable]) in
          crossBlocks[index](
            inputs[0], memory: inputs[1], samples: samples, outputs: outputs, random: dropout?.fork("block", index))
        }
        x = recompute ? tape.recompute(x, memory, block: run) : run([x, memory])
      } else {
        let run = { (inputs: [Variable]) in
          (isLast ? blocks[index].attended : blocks[index].callAsFunction)(inputs[0], samples, outputs, nil)
        }
        x = recompute ? tape.recompute(x, block: run) : run([x])
      }
      if !isLast { observe?(index, x) }
    }
    let feed = { (x: Variable) in memory == nil ? blocks[depth - 1].fed(x) : x }
    if keepsAllRows {
      x = feed(x)
      observe?(depth - 1, x)
      return (x.rows(hidden), { prediction(norm($0)) })
    }
    return (x, { prediction(norm(feed($0))) })
  }

  private var classRows: Int { configuration.classToken == .none ? 0 : 1 }

  private func placement(of masks: [TokenMask]) -> TokenPlacement {
    var (sources, places): ([Int32], [Int32]) = ([], [])
    for (sample, mask) in masks.enumerated() {
      let firstRow = sample * (mask.visible.count + encoderClassRows)
      switch configuration.classToken {
      case .none: break
      case .fromEncoder:
        sources.append(Int32(firstRow))
        places.append(0)
      case .own:
        sources.append(Int32(TokenPlacement.classToken))
        places.append(0)
      }
      sources.append(contentsOf: mask.visible.indices.map { Int32(firstRow + encoderClassRows + $0) })
      sources.append(contentsOf: repeatElement(Int32(TokenPlacement.maskToken), count: mask.hidden.count))
      places.append(contentsOf: (mask.visible + mask.hidden).map { $0 + Int32(classRows) })
    }
    return TokenPlacement(sources: sources, places: places)
  }

  /// The other frame's tokens at decoder width, with positions only if so configured.
  private func embeddedMemory(_ latents: Variable, samples: Int, _ table: Variable?) -> Variable {
    let embedded = embedding(latents)
    guard configuration.cross?.memoryPositions == true, let table else { return embedded }
    let tokens = embedded.rows / samples
    return embedded.placed(
      TokenPlacement(
        sources: (0..<Int32(embedded.rows)).map { $0 },
        places: (0..<embedded.rows).map { Int32($0 % tokens) }), positions: table)
  }

  private func hiddenRows(_ masks: [TokenMask], tokens: Int) -> [Int32] {
    masks.enumerated().flatMap { sample, mask in
      (0..<mask.hidden.count).map { Int32(sample * tokens + tokens - mask.hidden.count + $0) }
    }
  }
}
