import MAECore
import MAEEngine
import MAEModels
import Testing

/// Numbers that the papers' implementations state: sizes, tables, presets.
@Suite struct PublishedValues {
  @Test(
    "parameter counts",
    arguments: [
      (Method.mae, ModelSize.base, 111_907_840), (.mae, .large, 329_541_888), (.mae, .huge, 657_074_508),
      (.videomae, .small, 24_029_376), (.videomae, .base, 94_210_944), (.videomae, .large, 342_996_992),
      (.videomae, .huge, 692_487_296), (.maeST, .base, 99_898_880), (.maeST, .large, 317_731_584),
      (.maeST, .huge, 645_232_460), (.crossmae, .small, 32_186_396),
      (.crossmae, .base, 127_286_428), (.crossmae, .large, 347_940_908),
      (.crossmae, .huge, 678_493_912), (.pixio, .base, 187_656_192),
      (.pixio, .large, 405_309_184), (.pixio, .huge, 733_075_968),
    ])
  func counts(_ method: Method, _ size: ModelSize, _ count: Int) {
    let parameters = method.model(size).parameters.filter(\.isStored)
    // The key bias of VideoMAE is fixed at zero and not counted.
    #expect(parameters.reduce(0) { $0 + $1.count - ($1.frozen?.count ?? 0) } == count)
  }

  @Test("MAE's position table: column first, then row")
  func planeTable() {
    let small = SinusoidTable.plane(height: 3, width: 3, channels: 8, classRows: 1)
    let expected: [Int: [Float]] = [
      0: [0, 0, 0, 0, 0, 0, 0, 0], 1: [0, 0, 1, 1, 0, 0, 1, 1],
      2: [0.841471, 0.0099998, 0.5403023, 0.99995, 0, 0, 1, 1],
      4: [0, 0, 1, 1, 0.841471, 0.0099998, 0.5403023, 0.99995],
      8: [0.841471, 0.0099998, 0.5403023, 0.99995, 0.9092974, 0.0199987, -0.4161468, 0.9998],
    ]
    for (row, values) in expected {
      for (channel, value) in values.enumerated() { #expect(abs(small[row * 8 + channel] - value) < 1e-6) }
    }
    let large = SinusoidTable.plane(height: 14, width: 14, channels: 768, classRows: 0)
    #expect(abs(large.reduce(0.0) { $0 + Double($1) } - 69594.4938) < 1e-3)
  }

  @Test("VideoMAE's position table: interleaved sine and cosine of the token number")
  func sequenceTable() {
    let small = SinusoidTable.sequence(count: 2, channels: 8)
    for (channel, value) in [0.841471, 0.5403023, 0.0998334, 0.9950042, 0.0099998, 0.99995, 0.001, 0.9999995].enumerated() {
      #expect(abs(Double(small[8 + channel]) - value) < 1e-6)
    }
    let large = SinusoidTable.sequence(count: 1568, channels: 768)
    #expect(abs(large.reduce(0.0) { $0 + Double($1) } - 245744.9896) < 1e-3)
    #expect(abs(large[1567 * 768 + 767] - 0.9871469) < 1e-6)
  }

  @Test(
    "presets show the published token counts",
    arguments: [
      (Method.mae, 196, 49), (.videomae, 1568, 160), (.maeST, 1568, 156), (.siammae, 196, 9), (.simmim, 196, 76),
      (.crossmae, 196, 49), (.pixio, 256, 64),
      (.mwm, 64, 16), (.mwmTactile, 192, 10),
    ])
  func tokens(_ method: Method, _ all: Int, _ visible: Int) throws {
    let configuration = method.model(.base)
    #expect(configuration.grid.count == all)
    let masking = try configuration.masking.strategy(for: configuration.grid, patch: configuration.input.patch)
    #expect(masking.visibleCount(in: configuration.grid) == visible)
  }
}
