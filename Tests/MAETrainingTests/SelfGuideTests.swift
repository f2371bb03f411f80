import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining
import TestSupport
import Testing

@Suite struct SelfGuideTests {
  /// A model of milliseconds whose masks become informed after `start`.
  static func recipe(_ start: GuideStart, mode: GuideMode = .step, steps: Int = 12) -> Recipe {
    var recipe = Small.recipe(.selfGuided, steps: steps)
    recipe.guidance = GuidanceRecipe(start: start, mode: mode)
    return recipe
  }

  /// Pictures of four files, each with a disc of another texture, seen through a random window.
  final class DiscSource: BatchSource {
    private var stripes: StripeSource
    private let recipe: Recipe
    var waitSeconds = 0.0
    var badFiles: [BadFile] = []
    static let size = FrameSize(width: 48, height: 40)

    init(_ recipe: Recipe, startingAt batch: Int) {
      self.recipe = recipe
      stripes = StripeSource(recipe, startingAt: batch)
    }

    func next() throws -> ClipBatch {
      let batch = try stripes.next()
      let samples = batch.samples.map { sample in
        var random = RandomStream(seed: 2).fork("window", sample.position)
        let window = PixelRect(x: random.below(17), y: random.below(9), width: 32, height: 32)
        return Sample(
          file: sample.position % 4, position: sample.position, epoch: 0, crop: window, isFlipped: random.below(2) == 1)
      }
      let pixels = samples.flatMap { Self.pixels(file: $0.file, $0.crop) }
      return ClipBatch(shape: batch.shape, pixels: pixels, samples: samples)
    }

    static func pixels(file: Int, _ window: PixelRect) -> [UInt8] {
      var pixels: [UInt8] = []
      for y in window.y..<window.y + window.height {
        for x in window.x..<window.x + window.width {
          let (dx, dy) = (x - 16 - 4 * file, y - 18)
          let isDisc = dx * dx + dy * dy < 100
          let wave = isDisc ? sin(Double(x)) : sin(Double(y) / 3)
          for channel in 0..<3 { pixels.append(UInt8(128 + 60 * wave + (isDisc ? 40 : -40) * Double(channel - 1))) }
        }
      }
      return pixels
    }

    /// The whole of a file, as the guide reads it; for the test at the size of the window.
    static func whole(_ file: Int) -> SelfGuide.WholePicture {
      let window = PixelRect(x: 8, y: 4, width: 32, height: 32)
      return SelfGuide.WholePicture(
        clip: Clip(size: window.size, times: [0], pixels: pixels(file: file, window)), size: size)
    }
  }

  private func start(_ recipe: Recipe, in path: String, threads: Int = 1) throws -> Pretraining {
    try Small.pretraining(
      recipe, in: path, threads: threads, source: { DiscSource(recipe, startingAt: $0) }, wholePicture: DiscSource.whole)
  }

  private func numbers(_ run: Pretraining) -> [[Float]] {
    let parameters = run.model.parameters
    return parameters.parameters.map { parameters.values(of: $0) }
  }

