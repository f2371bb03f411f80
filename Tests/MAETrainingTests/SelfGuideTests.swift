import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining
import Synchronization
import TestSupport
import Testing

@Suite struct SelfGuideTests {
  /// A model of milliseconds whose masks become informed after `start`.
  static func recipe(_ start: GuideStart, mode: GuideMode = .step, steps: Int = 12) -> Recipe {
    var recipe = Small.recipe(.selfGuided, steps: steps)
    // Attention outputs of so small a model cut by position, in all of these pictures alike.
    recipe.model.masking.guide = GuideConfiguration(relations: .block)
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

    /// The files as the guide reads them; for the test at the size of the window.
    static let pictures = GuidePictures(count: 4, fingerprint: "discs") { file, _ in
      let window = PixelRect(x: 8, y: 4, width: 32, height: 32)
      return GuidePictures.Picture(
        clip: Clip(size: window.size, times: [0], pixels: pixels(file: file, window)), size: size)
    }
  }

  private func start(_ recipe: Recipe, in path: String, threads: Int = 1) throws -> Pretraining {
    try Small.pretraining(
      recipe, in: path, files: 4, threads: threads, source: { DiscSource(recipe, startingAt: $0) }, pictures: DiscSource.pictures)
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
    #expect(try StepMetrics.read(second.folder.metricsPath).map(\.loss) == lines.map(\.loss))
    if mode == .image {
      #expect((whole.trainer.masks as? SelfGuide)?.maps?.count == 4)
      let checksum = try #require(whole.trainer.state.guide?.maps)
      #expect(FileManager.default.fileExists(atPath: "\(whole.folder.guidePath)/maps-\(checksum).safetensors"))
    }
  }

  @Test("losses after the switch are compared with others after it, so that harder masks are no spikes")
  func spikes() throws {
    let folder = TemporaryFolder()
    for (start, expected) in [(GuideStart.share(0.5), 6), (.epoch(100), 12)] {
      let run = try self.start(Self.recipe(start), in: folder.path + "/\(start)")
      #expect(try run.train() == .finished)
      let compared = JSONValue(encoding: run.trainer.state.spikes)
      #expect(compared.object?["count"] == .integer(expected), "\(start)")
    }
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

  @Test(
    "a look at all pictures that is stopped goes on where it was, and a kill between its end and the next checkpoint costs none")
  func stoppedLook() throws {
    let folder = TemporaryFolder()
    var recipe = Self.recipe(.epoch(0), mode: .image)
    recipe.run.batchSize = 1
    let plan = TrainingPlan(recipe, batchesPerEpoch: 7)
    let model = try Model(recipe.model, seed: 0)
    let read = Mutex<[Int]>([])
    let pictures = GuidePictures(count: 4, fingerprint: "discs") { (file, isWhole) throws(DataError) in
      read.withLock { $0.append(file) }
      return try DiscSource.pictures.read(file, isWhole)
    }
    let batch = try DiscSource(recipe, startingAt: 0).next()
    let moment = MaskMoment(step: 0, progress: 0, random: RandomStream(seed: 0))
    func masks(in path: String?, stopAfter: Int? = nil, with other: Model? = nil) throws -> [TokenMask] {
      var done = 0
      let guide = try #require(
        SelfGuide(
          plan, model: other ?? model, pictures: pictures, folder: path, on: Kernels(threads: 1),
          isCancelled: { done == stopAfter }))
      guide.didLook = { looked, _ in done = looked }
      return try guide.masks(for: batch, at: moment)
    }
    let whole = try masks(in: nil)
    #expect(read.withLock { $0 } == [0, 1, 2, 3])
    let path = folder.path + "/guide"
    read.withLock { $0 = [] }
    for stop in [1, 3] {
      let error = #expect(throws: DataError.self) { try masks(in: path, stopAfter: stop) }
      #expect(error?.kind == .interrupted)
    }
    // What a kill left half-written is not taken up.
    let partial = path + "/maps.partial"
    let bytes = try #require(FileManager.default.contents(atPath: partial))
    try bytes.dropLast(5).write(to: URL(fileURLWithPath: partial))
    #expect(try masks(in: path) == whole)
    #expect(read.withLock { $0 } == [0, 1, 2, 2, 3])
    #expect(!FileManager.default.fileExists(atPath: partial))
    read.withLock { $0 = [] }
    #expect(try masks(in: path) == whole)
    #expect(read.withLock { $0 } == [])
    // Other weights look anew.
    _ = try masks(in: path, with: Model(recipe.model, seed: 1))
    #expect(read.withLock { $0 } == [0, 1, 2, 3])
  }

