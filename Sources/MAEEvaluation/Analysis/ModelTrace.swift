import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels

/// Runs a model on one sample and shows every block at work: the encoder on all tokens, then the decoder on a masked sample.
struct ModelTrace {
  let model: Model
  let kernels: Kernels
  let edges: EdgeWeights
  /// The encoder block of pictures, from 1.
  let pictureLayer: Int
  let pictured: [Int]
  let hasDecoder: Bool

  /// The clip that the encoder gets: of a pair of frames the later one, whose tokens are predicted.
  func encoderClip(_ clip: Clip) -> Clip {
    let objective = model.configuration.objective
    return objective.encodedFrame == 0 ? clip : Clip(clip.frame(objective.encodedFrame))
  }

  /// What checkpoints are compared with, by encoder block from 1 and by decoder block from 1, with nothing hidden in either.
  func relations(_ clip: Clip) -> [BlockStack: [Int: TokenRelationsAtEnd]] {
    var relations: [BlockStack: [Int: TokenRelationsAtEnd]] = [:]
    func add(_ view: LayerView) {
      guard let attention = view.attention else { return }
      relations[view.stack, default: [:]][view.layer] = TokenRelationsAtEnd(
        similarity: RowDistributions(softmaxOf: view.relations.similarity),
        attention: RowDistributions(attention: attention.mean, count: view.grid.count))
    }
    traceEncoder(clip, sample: 0, isFinal: false, ends: [:], visit: add)
    if hasDecoder, model.objective is MaskedAutoencoder {
      let grid = model.configuration.grid
      let nothing = TokenMask(grid: grid, visible: (0..<Int32(grid.count)).map { $0 }, hidden: [])
      traceDecoder(clip, nothing, sample: 0, isFinal: false, ends: [:], record: nil, visit: add)
    }
    return relations
  }

  /// - Parameters:
  ///   - ends: of the last checkpoint.
  func trace(
    _ clip: Clip, mask: TokenMask, sample: Int, isFinal: Bool, ends: [BlockStack: [Int: TokenRelationsAtEnd]],
    record: ((String, StoredTensor) -> Void)? = nil, visit: (LayerView) -> Void
  ) {
    traceEncoder(clip, sample: sample, isFinal: isFinal, ends: ends[.encoder] ?? [:], record: record, visit: visit)
    guard hasDecoder else { return }
    traceDecoder(clip, mask, sample: sample, isFinal: isFinal, ends: ends[.decoder] ?? [:], record: record, visit: visit)
  }

  private func traceEncoder(
    _ clip: Clip, sample: Int, isFinal: Bool, ends: [Int: TokenRelationsAtEnd],
    record: ((String, StoredTensor) -> Void)? = nil, visit: (LayerView) -> Void
  ) {
    let (encoder, grid) = (model.objective.encoder, model.configuration.grid)
    let (heads, first) = (model.configuration.encoder.blocks.heads, encoder.classRows)
    var (weights, attended): ([Float], [Float]) = ([], [])
    withoutActuallyEscaping(visit) { visit in
      _ = encoder(
        model.source(ClipBatch([encoderClip(clip)])), EncoderTokens(allOf: grid, samples: 1),
        in: Pass(inferring: model.parameters, on: kernels),
        probe: Probe(
          output: { index, x in
            let features = x.tensor.rows(first..<first + grid.count).floats()
            record?("encoder.\(index + 1).tokens", StoredTensor(shape: [grid.count, x.width], floats: features))
            visit(
              LayerView(
                .encoder, layer: index + 1, sample: sample,
                isPictured: isFinal && pictured.contains(sample) && index + 1 == pictureLayer, grid: grid,
                features: TokenFeatures(count: grid.count, values: features),
                attended: TokenFeatures(count: grid.count, values: attended),
                isVisible: [Bool](repeating: true, count: grid.count),
                attention: TokenAttention(
                  weights: weights, heads: heads, places: (0..<grid.count).map { $0 + first }, classRows: first),
                final: ends[index + 1], isFinal: isFinal, edges: edges))
          },
          attention: { index, tensor in
            weights = tensor.floats()
            record?("encoder.\(index + 1).attention", StoredTensor(shape: [heads, tensor.width, tensor.width], floats: weights))
          },
          attended: { index, x in
            attended = x.tensor.rows(first..<first + grid.count).floats()
            record?("encoder.\(index + 1).attended", StoredTensor(shape: [grid.count, x.width], floats: attended))
          }))
    }
  }

  private func traceDecoder(
    _ clip: Clip, _ mask: TokenMask, sample: Int, isFinal: Bool, ends: [Int: TokenRelationsAtEnd],
    record: ((String, StoredTensor) -> Void)?, visit: (LayerView) -> Void
  ) {
    guard let decoder = model.configuration.decoder else { return }
    let (grid, heads) = (mask.grid, decoder.blocks.heads)
    let first = model.configuration.decoderClassRows
    // The sequence is class tokens, visible tokens, hidden tokens.
    var places = [Int](repeating: 0, count: grid.count)
    for (row, token) in (mask.visible + mask.hidden).enumerated() { places[Int(token)] = first + row }
    let isVisible = mask.bytes.map { $0 == 0 }
    record?("mask", StoredTensor(type: .uint8, shape: [grid.count], bytes: mask.bytes))
    var attention: TokenAttention?
    var (share, attended): (MaskTokenShare?, TokenFeatures?)
    /// Rows of the sequence in the order of the grid.
    func features(_ x: Variable) -> TokenFeatures {
      let rows = x.tensor.floats()
      return TokenFeatures(count: grid.count, values: places.flatMap { rows[$0 * x.width..<($0 + 1) * x.width] })
    }
    withoutActuallyEscaping(visit) { visit in
      var probe = Probe(wantsAllRows: true)
      probe.attention = { index, tensor in
        let weights = tensor.floats()
        record?("decoder.\(index + 1).attention", StoredTensor(shape: [heads, tensor.width, tensor.width], floats: weights))
        attention = TokenAttention(weights: weights, heads: heads, places: places, classRows: first)
        guard !mask.hidden.isEmpty else { return }
        share = MaskTokenShare(
          attention: tensor, samples: 1, heads: heads, visible: mask.visible.count, hidden: mask.hidden.count)
      }
      probe.attended = { index, x in
        attended = features(x)
        record?("decoder.\(index + 1).attended", StoredTensor(shape: [x.rows, x.width], floats: x.tensor.floats()))
      }
      probe.output = { index, x in
        record?("decoder.\(index + 1).tokens", StoredTensor(shape: [x.rows, x.width], floats: x.tensor.floats()))
        visit(
          LayerView(
            .decoder, layer: index + 1, sample: sample, isPictured: false, grid: grid,
            features: features(x), attended: attended, isVisible: isVisible, attention: attention, maskTokenShare: share,
            final: ends[index + 1], isFinal: isFinal, edges: edges))
      }
      let batch = model.batch(ClipBatch([clip]), masks: [mask])
      let pass = Pass(inferring: model.parameters, on: kernels, probes: ["decoder": probe])
      if let autoencoder = model.objective as? MaskedAutoencoder {
        autoencoder.look(at: batch, in: pass)
      } else {
        _ = model.objective.loss(of: batch, in: pass)
      }
    }
  }
}
