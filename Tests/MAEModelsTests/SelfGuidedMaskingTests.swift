import MAECore
import MAEModels
import Testing

@Suite struct SelfGuidedMaskingTests {
  static let grids = [
    TokenGrid(height: 12, width: 12), TokenGrid(height: 8, width: 12), TokenGrid(height: 5, width: 3),
    TokenGrid(time: 4, height: 6, width: 7),
  ]

  static func masking(_ ratio: Double, _ guide: GuideConfiguration) -> SelfGuidedMasking {
    SelfGuidedMasking(MaskingConfiguration(kind: .selfGuided, ratio: ratio, guide: guide))
  }

  /// Random scores; tokens of positive score are the object.
  static func relevance(_ count: Int, seed: UInt64) -> Relevance {
    var random = RandomStream(seed: seed)
    let scores = (0..<count).map { _ in random.uniform(-1, 1) }
    return Relevance(scores: scores, isObject: scores.map { $0 > 0 })
  }

  @Test("counts are exact, with and without hints, whatever the object's size", arguments: HintKind.allCases, ClipGraph.allCases)
  func counts(hints: HintKind, graph: ClipGraph) throws {
    for grid in Self.grids {
      for ratio in [0.5, 0.6, 0.75, 0.9] {
        let masking = Self.masking(ratio, GuideConfiguration(clipGraph: graph, hints: hints, hintRatio: 0.2))
        let units = grid.time > 1 && graph == .frames ? grid.plane : grid.count
        for (seed, isFound) in [(1, true), (2, true), (3, false)] as [(UInt64, Bool)] {
          for progress in [0.0, 0.5, 1] {
            let scores = isFound ? Self.relevance(units, seed: seed).scores : nil
            var random = RandomStream(seed: seed)
            let (mask, shown) = try masking.informedMask(
              MaskContext(grid: grid), MaskGuidance(scores: scores, progress: progress), random: &random)
            #expect(mask.visible.count + mask.hidden.count == grid.count)
            #expect(Set(shown).isSubset(of: mask.visible))
            #expect(mask.visible.count == masking.visibleCount(in: grid), "\(grid) \(ratio)")
            #expect(shown.isEmpty == (hints == .none || !isFound))
          }
        }
      }
    }
  }

  @Test("the highest scores are hidden, the lower number first where they are equal")
  func order() throws {
    let grid = TokenGrid(height: 2, width: 4)
    let masking = Self.masking(0.5, GuideConfiguration(hints: .none))
    let guidance = MaskGuidance(scores: [0.1, 0.9, 0.5, 0.5, 0.5, -1, 0.9, 0])
    var random = RandomStream(seed: 0)
    let mask = try masking.mask(MaskContext(grid: grid, guidance: guidance), random: &random)
    #expect(mask.hidden == [1, 2, 3, 6])
  }

