import Foundation
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

  @Test("block features are the output of the block, which is the last to run", arguments: [1, 2, 3], [true, false])
  func outputs(block: Int, classToken: Bool) throws {
    let (model, source, samples) = try Self.model(classToken: classToken)
    let grid = model.configuration.grid
    let features = model.tokenFeatures(source, GuideConfiguration(block: block, relations: .block), on: Kernels(threads: 2))
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

  @Test(
    "attention features are what the output projection gets: projected and added they make the block's first half",
    arguments: [1, 2, 3], [true, false])
  func attended(block: Int, classToken: Bool) throws {
    let (model, source, samples) = try Self.model(classToken: classToken)
    let (grid, width) = (model.configuration.grid, model.configuration.encoder.blocks.width)
    let features = model.tokenFeatures(source, GuideConfiguration(block: block), on: Kernels(threads: 2))
    // Attention's own weights times values, in double precision, from the block's input.
    var (inputs, weights): ([[Float]], [[Float]]) = ([], [])
    let pass = Pass(inferring: model.parameters, on: Kernels(threads: 1))
    let tokens = EncoderTokens(allOf: grid, samples: 3)
    var seen: [[Float]] = []
    _ = model.objective.encoder(
      source, tokens, in: pass,
      probe: Probe(
        output: { _, x in inputs.append(x.tensor.floats()) }, attention: { _, tensor in weights.append(tensor.floats()) },
        attended: { _, x in seen.append(x.tensor.floats()) }))
    let first = classToken ? 1 : 0
    let rows = grid.count + first
    for sample in samples.indices {
      let start = (sample * rows + first) * width
      #expect(features[sample].values == Array(seen[block - 1][start..<start + grid.count * width]))
    }
    guard block > 1 else { return }
    func values(_ name: String) throws -> [Double] {
      let parameter = try #require(
        model.parameters.parameters.first { $0.name == "encoder.blocks.\(block - 1).\(name)" }, "\(name)")
      return model.parameters.values(of: parameter).map(Double.init)
    }
    let (map, bias) = (try values("attn.qkv.weight"), try values("attn.qkv.bias"))
    let (scale, shift) = (try values("norm1.weight"), try values("norm1.bias"))
    let heads = model.configuration.encoder.blocks.heads
    // V of every row of the first sample: the last third of the joint map, after the norm.
    let v = (0..<rows).map { row -> [Double] in
      let x = inputs[block - 2][row * width..<(row + 1) * width].map(Double.init)
      let mean = x.reduce(0, +) / Double(width)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let normed = x.indices.map { (x[$0] - mean) / (variance + 1e-6).squareRoot() * scale[$0] + shift[$0] }
      return (0..<width).map { out in
        let place = (2 * width + out) * width
        return (0..<width).reduce(bias[2 * width + out]) { $0 + map[place + $1] * normed[$1] }
      }
    }
    for (token, channel) in [(0, 0), (5, width / 2), (grid.count - 1, width - 1)] {
      let row = (channel * heads / width * rows + token + first) * rows
      let expected = (0..<rows).reduce(0.0) { $0 + Double(weights[block - 1][row + $1]) * v[$1][channel] }
      #expect(abs(Double(features[0].values[token * width + channel]) - expected) < 1e-5)
    }
  }

  @Test("a guide can look at the decoder, whose rows then stand in the order of the grid", arguments: GuideRelations.allCases)
  func decoder(relations: GuideRelations) throws {
    let (model, source, _) = try Self.model()
    let grid = model.configuration.grid
    let guide = GuideConfiguration(stack: .decoder, relations: relations)
    let features = model.tokenFeatures(source, guide, on: Kernels(threads: 1))
    #expect(features.count == 3 && features[0].count == grid.count)
    #expect(features[0].width == model.configuration.decoder?.blocks.width)
    #expect(features[0] != features[1])
    // The mask is the same for all samples: rows of mask tokens differ by their places, those of a sample by itself do not
    // change.
    #expect(model.tokenFeatures(source, guide, on: Kernels(threads: 2)) == features)
    #expect(Set(features[0].values).count > grid.count)
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
        _ = model.maskTokenShares(source, masks: try model.masks(for: samples, random: random), on: kernels)
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

  @Test("exploitation rates accumulate from the first layer on, over all tokens")
  func rates() {
    let shares = [
      MaskTokenShare(ofVisibleQueries: 0.2, ofMaskQueries: 0.5), MaskTokenShare(ofVisibleQueries: 0.4, ofMaskQueries: 0.7),
    ]
    let rate = ExploitationRate(shares, maskRatio: 0.75)
    // After the first layer visible tokens are made of mask tokens to a fifth, mask tokens to a half.
    #expect(abs(rate.layers[0].mask - (0.25 * 0.2 + 0.75 * 0.5)) < 1e-12)
    let (visible, mask) = (0.6 * 0.2 + 0.4 * 0.5, 0.3 * 0.2 + 0.7 * 0.5)
    #expect(abs(rate.layers[1].mask - (0.25 * visible + 0.75 * mask)) < 1e-12)
    for layer in rate.layers { #expect(abs(layer.visible + layer.mask - 1) < 1e-12) }
    let means = MaskTokenShare.means([([shares[0]], 3), ([shares[1]], 1)])
    #expect(abs(means[0].ofVisibleQueries - 0.25) < 1e-12 && abs(means[0].ofMaskQueries - 0.55) < 1e-12)
  }

  @Test("shares are read off the places of visible and hidden tokens")
  func shares() {
    // Class token, one visible, two hidden; one head.
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
  }

  @Test("an untrained decoder uses mask tokens by their number")
  func untrained() throws {
    let (model, source, samples) = try Self.model()
    let masks = try model.masks(for: samples, random: RandomStream(seed: 1))
    let rate = ExploitationRate(model.maskTokenShares(source, masks: masks, on: Kernels(threads: 2)), of: masks[0])
    #expect(rate.layers.count == 2)
    for layer in rate.layers {
      #expect(abs(layer.visible + layer.mask - 1) < 1e-9)
      #expect(abs(layer.mask - 0.75) < 0.1)
    }
  }

  @Test("distributions of rows differ from themselves by nothing, and from others as the formula says")
  func distributions() {
    let a = RowDistributions(softmaxOf: SymmetricMatrix(count: 2, values: [1, 0, 0, 1]))
    let b = RowDistributions(attention: [0.5, 0.5, 0.5, 0.5], count: 2)
    #expect(a.divergence(from: a) == 0)
    let p = exp(1.0) / (exp(1.0) + 1)
    #expect(abs(a.divergence(from: b) - (p * log(2 * p) + (1 - p) * log(2 - 2 * p))) < 1e-12)
    #expect(a.divergence(from: b) != b.divergence(from: a))
  }
}
