import Foundation
import MAEData
import MAEEngine
import MAEEvaluation
import MAEModels
import TestSupport
import Testing

/// Two small trained models, and pictures; `expected.json` is what `Tests/Interchange/analysis.py` computed with NumPy from the
/// tokens and attention that `mae analyze --tensors` wrote for them.
struct Fixture {
  struct Expected: Decodable {
    struct Series: Decodable {
      var key, name, stack: String
      var values: [Double]
    }
    var series: [Series]
  }

  let folder: String
  let expected: Expected

  init(_ name: String) throws {
    folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures").path
    expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/expected.json")))
  }

  func analyse(
    _ paths: [String], _ options: Analysis.Options = Analysis.Options(), metrics: MetricCatalogue = .builtIn, threads: Int = 2
  ) throws -> Analysis.Outcome {
    let analysis = try Analysis(
      checkpoints: paths.map { "\(folder)/\($0)" }, options: options, metrics: metrics, on: Kernels(threads: threads))
    return try analysis.run(Manifest(["\(folder)/pictures"]))
  }
}

@Suite struct AnalysisTests {
  @Test("metrics agree with NumPy to 1e-4", arguments: ["stills", "clips"])
  func independentValues(name: String) throws {
    let fixture = try Fixture(name)
    let result = try fixture.analyse([name]).result
    var largest = (difference: 0.0, place: "")
    for expected in fixture.expected.series {
      let series = try #require(
        result.metrics[expected.key]?.series.first { $0.name == expected.name && $0.stack?.rawValue == expected.stack },
        "\(expected.key) \(expected.name)")
      let values = try #require(series.values.last).compactMap(\.self)
      try #require(values.count == expected.values.count, "\(expected.key) \(expected.name): \(values)")
      for (place, pair) in zip(values, expected.values).enumerated() {
        let difference = abs(pair.0 - pair.1) / max(1, abs(pair.1))
        if !(difference <= largest.difference) { largest = (difference, "\(expected.key) \(expected.name) [\(place)]") }
      }
    }
    #expect(largest.difference <= 1e-4, "\(largest.place) differs by \(largest.difference)")
    #expect(fixture.expected.series.count > 20)
  }

  @Test("every metric says something or why not") func everyMetricSaysSomethingOrWhyNot() throws {
    let outcome = try Fixture("stills").analyse(["stills"])
    #expect(Set(outcome.result.metrics.keys) == Set(MetricCatalogue.builtIn.definitions.map(\.key)))
    for (key, metric) in outcome.result.metrics {
      #expect(metric.notApplicable == nil, "\(key)")
      #expect(!metric.series.isEmpty || !metric.maps.isEmpty, "\(key)")
      #expect(!metric.definition.meaning.isEmpty && !metric.definition.formula.isEmpty && !metric.definition.unit.isEmpty)
      for series in metric.series {
        #expect(series.values.count == 1 && series.values[0].count == series.at.count, "\(key) \(series.name)")
      }
    }
    #expect(outcome.pictured.count == 4)
    let (shown, count) = (outcome.result.pictured, outcome.result.samples.count)
    #expect(shown == (0..<4).map { $0 * count / 4 })
    #expect(outcome.result.metrics["patch_clusters"]!.maps.allSatisfy { shown.contains($0.sample) })
    let clips = try Fixture("clips").analyse(["clips"]).result
    #expect(clips.metrics["class_attention"]?.notApplicable?.contains("no class token") == true)
    #expect(clips.grid.time > 1)
  }

  @Test("distances from the end fall to zero") func distancesFromTheEndFallToZero() throws {
    let fixture = try Fixture("stills")
    let folder = TemporaryFolder()
    let copy = folder.path("copy")
    try FileManager.default.copyItem(atPath: fixture.folder + "/stills", toPath: copy)
    // The same weights twice: nothing is left to change.
    let analysis = try Analysis(checkpoints: [copy, fixture.folder + "/stills"], on: Kernels(threads: 1))
    let result = try analysis.run(Manifest([fixture.folder + "/pictures"])).result
    let divergence = try #require(result.metrics["relation_divergence"])
    for series in divergence.series {
      #expect(series.values.count == 2)
      // The decoder of a masked picture is compared with that of the whole one.
      let isZero = series.stack == .encoder
      #expect(series.values.joined().allSatisfy { isZero ? abs($0 ?? 1) < 1e-12 : ($0 ?? 0) > 1e-7 }, "\(series)")
    }
    #expect(Set(divergence.series.map(\.stack)) == [.encoder, .decoder])
    for series in result.metrics["attention_distance"]?.series ?? [] { #expect(series.values[0] == series.values[1]) }
  }

  @Test("threads change nothing") func threadsChangeNothing() throws {
    let fixture = try Fixture("clips")
    #expect(try fixture.analyse(["clips"], threads: 1).result == fixture.analyse(["clips"], threads: 2).result)
  }

  @Test("masks hide as many tokens as training") func masksHideAsManyTokensAsTraining() throws {
    let result = try Fixture("stills").analyse(["stills"]).result
    let maps = try #require(result.metrics["masks"]?.maps)
    let hidden = result.grid.count - Int(Double(result.grid.count) * (1 - result.maskRatio))
    for map in maps where map.name != "bi_partition" { #expect(map.values.count { $0 == 1 } == hidden, "\(map.name)") }
    #expect(Set(maps.map(\.name)).isSuperset(of: ["random", "informed", "informed_with_hints"]))
    #expect(maps.contains { $0.values.contains(2) })
  }

  @Test("other models and blocks are refused") func otherModelsAndBlocksAreRefused() throws {
    let fixture = try Fixture("stills")
    #expect(throws: (any Error).self) { try fixture.analyse(["clips", "stills"]) }
    var options = Analysis.Options()
    options.layer = 9
    #expect(throws: ConfigurationError.self) { try fixture.analyse(["stills"], options) }
  }
}
