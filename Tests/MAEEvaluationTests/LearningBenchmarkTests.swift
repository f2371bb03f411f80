import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEModels
import MAERecipes
import MAEReports
import MAETraining
import TestSupport
import Testing

/// Recipes under one clock, which tests move: each look at it is a second later than the one before.
@Suite(.serialized) struct LearningBenchmarkTests {
  private static let small = "tiny:input-size=32:patch-size=8:batch-size=4:decoder-depth=1:model.encoder.blocks.depth=1"

  private final class Silent: TrainingObserver {}

  private let folder = TemporaryFolder()

  private func benchmark(_ words: [String], minutes: Double, in name: String = "bench") throws -> LearningBenchmark {
    for (part, seed) in [("train", 1), ("val", 2)] as [(String, UInt64)] where !folder.exists(part) {
      try SyntheticSamples.render(
        into: folder.path(part), clips: 0, stills: 16, seed: seed, size: FrameSize(square: 32))
    }
    var benchmark = try LearningBenchmark(
      words.map { try NamedRecipe($0, method: .mae) }, training: Manifest([folder.path("train")]),
      validation: Manifest([folder.path("val")]), minutes: minutes, in: folder.path(name), on: Kernels(threads: 1))
    benchmark.clock = {
      var seconds = 0.0
      return RunClock {
        seconds += 1
        return seconds
      }
    }
    return benchmark
  }

  @Test("marks are before the end, each twice the one before")
  func marks() {
    for (minutes, expected) in [(0.5, [0]), (1, [0]), (1.5, [0, 1]), (8, [0, 1, 2, 4]), (30, [0, 1, 2, 4, 8, 16])] {
      #expect(LearningCurve.marks(before: minutes) == expected.map(Double.init), "\(minutes)")
    }
  }

