import MAECore
import MAEEngine

/// Predicts hidden tokens from encoded visible ones by attention within one sequence (He et al. 2021, section 3).
public struct SelfAttentionDecoder: Sendable {
  private let sequence: DecoderSequence
  private let blocks: [TransformerBlock]
  private let head: PredictionHead

  /// Declares the parameters.
  public init(_ model: ModelConfiguration, _ configuration: DecoderConfiguration, in scope: ParameterScope) {
    sequence = DecoderSequence(model, configuration, in: scope)
    blocks = (0..<configuration.blocks.depth).map {
      TransformerBlock(configuration.blocks, depth: $0 + 1, model.method.initialization, in: scope["blocks"][$0])
    }
    head = PredictionHead(model, configuration, in: scope)
  }

  /// - Parameter latents: the encoder's output for the visible tokens.
  public func callAsFunction(
    _ latents: Variable, masks: [TokenMask], in pass: Pass, probe: Probe? = nil
  ) -> PredictedRows {
    let (samples, wantsAllRows) = (masks.count, probe?.wantsAllRows ?? false)
    var x = sequence(latents, masks: masks, table: sequence.positions.table(on: pass.tape))
    let hidden = DecoderSequence.hiddenRows(masks, of: x)
    let last = blocks.count - 1
    for (index, block) in blocks.enumerated() {
      let outputs = index == last && !wantsAllRows ? hidden : nil
      probe?.attention?(index, block.attentionWeights(x, samples: samples, queries: outputs))
      probe?.attended?(index, block.attended(x, samples: samples))
      guard index < last else {
        // The second half is of every row by itself, and so belongs to the prediction.
        x = pass.run([x]) { block.attend($0[0], samples: samples, outputs: outputs) }
        break
      }
      x = pass.run([x]) { block($0[0], samples: samples) }
      probe?.output?(index, x)
    }
    let (head, block) = (head, blocks[last])
    guard wantsAllRows else { return PredictedRows(x) { head(block.feed($0)) } }
    x = block.feed(x)
    probe?.output?(last, x)
    return PredictedRows(hidden.isEmpty ? x : x.rows(hidden)) { head($0) }
  }
}
