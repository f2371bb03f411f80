import Foundation
import MAECore
import MAEEngine
import MAEModels
import Testing

/// Maskings that guided ones are compared with: by attention, by noise, and a hole in the middle.
@Suite struct OtherMaskingTests {
  private func strategy(_ kind: String, _ ratio: Double, _ options: [String: SettingValue]? = nil) throws -> any MaskingStrategy {
    var configuration = MaskingConfiguration(kind: try #require(Catalogue.builtIn.masking(named: kind)), ratio: ratio)
    configuration.options = options
    return try configuration.strategy(for: TokenGrid(height: 14, width: 14), patch: 16)
  }

  @Test("what the class token attends is hidden first, then thrown away")
  func attention() throws {
    let masking = try strategy("amt", 0.45)
    let grid = TokenGrid(height: 14, width: 14)
    // A third of the tokens has nearly all attention.
    let scores = (0..<196).map { $0 % 3 == 0 ? 1000.0 : 1e-3 }
    for seed in 0..<10 {
      var random = RandomStream(seed: UInt64(seed))
      let mask = try masking.mask(MaskContext(grid: grid, guidance: MaskGuidance(scores: scores)), random: &random)
      #expect(mask.hidden.count == 88 && mask.droppedCount == 78 && mask.visible.count == 30)
      #expect(mask.hidden.count { $0 % 3 == 0 } == 66)
    }
    // By and large in proportion to the weights.
    var firsts = 0
    for seed in 0..<400 {
      var random = RandomStream(seed: UInt64(seed))
      let one = try strategy("attention", 0.006, ["thrown": .number(0)])
      let mask = try one.mask(
        MaskContext(grid: grid, guidance: MaskGuidance(scores: (0..<196).map { $0 < 49 ? 3 : 1 })), random: &random)
      firsts += mask.hidden[0] < 49 ? 1 : 0
    }
    #expect((170..<230).contains(firsts), "\(firsts) of 400, expected half")
  }

  @Test("attention of the class token is that of the last block, and adds up to what it leaves for itself")
  func classAttention() throws {
    let (model, source, _) = try RelationPassTests.model()
    let ours = model.classAttention(source, on: Kernels(threads: 2))
    var last: Tensor?
    _ = model.objective.encoder(
      source, EncoderTokens(allOf: model.configuration.grid, samples: 3),
      in: Pass(inferring: model.parameters, on: Kernels(threads: 1)), probe: Probe(attention: { _, weights in last = weights }))
    let weights = try #require(last).floats()
    let (count, heads) = (model.configuration.grid.count, model.configuration.encoder.blocks.heads)
    for sample in 0..<3 {
      #expect((0.5..<1).contains(ours[sample].reduce(0, +)))
      for token in 0..<count {
        let mean = (0..<heads).reduce(0.0) {
          $0 + Double(weights[(sample * heads + $1) * (count + 1) * (count + 1) + 1 + token])
        }
        #expect(abs(mean / Double(heads) - ours[sample][token]) < 1e-6)
      }
    }
  }

  @Test("a hole lies in the middle, as high and wide as the picture allows")
  func centre() throws {
    let masking = try strategy("centre", 0.25)
    var random = RandomStream(seed: 1)
    let mask = try masking.mask(MaskContext(grid: TokenGrid(height: 14, width: 14)), random: &random)
    // Seven by seven cannot be centred in fourteen: the eighth row and column give what is missing.
    #expect(mask.hidden.count == 49)
    #expect(mask.hidden.allSatisfy { (3...10).contains($0 / 14) && (3...10).contains($0 % 14) })
    #expect((4...9).allSatisfy { row in (4...9).allSatisfy { mask.hidden.contains(Int32(row * 14 + $0)) } })
    let wide = CentreMasking(MaskingConfiguration(kind: MaskingKind(CentreMasking.self), ratio: 0.25))
      .mask(MaskContext(grid: TokenGrid(height: 4, width: 8)), random: &random)
    #expect(wide.hidden == [10, 11, 12, 13, 18, 19, 20, 21])
  }

  /// Mean number of hidden neighbours of a hidden token, and how far that differs at six tokens' distance.
  private func neighbours(_ colour: String) throws -> (near: Double, far: Double) {
    let masking = try strategy("noise", 0.5, ["colour": .text(colour)])
    var (near, far, count) = (0.0, 0.0, 0.0)
    for seed in 0..<40 {
      var random = RandomStream(seed: UInt64(seed))
      let hidden = try masking.mask(MaskContext(grid: TokenGrid(height: 14, width: 14)), random: &random).bytes
      for row in 0..<14 {
        for column in 0..<8 where hidden[row * 14 + column] == 1 {
          near += Double(hidden[row * 14 + column + 1])
          far += Double(hidden[row * 14 + column + 6])
          count += 1
        }
      }
    }
    return (near / count, far / count)
  }

  @Test("red noise hides patches in clumps, blue ones apart, green clumps of one size, purple both")
  func noise() throws {
    let (red, blue, green, purple) = (
      try neighbours("red"), try neighbours("blue"), try neighbours("green"), try neighbours("purple")
    )
    #expect(red.near > 0.78 && (0.57..<0.75).contains(green.near) && blue.near < 0.45, "\(red) \(green) \(blue)")
    #expect(purple.near < green.near && purple.near > blue.near, "\(purple)")
    for colour in [red, blue, green, purple] { #expect((0.35..<0.65).contains(colour.far), "\(colour)") }
    let error = #expect(throws: MaskingError.self) { _ = try strategy("noise", 0.5, ["colour": .text("pink")]) }
    #expect(error?.description.contains("expected one of red, blue, green, purple") == true)
  }

  @Test("an even histogram keeps the order")
  func evened() {
    let field = NoiseField(side: 2, values: [3, -1, 100, 0])
    #expect(field.evened().values == [0.625, 0.125, 0.875, 0.375])
  }

  @Test("what the decoder is asked for stands beside the masking: of videomae-v2 the tokens of the running cell")
  func decoderMaskingIsTold() throws {
    func remark(_ method: MAEModels.Method, _ change: (inout ModelConfiguration) -> Void = { _ in }) throws -> String? {
      var configuration = StepTests.configuration(method)
      change(&configuration)
      return try Model(configuration, seed: nil).maskingRemark
    }
    // Two slots of 4 × 8 tokens, of which the running cell leaves half.
    #expect(
      try remark(.videomaeV2) == "the decoder is asked for the hidden ones among 32 that cell masking at 0.5 leaves")
    #expect(try remark(.videomaeV2) { $0.masking.decoderRatio = 0.75 }?.contains("16 that cell masking at 0.75") == true)
    #expect(try remark(.videomae) == nil)
  }
}
