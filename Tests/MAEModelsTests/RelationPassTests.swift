import MAECore
import MAEEngine
import MAEModels
import Testing

/// The pass over all tokens that a guide makes, and what it measures.
@Suite struct RelationPassTests {
  static func model(classToken: Bool = true) throws -> (Model, PixelSource, [Sample]) {
    var configuration = StepTests.configuration(.selfGuided)
    configuration.encoder.blocks.depth = 3
    if !classToken {
      configuration.encoder.classToken = false
      configuration.decoder?.classToken = .none
    }
    let model = try Model(configuration, seed: 1)
    let shape = ClipBatchShape(samples: 3, frames: 1, size: configuration.input.size)
    var random = RandomStream(seed: 8)
    let samples = (0..<3).map { Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: shape.size)) }
    let pixels = (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return (model, model.source(ClipBatch(shape: shape, pixels: pixels, samples: samples)), samples)
  }

  @Test("features are the output of the block, which is the last to run", arguments: [1, 2, 3], [true, false])
  func features(block: Int, classToken: Bool) throws {
    let (model, source, samples) = try Self.model(classToken: classToken)
    let grid = model.configuration.grid
    let features = model.tokenFeatures(source, block: block, on: Kernels(threads: 2))
    var outputs: [[Float]] = []
    let pass = Pass(inferring: model.parameters, on: Kernels(threads: 1))
    let tokens = EncoderTokens(allOf: grid, samples: 3)
    _ = model.objective.encoder(
      source, tokens, in: pass, probe: Probe(output: { _, x in outputs.append(x.tensor.floats()) }))
    let (width, first) = (model.configuration.encoder.blocks.width, classToken ? 1 : 0)
    for sample in samples.indices {
      let start = (sample * (grid.count + first) + first) * width
      #expect(features[sample].values == Array(outputs[block - 1][start..<start + grid.count * width]))
    }
    var ran = 0
    _ = model.objective.encoder(source, tokens, in: pass, lastBlock: block, probe: Probe(output: { _, _ in ran += 1 }))
    #expect(ran == block)
  }

  @Test("gradients and masks are the same with and without a relation pass")
  func noTrace() throws {
    func step(_ looks: Bool) throws -> ([Float], [TokenMask]) {
      let (model, source, samples) = try Self.model()
      let kernels = Kernels(threads: 2)
      let random = RandomStream(seed: 3)
      let tape = Tape(model.parameters, on: kernels)
      if looks {
        _ = model.relevance(source, on: kernels)
        _ = model.exploitationRate(source, masks: try model.masks(for: samples, random: random), on: kernels)
      }
      let masks = try model.masks(for: samples, random: random)
      let loss = model.objective.loss(of: Batch(source, masks: masks), in: Pass(on: tape)).total
      if looks { _ = model.relevance(source, on: kernels) }
      tape.backward(from: loss)
      model.parameters.completeGradients()
      return (loss.tensor.floats() + model.parameters.gradients.floats(), masks)
    }
    let (plain, looked) = (try step(false), try step(true))
    #expect(plain.0 == looked.0)
    #expect(plain.1 == looked.1)
  }

  @Test("relevance has the same bits on any number of threads")
  func threads() throws {
    let (model, source, _) = try Self.model()
    let one = model.relevance(source, on: Kernels(threads: 1))
    #expect(one.contains { $0 != nil })
    #expect(model.relevance(source, on: Kernels(threads: 3)) == one)
  }

  @Test("attention from the class token adds up to what it leaves for itself")
  func classAttention() throws {
    let (model, source, _) = try Self.model()
    let features = model.tokenFeatures(source, block: 2, classAttention: true, on: Kernels(threads: 1))
    for sample in features {
      let sum = try #require(sample.classAttention).reduce(0, +)
      #expect(sum > 0.5 && sum < 1)
    }
  }

  @Test("attention weights give attention's own output")
  func weights() throws {
    let (model, _, _) = try Self.model()
    let kernels = Kernels(threads: 2)
    let tape = Tape(model.parameters, on: kernels, recording: false)
    let (samples, heads, queries, keys, width) = (2, 3, 5, 130, 12)
    var random = RandomStream(seed: 2)
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let q = tape.constant(kernels.tensor(values(samples * queries * width), [samples * queries, width]))
    let both = values(samples * keys * 2 * width)
    let kv = tape.constant(kernels.tensor(both, [samples * keys, 2 * width]))
    let weights = q.attentionWeights(over: kv, samples: samples, heads: heads)
    let output = q.attention(over: kv, samples: samples, heads: heads).tensor.floats()
    #expect(weights.shape == [samples * heads * queries, keys])
    let rows = weights.floats()
    for sample in 0..<samples {
      for head in 0..<heads {
        for query in 0..<queries {
          let row = ((sample * heads + head) * queries + query) * keys
          #expect(abs(rows[row..<row + keys].reduce(0, +) - 1) < 1e-5)
          for channel in 0..<width / heads {
            let column = head * width / heads + channel
            let sum = (0..<keys).reduce(Float(0)) {
              $0 + rows[row + $1] * both[(sample * keys + $1) * 2 * width + width + column]
            }
            #expect(abs(sum - output[(sample * queries + query) * width + column]) < 1e-5)
          }
        }
      }
    }
  }

  @Test("exploitation rates follow the shares of each layer")
  func rates() {
    let shares = [
      MaskTokenShare(ofVisibleQueries: 0.2, ofMaskQueries: 0.5), MaskTokenShare(ofVisibleQueries: 0, ofMaskQueries: 0.7),
    ]
    let plain = ExploitationRate(shares)
    #expect(abs(plain.layers[1].mask - 0.7) < 1e-12 && abs(plain.layers[1].visible - 0.3) < 1e-12)
    // Mask tokens of the first layer: a fifth of what visible queries take, half of what mask queries take.
    #expect(abs(plain.layers[0].mask - (0.2 * 0.3 + 0.5 * 0.7)) < 1e-12)
    #expect(abs(plain.layers[0].visible - (0.8 * 0.3 + 0.5 * 0.7)) < 1e-12)
    let residual = ExploitationRate(shares, residual: true)
    #expect(abs(residual.layers[1].mask - 0.85) < 1e-12)
    #expect(abs(residual.layers[0].mask - (0.1 * 0.15 + 0.75 * 0.85)) < 1e-12)
    #expect(abs(residual.layers[0].visible + residual.layers[0].mask - 1) < 1e-12)
  }

  @Test("shares are read off the places of visible and hidden tokens")
  func shares() {
    // Class token, one visible, two hidden; one head; all four as queries, then the hidden ones alone.
    let rows: [Float] = [
      0.1, 0.2, 0.3, 0.4,
      0.5, 0.1, 0.1, 0.3,
      0.2, 0.4, 0.4, 0.0,
      0.0, 0.25, 0.5, 0.25,
    ]
    let kernels = Kernels(threads: 1)
    let all = MaskTokenShare(attention: kernels.tensor(rows, [4, 4]), samples: 1, heads: 1, visible: 1, hidden: 2)
    #expect(abs(all.ofVisibleQueries - 0.8) < 1e-6)
    #expect(abs(all.ofMaskQueries - (0.5 + 0.75) / 2) < 1e-6)
    let last = MaskTokenShare(
      attention: kernels.tensor(Array(rows[8...]), [2, 4]), samples: 1, heads: 1, visible: 1, hidden: 2)
    #expect(last.ofMaskQueries == all.ofMaskQueries)
  }

  @Test("an untrained decoder uses mask tokens by their number")
  func untrained() throws {
    let (model, source, samples) = try Self.model()
    let rate = model.exploitationRate(
      source, masks: try model.masks(for: samples, random: RandomStream(seed: 1)), on: Kernels(threads: 2))
    #expect(rate.layers.count == 2)
    for layer in rate.layers {
      #expect(abs(layer.visible + layer.mask - 1) < 1e-9)
      #expect(abs(layer.mask - 0.75) < 0.1)
    }
  }
}