  @Test("before the switch a run is that of plain MAE, bit for bit")
  func before() throws {
    let folder = TemporaryFolder()
    let plain = try start(Small.recipe(.mae, steps: 12), in: folder.path + "/plain")
    let guided = try start(Self.recipe(.epoch(100)), in: folder.path + "/guided")
    let switched = try start(Self.recipe(.share(0.5)), in: folder.path + "/switched")
    for run in [plain, guided, switched] { #expect(try run.train() == .finished) }
    #expect(numbers(plain) == numbers(guided))
    let losses = try [plain, guided, switched].map { try StepMetrics.read($0.folder.metricsPath).compactMap(\.loss) }
    #expect(losses[0] == losses[1])
    #expect(losses[0].prefix(6) == losses[2].prefix(6))
    #expect(losses[0][6] != losses[2][6])
    #expect(switched.trainer.state.guide?.switchedAt == 6)
    #expect(guided.trainer.state.guide?.switchedAt == nil)
  }

  @Test(
    "a guided run that stopped and went on equals one that did not, bit for bit", arguments: GuideMode.allCases, [2, 5, 9])
  func resume(mode: GuideMode, stop: Int) throws {
    let folder = TemporaryFolder()
    let recipe = Self.recipe(.epoch(4.0 / 7), mode: mode)
    let whole = try start(recipe, in: folder.path + "/whole")
    #expect(try whole.train() == .finished)
    do { #expect(try start(recipe, in: folder.path + "/parts").train(stopAfter: stop) == .interrupted(step: stop)) }
    let second = try start(recipe, in: folder.path + "/parts", threads: 2)
    #expect(second.continuedFrom == stop)
    #expect(try second.train() == .finished)
    #expect(numbers(second) == numbers(whole))
    #expect(second.trainer.state.guide == whole.trainer.state.guide)
    #expect((second.trainer.masks as? SelfGuide)?.maps == (whole.trainer.masks as? SelfGuide)?.maps)
    #expect(whole.trainer.state.guide?.switchedAt == 4)
    let lines = try StepMetrics.read(whole.folder.metricsPath)
    #expect(lines.map { $0.guide?.informed } == (1...12).map { $0 > 4 })
    #expect(lines[0].guide?.exploitation != nil)
    #expect(try StepMetrics.read(second.folder.metricsPath).map(\.loss) == lines.map(\.loss))
    if mode == .image { #expect((whole.trainer.masks as? SelfGuide)?.maps.count == 4) }
  }

  @Test("the three modes differ")
  func modes() throws {
    let folder = TemporaryFolder()
    let ends = try GuideMode.allCases.map { mode in
      let run = try start(Self.recipe(.share(0.3), mode: mode), in: folder.path + "/\(mode)")
      #expect(try run.train() == .finished)
      return numbers(run)
    }
    #expect(ends[0] != ends[1] && ends[0] != ends[2] && ends[1] != ends[2])
  }

  @Test("pictures of one colour cannot be cut: they are hidden at random, counted and logged")
  func fallback() throws {
    final class Blank: BatchSource {
      let stripes: StripeSource
      var waitSeconds = 0.0
      var badFiles: [BadFile] = []
      init(_ recipe: Recipe) { stripes = StripeSource(recipe, startingAt: 0) }
      func next() throws -> ClipBatch {
        let batch = try stripes.next()
        return ClipBatch(
          shape: batch.shape, pixels: [UInt8](repeating: 90, count: batch.pixels.count), samples: batch.samples)
      }
    }
    let folder = TemporaryFolder()
    var recipe = Self.recipe(.epoch(0), steps: 3)
    recipe.model.encoder.positions = .none
    let run = try Small.pretraining(recipe, in: folder.path + "/run") { _ in Blank(recipe) }
    #expect(try run.train() == .finished)
    #expect(run.trainer.state.guide?.samples == 12)
    #expect(run.trainer.state.guide?.fallbacks == 12)
    #expect(try StepMetrics.read(run.folder.metricsPath).map { $0.guide?.fallbacks } == [4, 4, 4])
  }

  @Test("the automatic switch waits until mask tokens pass visible ones from below")
  func automatic() throws {
    var state = GuideState()
    let seen = [0.75, 0.6, 0.45, 0.4, 0.49, 0.51].enumerated().map { step, mask in
      state.record(ExploitationRate([MaskTokenShare(ofVisibleQueries: 0, ofMaskQueries: mask)]).mean, at: step)
      return state.hasCrossed
    }
    #expect(seen == [false, false, false, false, false, true])

    // An untrained decoder looks everywhere alike: what it uses is what there is.
    for (ratio, isMostlyMask) in [(0.75, true), (0.25, false)] {
      let folder = TemporaryFolder()
      var recipe = Self.recipe(.automatic, steps: 2)
      recipe.model.masking.ratio = ratio
      let run = try start(recipe, in: folder.path + "/run")
      #expect(try run.train() == .finished)
      let state = try #require(run.trainer.state.guide)
      #expect((try #require(state.exploitation).mask > 0.5) == isMostlyMask)
      #expect(state.switchedAt == nil && state.wasBelow == !isMostlyMask)
    }
    // One whose rates have been below switches as soon as they are above.
    let recipe = Self.recipe(.automatic, steps: 2)
    let model = try Model(recipe.model, seed: 0)
    var below = GuideState()
    below.wasBelow = true
    let guide = try #require(
      SelfGuide(TrainingPlan(recipe, batchesPerEpoch: 7), model: model, on: Kernels(threads: 1)))
    try guide.restore(JSONValue(encoding: below), from: "/nonexistent", isSameData: true)
    let source = DiscSource(recipe, startingAt: 0)
    let trainer = Trainer(
      TrainingPlan(recipe, batchesPerEpoch: 7), model: model,
      optimizer: AdamW(recipe.optimizer, for: model.parameters, on: Kernels(threads: 1)), source: source,
      state: TrainingState(seed: 0, recipe: recipe.fingerprint, data: ""), masks: guide, on: Kernels(threads: 1))
    #expect(try trainer.step().guide?.informed == true)
    #expect(guide.progress.switchedAt == 0)
  }

  @Test("a map of the whole picture follows crop and flip")
  func maps() throws {
    let grid = TokenGrid(height: 4, width: 4)
    // Scores grow by a quarter per column and by one per row.
    let scores: [Double] = (0..<16).map { (token: Int) -> Double in
      let (row, column) = (token / 4, token % 4)
      return Double(column) / 4 + Double(row)
    }
    let map = RelevanceMap(
      size: FrameSize(width: 400, height: 200), grid: grid,
      relevance: Relevance(scores: scores, isObject: (0..<16).map { $0 % 4 >= 2 }))
    let whole = PixelRect(x: 0, y: 0, width: 400, height: 200)
    #expect(map.relevance(in: whole, isFlipped: false)?.scores == scores)
    let mirrored: [Double] = (0..<16).map { (token: Int) -> Double in
      let (row, column) = (token / 4, token % 4)
      return scores[4 * row + 3 - column]
    }
    #expect(map.relevance(in: whole, isFlipped: true)?.scores == mirrored)
    // The middle half: between the second and third columns and rows, a quarter of a step at a time.
    let middle = try #require(map.relevance(in: PixelRect(x: 100, y: 50, width: 200, height: 100), isFlipped: false))
    for token in 0..<16 {
      let (x, y) = (0.75 + 0.5 * Double(token % 4), 0.75 + 0.5 * Double(token / 4))
      #expect(abs(middle.scores[token] - (x / 4 + y)) < 1e-12)
      #expect(middle.isObject[token] == (token % 4 >= 2))
    }
    let right = try #require(map.relevance(in: PixelRect(x: 200, y: 0, width: 200, height: 200), isFlipped: false))
    #expect(right.isObject.count { $0 } == 12 || right.isObject.allSatisfy { $0 })
    #expect(RelevanceMap(size: whole.size, grid: grid, relevance: nil).relevance(in: whole, isFlipped: false) == nil)
  }
}
