import Foundation
import MAEEvaluation
import MAEReports
import TestSupport
import Testing

/// A metric as a program outside of the package would write it: how long embeddings are.
private struct EmbeddingLength: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "embedding_length", title: "Length of embeddings", meaning: "The mean length of a picture's embeddings.",
    formula: "mean_i |x_i|", unit: "embedding units")
  static let presentation = MetricPresentation(
    MetricSection("A section of its own") { "Seen on \($0.samples.count) \($0.noun)s." },
    [.curve(mean, title: "Mean length", label: "length"), .map(lengths, caption: "length of each patch")])

  private static let (mean, lengths) = ("mean", "lengths")
  private var means = LayerMeans()
  private(set) var maps: [TokenMap] = []

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    let width = view.features.width
    let lengths = (0..<view.grid.count).map { token in
      view.features.values[token * width..<(token + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    means.add(lengths.reduce(0, +) / Double(lengths.count), to: Self.mean, view)
    if view.isPictured { maps.append(TokenMap(Self.lengths, sample: view.sample, .tokens, view.grid, lengths)) }
  }

  var series: [MetricSeries] { means.series }
}

@Suite struct AnalysisReportTests {
  @Test("a metric of one's own reaches the numbers and the page by itself")
  func ownMetric() throws {
    let outcome = try Fixture("stills").analyse(["stills"], metrics: .builtIn.adding(EmbeddingLength.self))
    let found = try #require(outcome.result.metrics["embedding_length"])
    #expect(found.series.first?.values[0].allSatisfy { ($0 ?? 0) > 0 } == true)
    #expect(found.maps.count == 4)
    let page = AnalysisReport(outcome).page
    #expect(page.sections.last?.title == "A section of its own")
    #expect(page.sections.last?.lead == "Seen on \(outcome.result.samples.count) pictures.")
    let html = try page.html()
    for text in ["Mean length", "length of each patch", "embedding_length", "<sub>i</sub>"] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test("everything that a metric says it draws is drawn")
  func everyFigure() throws {
    // Two checkpoints, without which nothing can be drawn over a run; clips, without which nothing moves.
    let pages = try [
      AnalysisReport(Fixture("stills").analyse(["stills", "stills"])), AnalysisReport(Fixture("clips").analyse(["clips"])),
    ].map { try $0.page.html() }
    for metric in MetricCatalogue.builtIn.metrics {
      #expect(!metric.presentation.figures.isEmpty, "\(metric)")
      for figure in metric.presentation.figures {
        let caption: String
        switch figure {
        case .curve(_, let title, _, _), .comparison(_, let title, _, _, _, _), .family(_, _, let title, _), .heads(let title, _):
          caption = "<figcaption>\(title)</figcaption>"
        case .course(_, let title, _, _): caption = "<figcaption>\(title), over training</figcaption>"
        case .map(_, let text, _): caption = "<figcaption>\(text)"
        case .plane(_, let label, _, _): caption = ">\(label) 1<"
        }
        #expect(pages.contains { $0.contains(caption) }, "\(metric): \(caption)")
      }
    }
  }

  @Test("what does not apply is said, and what needs several checkpoints is left out for one")
  func obstacles() throws {
    let sections = try AnalysisReport(Fixture("clips").analyse(["clips"])).page.sections.map(\.title)
    #expect(!sections.contains("When relations settle"))
    #expect(sections.contains("Where attention goes"))
    #expect(try AnalysisReport(Fixture("clips").analyse(["clips"])).page.html().contains("does not apply here"))
  }

  @Test("both files are written")
  func files() throws {
    let folder = TemporaryFolder()
    let outcome = try Fixture("clips").analyse(["clips"])
    #expect(try AnalysisReport(outcome).write(to: folder.path) == ["analysis.json", "analysis.html"].map(folder.path(_:)))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let read = try decoder.decode(AnalysisResult.self, from: folder.data("analysis.json"))
    #expect(read.method == outcome.result.method && read.samples == outcome.result.samples)
    #expect(throws: (any Error).self) { try AnalysisReport(outcome).write(to: folder.path("nowhere")) }
  }
}