  @Test("without guidance, and where nothing is found, masks are those of the plain methods")
  func plain() throws {
    for grid in Self.grids {
      for graph in ClipGraph.allCases {
        let configuration = MaskingConfiguration(kind: .selfGuided, ratio: 0.75, guide: GuideConfiguration(clipGraph: graph))
        let plain: any MaskingStrategy =
          grid.time > 1 && graph == .frames
          ? TubeMasking(configuration) : RandomMasking(configuration)
        let masking = SelfGuidedMasking(configuration)
        for guidance in [nil, MaskGuidance(scores: nil, progress: 0.3)] {
          var (a, b) = (RandomStream(seed: 6), RandomStream(seed: 6))
          #expect(
            try masking.mask(MaskContext(grid: grid, guidance: guidance), random: &a)
              == plain.mask(MaskContext(grid: grid), random: &b))
        }
      }
    }
  }

  @Test("hints come out of all that was hidden, fewer towards the end, and the next best is hidden for them")
  func hints() throws {
    let grid = TokenGrid(height: 14, width: 14)
    let scores = Self.relevance(196, seed: 8).scores
    let order = Relevance.order(scores)
    let hidden = Set(order.prefix(147).map(Int32.init))
    for kind in [HintKind.random, .score] {
      let masking = Self.masking(0.75, GuideConfiguration(hints: kind, hintRatio: 0.1))
      var shownScores: [Double] = []
      // 0.1 · (1 − p²) of 147 tokens, and one at the end.
      for (progress, count) in [(0.0, 15), (0.5, 11), (1.0, 1)] {
        for seed in 0..<20 {
          var random = RandomStream(seed: UInt64(seed))
          let guidance = MaskGuidance(scores: scores, progress: progress)
          let (mask, shown) = try masking.informedMask(MaskContext(grid: grid), guidance, random: &random)
          #expect(shown.count == count)
          #expect(Set(shown).isSubset(of: hidden))
          let swapped = order[147..<147 + count].map(Int32.init)
          #expect(Set(mask.hidden) == hidden.subtracting(shown).union(swapped))
          if progress == 0 { shownScores += shown.map { scores[Int($0)] } }
        }
      }
      // All hidden tokens have a mean score near 0.25; draws by score prefer the best.
      let mean = shownScores.reduce(0, +) / Double(shownScores.count)
      if kind == .score { #expect(mean > 0.7) } else { #expect((0.17..<0.33).contains(mean), "\(mean)") }
      // Uniform draws show the worst of the hidden ones as often as the best.
      if kind == .random { #expect(Set(shownScores).count > 100) }
    }
  }

  @Test("the background is the other side, and both take turns where they alternate")
  func targets() throws {
    let grid = TokenGrid(height: 8, width: 8)
    let isObject = { (row: Int, column: Int) in (2..<5).contains(row) && (3..<6).contains(column) }
    let features = NormalizedCutTests.features(grid, object: isObject)
    let object = (0..<64).map { isObject($0 / 8, $0 % 8) }
    func side(_ target: GuideTarget, view: Int) throws -> [Bool] {
      let masking = Self.masking(0.75, GuideConfiguration(target: target))
      #expect(masking.views == (target == .alternating ? 2 : 1))
      let found = try #require(masking.relevance(of: features, in: grid, view: view))
      // What is hidden first is the side itself.
      #expect(
        Set(Relevance.order(found.scores).prefix(found.isObject.count { $0 })) == Set((0..<64).filter { found.isObject[$0] }))
      return found.isObject
    }
    #expect(try side(.object, view: 0) == object)
    #expect(try side(.background, view: 0) == object.map { !$0 })
    #expect(try [side(.alternating, view: 0), side(.alternating, view: 1)] == [object, object.map { !$0 }])
  }

  @Test("tubes hide a place by its scores in all slots; a graph over the clip hides tokens one by one")
  func clips() throws {
    let grid = TokenGrid(time: 3, height: 8, width: 8)
    let isObject = { (row: Int, column: Int) in (2..<6).contains(row) && (3..<7).contains(column) }
    let slots = (0..<3).map { slot in
      NormalizedCutTests.features(TokenGrid(height: 8, width: 8), object: isObject, seed: UInt64(slot))
    }
    let features = TokenFeatures(count: grid.count, values: slots.flatMap(\.values))
    let place = (0..<64).map { isObject($0 / 8, $0 % 8) }
    let tubes = try #require(Self.masking(0.75, GuideConfiguration()).relevance(of: features, in: grid))
    #expect(tubes.isObject == place)
    var random = RandomStream(seed: 1)
    let mask = try Self.masking(0.75, GuideConfiguration(hints: .none))
      .mask(MaskContext(grid: grid, guidance: MaskGuidance(scores: tubes.scores)), random: &random)
    for slot in 0..<3 {
      for token in 0..<64 where place[token] { #expect(mask.hidden.contains(Int32(slot * 64 + token))) }
    }
    let clip = try #require(Self.masking(0.75, GuideConfiguration(clipGraph: .clip)).relevance(of: features, in: grid))
    #expect(clip.isObject == place + place + place)
  }
}
