import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining
import Synchronization
import TestSupport
import Testing

/// What counts as the time of a run, by sources of time that tests move.
@Suite struct RunClockTests {
  /// Time that passes when a test says so.
  private final class Time {
    var now: Double
    init(_ now: Double) { self.now = now }
    func pass(_ seconds: Double) { now += seconds }
  }

  /// Batches that take a while.
  private final class SlowSource: BatchSource {
    private let source: StripeSource
    private let time: Time
    private let seconds: Double
    var waitSeconds = 0.0
    var badFiles: [BadFile] = []

    init(_ source: StripeSource, _ time: Time, seconds: Double) {
      (self.source, self.time, self.seconds) = (source, time, seconds)
    }

    func next() throws -> ClipBatch {
      time.pass(seconds)
      return try source.next()
    }
  }

  @Test("what counts and what does not add up to what passes", arguments: [0, 17.25, 1e9])
  func excluding(start: Double) throws {
    let time = Time(start)
    let clock = RunClock { time.now }
    #expect(clock.seconds == 0)
    var counted = 0.0
    for (number, seconds) in [1.0, 3, 0, 17, 129].enumerated() {
      if number.isMultiple(of: 2) {
        time.pass(seconds)
        counted += seconds
      } else {
        clock.excluding { time.pass(seconds) }
      }
      #expect(clock.seconds == counted)
    }
    // Also where it fails.
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try clock.excluding {
        time.pass(5)
        throw Failure()
      }
    }
    #expect(clock.seconds == counted)
  }

  @Test("processor time passes while this process works, and elapsed time from its moment on")
  func sources() {
    let clock = RunClock.processor()
    var sum = 0.0
    while clock.seconds < 0.02 { for number in 0..<1000 { sum += Double(number).squareRoot() } }
    #expect(sum > 0)
    #expect(RunClock.elapsed(since: .now - .seconds(60)).seconds >= 60)
    #expect(RunClock.elapsed().seconds < 60)
  }

  @Test("a run has as many steps as fit into the time of its clock, whatever is excluded", arguments: [0, 40.0])
  func planned(excluded: Double) throws {
    let folder = TemporaryFolder()
    let time = Time(3)
    let clock = RunClock { time.now }
    var recipe = Small.recipe(steps: 1)
    (recipe.schedule.steps, recipe.schedule.maxTime) = (nil, TimeLimit("100s"))
    /// Measures after every step for a time that does not count.
    final class Measuring: TrainingObserver {
      let measure: () -> Void
      init(_ measure: @escaping () -> Void) { self.measure = measure }
      func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { measure() }
    }
    let run = try Small.pretraining(
      recipe, in: folder.path("run"), source: { SlowSource(StripeSource(recipe, startingAt: $0), time, seconds: 1) }, clock: clock
    )
    #expect(try run.train(observer: Measuring { clock.excluding { time.pass(excluded) } }) == .finished)
    // A second for each batch, the first four of which are read ahead and trained on, and two hundredths are kept back.
    let state = run.trainer.state
    #expect(state.step == 98, "\(state.step)")
    #expect(state.elapsed.map { (97...100).contains($0) } == true, "\(state.elapsed ?? 0)")
  }

  @Test(
    "a run ends within its time although its guide looks at all pictures, once or again and again",
    arguments: [(1, 93.0), (0.25, 75)] as [(renewal: Double, least: Double)])
  func looks(renewal: Double, least: Double) throws {
    let folder = TemporaryFolder()
    let time = Time(0)
    let reads = Mutex(0)
    var recipe = SelfGuideTests.recipe(.share(0.25), mode: .image)
    recipe.guidance?.renewal = renewal
    (recipe.schedule.steps, recipe.schedule.maxTime) = (nil, TimeLimit("100s"))
    // Each picture that is looked at takes a second.
    let pictures = GuidePictures(count: 8, fingerprint: "slow") { (file, isWhole) throws(DataError) in
      reads.withLock { $0 += 1 }
      return try SelfGuideTests.DiscSource.pictures.read(file % 4, isWhole)
    }
    let run = try Small.pretraining(
      recipe, in: folder.path("run"), source: { SlowSource(StripeSource(recipe, startingAt: $0), time, seconds: 0.5) },
      pictures: pictures, clock: RunClock { time.now + Double(reads.withLock { $0 }) })
    #expect(try run.train() == .finished)
    #expect((least...100).contains(run.elapsed), "\(run.elapsed) s")
    #expect(reads.withLock { $0 } >= 12)
  }
}
