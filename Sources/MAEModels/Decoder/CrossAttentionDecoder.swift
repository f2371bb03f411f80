import MAECore
import MAEEngine

/// Predicts hidden tokens of a frame by attending another frame besides its own tokens (Gupta et al. 2023, section 3).
public struct CrossAttentionDecoder: Sendable {
  private let sequence: DecoderSequence
  private let blocks: [CrossBlock]
  private let head: PredictionHead
  private let placesMemory: Bool

  /// Declares the parameters.
  public init(
    _ model: ModelConfiguration, _ configuration: DecoderConfiguration, _ cross: CrossDecoding, in scope: ParameterScope
  ) {
    sequence = DecoderSequence(model, configuration, in: scope)
    blocks = (0..<configuration.blocks.depth).map {
      CrossBlock(configuration.blocks, cross, depth: $0 + 1, model.method.initialization, in: scope["blocks"][$0])
    }
    head = PredictionHead(model, configuration, in: scope)
    placesMemory = cross.memoryPositions
  }

  /// - Parameters:
  ///   - latents: the encoder's output for the visible tokens.
  ///   - memory: its output for the other frame.
  ///   - predictsAll: whether visible tokens are predicted, too: all in the order of the grid.
  public func callAsFunction(
    _ latents: Variable, memory: Variable, masks: [TokenMask], predictsAll: Bool = false, in pass: Pass, probe: Probe? = nil
  ) -> PredictedRows {
    let (samples, wantsAllRows) = (masks.count, probe?.wantsAllRows ?? false)
    let table = sequence.positions.table(on: pass.tape)
    var x = sequence(latents, masks: masks, table: table)
    let memory = embedded(memory, samples: samples, table)
    let predicted = predictsAll ? DecoderSequence.tokenRows(masks, of: x) : DecoderSequence.hiddenRows(masks, of: x)
    for (index, block) in blocks.enumerated() {
      let isLast = index == blocks.count - 1
      let (outputs, random) = (isLast && !wantsAllRows ? predicted : nil, pass.random?.fork("block", index))
      x = pass.run([x, memory]) { inputs in
        block(inputs[0], memory: inputs[1], samples: samples, outputs: outputs, random: random)
      }
      if !isLast || wantsAllRows { probe?.output?(index, x) }
    }
    let head = head
    return PredictedRows(wantsAllRows ? x.rows(predicted) : x) { head($0) }
  }

  /// The other frame's tokens at decoder width, with positions only if so configured.
  private func embedded(_ latents: Variable, samples: Int, _ table: Variable?) -> Variable {
    let embedded = sequence.embedding(latents)
    guard placesMemory, let table else { return embedded }
    let tokens = embedded.rows / samples
    return embedded.placed(
      TokenPlacement(
        sources: (0..<Int32(embedded.rows)).map { $0 },
        places: (0..<embedded.rows).map { Int32($0 % tokens) }), positions: table)
  }
}