  @Test("every recipe and seed is measured at every mark and at its end; done again, nothing is")
  func curves() throws {
    var benchmark = try benchmark([Self.small, Self.small + ":lr=3e-3"], minutes: 2.5)
    benchmark.seeds = 2
    let curves = try #require(try benchmark.run { _, _ in Silent() })
    #expect(curves.map(\.recipe) == [Self.small, Self.small, Self.small + ":lr=3e-3", Self.small + ":lr=3e-3"])
    #expect(curves.map(\.seed) == [0, 1, 0, 1])
    for curve in curves {
      #expect(curve.points.map(\.mark) == [0, 1, 2, nil] && curve.isFinished)
      #expect(curve.points.map(\.step) == curve.points.map(\.step).sorted() && curve.points[0].step == 0)
      for (point, next) in zip(curve.points, curve.points.dropFirst()) { #expect(point.processorSeconds < next.processorSeconds) }
      for point in curve.points {
        if let mark = point.mark { #expect(point.processorSeconds >= 60 * mark && point.processorSeconds < 60 * mark + 10) }
        #expect((0...1).contains(point.linear) && (0...1).contains(point.neighbours))
      }
      #expect(curve.points.last.map { (120...170).contains($0.processorSeconds) } == true, "\(curve.points)")
      #expect(curve.trainingSamples == 16 && curve.validationSamples == 16)
    }
    let again = try benchmark.run { _, _ in
      Issue.record("a run that is done was begun")
      return Silent()
    }
    #expect(again == curves)
  }

  @Test("a network of an earlier stage is judged on whole pictures of the last one's size, as one without stages is")
  func stages() throws {
    let staged = Self.small.replacing("input-size=32", with: "input-size=16@50%,32")
    let curves = try #require(try benchmark([Self.small, staged], minutes: 0.5).run { _, _ in Silent() })
    let (plain, other) = (
      try #require(curves.first { $0.recipe == Self.small }), try #require(curves.first { $0.recipe == staged })
    )
    // Before training weights are the same, and positions are fixed.
    #expect(plain.points[0].step == 0 && other.points[0].step == 0)
    #expect(other.points[0].linear == plain.points[0].linear)
    #expect(other.points[0].neighbours == plain.points[0].neighbours)
    #expect(plain.isFinished && other.isFinished)
  }

  @Test("a bench that was stopped goes on and measures what one without a stop does")
  func resuming() throws {
    final class Counter: TrainingObserver {
      var steps = 0
      func didStep(_ metrics: StepMetrics, of plan: TrainingPlan) { steps += 1 }
    }
    func run(_ name: String, steps: Int) throws -> [LearningCurve]? {
      let counter = Counter()
      return try benchmark([Self.small], minutes: 1.5, in: name).run(
        isCancelled: { counter.steps >= steps }, observer: { _, _ in counter })
    }
    // A plan with a correction leaves nothing to clocks.
    let lengths = (0...2).map { #"{"after": \#($0), "steps": 50, "seconds_per_step": 1}"# }
    for name in ["whole", "parts"] {
      #expect(try run(name, steps: 2) == nil)
      try folder.write(#"{"lengths": [\#(lengths.joined(separator: ", "))]}"#, to: "\(name)/\(Self.small)/seed-0/run/plan.json")
    }
    #expect(try run("parts", steps: 11) == nil)
    #expect(try run("parts", steps: 30) == nil)
    let (whole, parts) = (try #require(try run("whole", steps: .max)), try #require(try run("parts", steps: .max)))
    #expect(whole[0].points.map(\.mark) == [0, 1, nil] && parts[0].points.map(\.mark) == [0, 1, nil])
    let (last, expected) = (try #require(parts[0].points.last), try #require(whole[0].points.last))
    #expect(last.step == 50 && expected.step == 50)
    #expect(last.linear == expected.linear && last.neighbours == expected.neighbours)
    #expect(last.processorSeconds >= expected.processorSeconds)
  }

  @Test("another length, and two recipes of one name, are refused")
  func refused() throws {
    _ = try benchmark([Self.small], minutes: 0.5).run { _, _ in Silent() }
    #expect {
      _ = try benchmark([Self.small], minutes: 1).run { _, _ in Silent() }
    } throws: { "\($0)".contains("--max-time is 1m, there 30s") }
    #expect { _ = try benchmark([Self.small, Self.small], minutes: 1) } throws: {
      "\($0)".contains("two recipes are called \(Self.small)")
    }
  }

  @Test("JSON has the keys that other programs write, whose curves are drawn beside ours")
  func report() throws {
    let theirs = """
      {"recipe": "theirs", "program": "other 1.0", "method": "mae", "seed": 0, "minutes": 2, "processor": "some", \
      "instruction_level": "avx2", "threads": 2, "training_samples": 16, "validation_samples": 16, "points": [\
      {"mark": 0, "processor_seconds": 0, "step": 0, "epoch": 0, "linear": 0.25, "neighbours": 0.125}, \
      {"mark": null, "processor_seconds": 120, "step": 9, "epoch": 3, "linear": 0.5, "neighbours": 0.375}]}
      """
    try folder.write(theirs, to: "bench/theirs/seed-0/curve.json")
    try folder.write(
      theirs.replacing(#""linear": 0.5"#, with: #""linear": 0.75"#).replacing(#""seed": 0"#, with: #""seed": 1"#),
      to: "bench/theirs/seed-1/curve.json")
    let curves = try LearningCurve.all(in: folder.path("bench"))
    #expect(curves.map(\.seed) == [0, 1] && curves.allSatisfy(\.isFinished))
    let share = try #require(LearningSummary.of(curves)[0].share(at: nil, \.linear))
    #expect([share.mean, share.least, share.most] == [0.625, 0.5, 0.75])
    #expect(LearningTable(curves).markdown.contains("| theirs | 2 | 0.250 (0.250–0.250) | 0.625 (0.500–0.750) | 2 min |"))
    let report = LearningReport(curves)
    let paths = try report.write(to: folder.path("bench"))
    #expect(paths.map { $0.hasSuffix(".json") } == [true, false])
    let read = try #require(
      try JSONSerialization.jsonObject(with: folder.data("bench/learning.json")) as? [[String: Any]])
    let expected = try #require(try JSONSerialization.jsonObject(with: Data(theirs.utf8)) as? [String: Any])
    #expect(read.map { $0.keys.sorted() } == [expected.keys.sorted(), expected.keys.sorted()])
    let page = try folder.text("bench/learning.html")
    #expect(page.components(separatedBy: "<figure class=\"chart\">").count == 3 && page.contains("theirs"))
    // The end is drawn at two minutes.
    #expect(page.contains("processor time (min): 2"))
    try folder.write("{}", to: "bench/theirs/seed-2/curve.json")
    #expect { try LearningCurve.all(in: folder.path("bench")) } throws: { "\($0)".contains("seed-2/curve.json") }
  }
}
