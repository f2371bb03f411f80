import MAECore
import MAEModels
import Testing

/// What holds for every masking of the catalogue.
@Suite struct MaskingLaws {
  static let grids = [
    TokenGrid(height: 14, width: 14), TokenGrid(time: 8, height: 14, width: 14), TokenGrid(time: 4, height: 6, width: 10),
    TokenGrid(time: 8, height: 8, width: 8),
  ]

  /// Every masking with every ratio it can do on a grid.
  static let cases: [(strategy: any MaskingStrategy, grid: TokenGrid, name: String)] = grids.flatMap { grid in
    Catalogue.builtIn.maskings.flatMap { type in
      [0.5, 0.75, 0.9].compactMap { ratio in
        let configuration = MaskingConfiguration(kind: MaskingKind(type), ratio: ratio)
        guard let strategy = try? configuration.strategy(for: grid, patch: 16) else { return nil }
        return (strategy, grid, "\(type.kind) \(ratio) on \(grid)")
      }
    }
  }

  @Test("every token is visible or hidden, never both, or thrown away by a masking that does so, and the count is exact")
  func partition() throws {
    #expect(Self.cases.count > 30)
    for (strategy, grid, name) in Self.cases {
      for seed in 0..<5 {
        var random = RandomStream(seed: UInt64(seed))
        let mask = try strategy.mask(MaskContext(grid: grid), random: &random)
        #expect(mask.visible.count == strategy.visibleCount(in: grid), "\(name)")
        #expect(Set(mask.visible).isDisjoint(with: mask.hidden), "\(name)")
        let thrown = name.hasPrefix("attention") ? Int(0.4 * Double(grid.count)) : 0
        #expect(mask.visible.count + mask.hidden.count == grid.count - thrown && mask.droppedCount == thrown, "\(name)")
        #expect(Set(mask.visible).union(mask.hidden).isSubset(of: 0..<Int32(grid.count)), "\(name)")
        #expect(mask.visible == mask.visible.sorted() && mask.hidden == mask.hidden.sorted(), "\(name)")
      }
    }
  }

  @Test("the same stream gives the same mask, another usually another")
  func determinism() throws {
    for (strategy, grid, name) in Self.cases {
      let masks = try (0..<8).map { seed in
        var (a, b) = (RandomStream(seed: UInt64(seed)), RandomStream(seed: UInt64(seed)))
        let mask = try strategy.mask(MaskContext(grid: grid), random: &a)
        #expect(try strategy.mask(MaskContext(grid: grid), random: &b) == mask, "\(name)")
        return mask
      }
      // Two are fixed by definition.
      #expect(Set(masks).count > 1 || name.hasPrefix("grid") || name.hasPrefix("centre"), "\(name)")
    }
  }

  @Test("given masks are drawn as they are, those of one slot for every slot")
  func given() throws {
    var configuration = MaskingConfiguration(kind: .given, ratio: 0.5)
    let grid = TokenGrid(time: 3, height: 2, width: 2)
    func strategy(_ masks: [String]) throws -> any MaskingStrategy {
      configuration.masks = masks
      return try configuration.strategy(for: grid, patch: 16)
    }
    let two = try strategy(["1101", "0111"])
    #expect(two.visibleCount(in: grid) == 3)
    var random = RandomStream(seed: 1)
    let drawn = try Set((0..<30).map { _ in try two.mask(MaskContext(grid: grid), random: &random).visible })
    #expect(drawn == [[2, 6, 10], [0, 4, 8]])
    for wrong in [[], ["1101", "0011"], ["110"], ["1111"], ["0000"]] {
      #expect(throws: MaskingError.self) { _ = try strategy(wrong) }
    }
  }

  @Test("tubes hide the same places in every slot, frames whole slots")
  func shapes() throws {
    let grid = TokenGrid(time: 8, height: 14, width: 14)
    func mask(_ configuration: MaskingConfiguration) throws -> TokenMask {
      var random = RandomStream(seed: 4)
      return try configuration.strategy(for: grid, patch: 16)
        .mask(MaskContext(grid: grid), random: &random)
    }
    let tube = try mask(MaskingConfiguration(kind: .tube, ratio: 0.9, rounding: .hiddenDown))
    let places = Set(tube.visible.map { $0 % 196 })
    #expect(places.count == 20 && tube.visible.count == 160)
    let frame = try mask(MaskingConfiguration(kind: .frame, ratio: 0.875, rounding: .hiddenDown))
    #expect(Set(frame.visible.map { $0 / 196 }).count == 1 && frame.visible.count == 196)
  }

  @Test(
    "ratios round as each public implementation rounds them",
    arguments: [
      (RatioRounding.visibleDown, 0.75, 196, 49), (.visibleDown, 0.9, 100, 9), (.visibleDown, 0.8, 196, 39),
      (.visibleDown, 0.9, 196, 19), (.visibleDown, 0.9, 1568, 156), (.visibleDown, 0.95, 196, 9),
      (.hiddenDown, 0.9, 196, 20), (.hiddenUp(unit: 32), 0.6, 49, 19), (.hiddenUp(unit: 32), 0.6, 36, 14),
      (.visibleDownPatches(side: 4), 0.8, 25, 4), (.visibleDownPatches(side: 4), 0.9, 100, 9),
      (.visibleDownPatches(side: 4), 0.75, 9, 2), (.visibleDownPatches(side: 4), 0.6, 4, 1),
    ])
  func rounding(_ rule: RatioRounding, ratio: Double, count: Int, visible: Int) {
    #expect(rule.visible(of: count, ratio: ratio) == visible)
  }