  @Test("a checkpoint whose maps are gone is said to be unusable")
  func lostMaps() throws {
    let folder = TemporaryFolder()
    let recipe = Self.recipe(.epoch(0), mode: .image)
    let path = folder.path + "/run"
    do { #expect(try start(recipe, in: path).train(stopAfter: 3) == .interrupted(step: 3)) }
    let guide = path + "/guide"
    for name in try FileManager.default.contentsOfDirectory(atPath: guide) {
      try FileManager.default.removeItem(atPath: "\(guide)/\(name)")
    }
    let error = #expect(throws: (any Error).self) { try start(recipe, in: path) }
    #expect("\(try #require(error))".contains("remove this checkpoint"))
  }

  @Test("attention-driven masking looks anew, and its runs go on bit for bit")
  func renewal() throws {
    let folder = TemporaryFolder()
    var recipe = Small.recipe(.amt, steps: 12)
    recipe.model.masking.ratio = 0.45
    recipe.guidance = GuidanceRecipe(start: .share(0.25), mode: .image, renewal: 0.25)
    let whole = try start(recipe, in: folder.path + "/whole")
    #expect(try whole.train() == .finished)
    #expect(whole.trainer.state.guide?.switchedAt == 3 && whole.trainer.state.guide?.lookedAt == 9)
    let names = try FileManager.default.contentsOfDirectory(atPath: whole.folder.guidePath).filter { $0.hasPrefix("maps-") }
    #expect(names.count == 3)
    for stop in [2, 5, 7] {
      do { _ = try start(recipe, in: folder.path + "/parts-\(stop)").train(stopAfter: stop) }
      let second = try start(recipe, in: folder.path + "/parts-\(stop)")
      #expect(try second.train() == .finished)
      #expect(numbers(second) == numbers(whole))
    }
  }

  @Test("sides take turns from epoch to epoch")
  func alternating() throws {
    let folder = TemporaryFolder()
    var recipe = Self.recipe(.epoch(0), mode: .image, steps: 14)
    let plain = try start(recipe, in: folder.path + "/object")
    recipe.model.masking.guide?.target = .alternating
    let turns = try start(recipe, in: folder.path + "/turns")
    for run in [plain, turns] { #expect(try run.train() == .finished) }
    let losses = try [plain, turns].map { try StepMetrics.read($0.folder.metricsPath).compactMap(\.loss) }
    // Seven steps are an epoch.
    #expect(losses[0].prefix(7) == losses[1].prefix(7))
    #expect(losses[0][7] != losses[1][7])
  }

  @Test("the automatic switch waits until mask tokens, used less before, are not any more in two measurements in a row")
  func automatic() throws {
    var state = GuideState()
    let seen = [0.75, 0.6, 0.45, 0.51, 0.4, 0.5, 0.52].enumerated().map { step, mask in
      let share = MaskTokenShare(ofVisibleQueries: mask, ofMaskQueries: mask)
      // One layer of equal shares: what tokens are made of is what they attend.
      state.record(ExploitationRate([share], maskRatio: 0.75).layers[0], at: step)
      return state.hasCrossed
    }
    #expect(seen == [false, false, false, false, false, false, true])

    // It measures at the end of each epoch, on the same samples, which changes nothing else.
    let folder = TemporaryFolder()
    let recipe = Self.recipe(.automatic, steps: 7 * 20)
    let run = try start(recipe, in: folder.path + "/run")
    _ = try run.train(stopAfter: 16)
    let plain = try start(Self.recipe(.epoch(100), steps: 7 * 20), in: folder.path + "/plain")
    _ = try plain.train(stopAfter: 16)
    #expect(numbers(run) == numbers(plain))
    let lines = try StepMetrics.read(run.folder.metricsPath)
    #expect(lines.indices.filter { lines[$0].guide?.exploitation != nil } == [7, 14])
    #expect(run.trainer.state.guide?.measuredAt == 14)
    #expect(try StepMetrics.read(plain.folder.metricsPath).allSatisfy { $0.guide?.exploitation == nil })

    // Who waits in vain is told so, in the middle and at the end.
    final class Notes: TrainingObserver {
      var texts: [String] = []
      func note(_ text: String) { texts.append(text) }
    }
    let notes = Notes()
    _ = try run.train(observer: notes)
    #expect(run.trainer.state.guide?.switchedAt == nil)
    #expect(
      notes.texts.filter { $0.contains("masks are still random") }.map { $0.prefix { $0 != ":" } } == ["step 71", "step 140"])

    // A run too short to wait says so before anything is made.
    let error = #expect(throws: TrainingError.self) {
      try start(Self.recipe(.automatic, steps: 7 * 19), in: folder.path + "/short")
    }
    #expect(error?.kind == .usage && error?.description.contains("--guide-start 25%") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/short"))
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
      size: FrameSize(width: 400, height: 200), grid: grid, scores: scores)
    let whole = PixelRect(x: 0, y: 0, width: 400, height: 200)
    #expect(map.scores(in: whole, isFlipped: false) == scores)
    let mirrored: [Double] = (0..<16).map { (token: Int) -> Double in
      let (row, column) = (token / 4, token % 4)
      return scores[4 * row + 3 - column]
    }
    #expect(map.scores(in: whole, isFlipped: true) == mirrored)
    // The middle half: between the second and third columns and rows, a quarter of a step at a time.
    let middle = map.scores(in: PixelRect(x: 100, y: 50, width: 200, height: 100), isFlipped: false)
    for token in 0..<16 {
      let (x, y) = (0.75 + 0.5 * Double(token % 4), 0.75 + 0.5 * Double(token / 4))
      #expect(abs(middle[token] - (x / 4 + y)) < 1e-12)
    }
  }
}