  @Test("Pixio hides whole units of 4 × 4 patches, however large a patch is", arguments: [4, 8, 16])
  func patchUnits(patch: Int) throws {
    var model = Method.pixio.model(.tiny)
    model.input.patch = patch
    model.input.size = FrameSize(width: 16 * patch, height: 12 * patch)
    let strategy = try #require(try model.maskingStrategy())
    // int(12 · (1 − 0.75)) = 3 of twelve units.
    #expect(strategy.visibleCount(in: model.grid) == 3 * 16)
    var random = RandomStream(seed: 2)
    let mask = try strategy.mask(MaskContext(grid: model.grid), random: &random)
    let units = Set(mask.visible.map { Int($0) / 16 / 4 * 4 + Int($0) % 16 / 4 })
    #expect(units.count == 3 && mask.visible.count == 48)
  }

  @Test("grids that units of patches do not divide, or of which they leave nothing visible, are refused with what to do")
  func undividedGrids() throws {
    for (height, width, phrase) in [
      (14, 14, "do not divide"), (16, 14, "do not divide"), (3, 4, "do not divide"), (4, 4, "nothing visible"),
      (4, 8, "nothing visible"),
    ] {
      let masking = MaskingConfiguration(kind: .random, ratio: 0.75, rounding: .visibleDownPatches(side: 4))
      let error = #expect(throws: MaskingError.self) {
        try masking.strategy(for: TokenGrid(height: height, width: width), patch: 16)
      }
      #expect(error?.description.contains(phrase) == true && error?.description.contains("choose") == true)
      #expect(error?.kind == .usage)
    }
    // Weights do not tell their units: what fits is taken.
    var masking = MaskingConfiguration(kind: .random, ratio: 0.75, rounding: .visibleDownPatches(side: 4))
    #expect(!masking.fitUnits(to: TokenGrid(height: 16, width: 16)) && masking.rounding == .visibleDownPatches(side: 4))
    #expect(masking.fitUnits(to: TokenGrid(height: 14, width: 14)) && masking.rounding == .visibleDownPatches(side: 2))
    #expect(masking.fitUnits(to: TokenGrid(height: 15, width: 15)) && masking.rounding == .visibleDownPatches(side: 1))
  }

  @Test("SimMIM hides whole units of 32 pixels")
  func units() throws {
    let grid = TokenGrid(height: 14, width: 14)
    let strategy = try MaskingConfiguration(
      kind: .random, ratio: 0.6, rounding: .hiddenUp(unit: 32)
    ).strategy(for: grid, patch: 16)
    var random = RandomStream(seed: 2)
    let mask = try strategy.mask(MaskContext(grid: grid), random: &random)
    #expect(mask.hidden.count == 30 * 4)
    for token in mask.hidden {
      let (row, column) = (Int(token) / 14 / 2 * 2, Int(token) % 14 / 2 * 2)
      for other in [0, 1, 14, 15] { #expect(mask.hidden.contains(Int32(row * 14 + column + other))) }
    }
  }

  @Test("the running cell moves on by one place in each slot")
  func cell() throws {
    let grid = TokenGrid(time: 4, height: 4, width: 4)
    let strategy = try MaskingConfiguration(kind: .cell, ratio: 0.5).strategy(for: grid, patch: 16)
    var seen: Set<[Int32]> = []
    for seed in 0..<40 {
      var random = RandomStream(seed: UInt64(seed))
      let mask = try strategy.mask(MaskContext(grid: grid), random: &random)
      let hidden = Set(mask.hidden)
      // With ones first in a queue of four, two neighbours (cyclically) of each cell are hidden, and slots differ by a step.
      let cells = (0..<4).map { slot in [0, 1, 4, 5].map { hidden.contains(Int32(slot * 16 + $0)) } }
      for slot in 0..<3 { #expect(cells[slot + 1] == Array(cells[slot][1...]) + [cells[slot][0]]) }
      for token in 0..<64 {
        let (slot, row, column) = (token / 16, token / 4 % 4, token % 4)
        #expect(hidden.contains(Int32(token)) == cells[slot][row % 2 * 2 + column % 2])
      }
      seen.insert(mask.hidden)
    }
    #expect(seen.count == 4)
  }

  @Test(
    "what cannot be hidden is an error that says so",
    arguments: [
      (MaskingConfiguration(kind: .random, ratio: 0.999), "nothing visible"),
      (MaskingConfiguration(kind: .grid, ratio: 0.5), "0.75"),
      (MaskingConfiguration(kind: .random, ratio: 1.2), "below 1"),
      (MaskingConfiguration(kind: .random, ratio: 90), "below 1; did you mean 0.9?"),
      (MaskingConfiguration(kind: .frame, ratio: 0.9), "nothing visible"),
    ])
  func impossible(_ configuration: MaskingConfiguration, says words: String) {
    let error = #expect(throws: MaskingError.self) {
      try configuration.strategy(for: TokenGrid(time: 8, height: 4, width: 4), patch: 16)
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }
}
