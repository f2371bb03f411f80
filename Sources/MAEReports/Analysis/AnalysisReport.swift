import MAEEvaluation
import MAEFoundation

/// An analysis as files: `analysis.json` for programs and `analysis.html`, one page without anything from elsewhere.
///
/// The page is driven by the metrics: each names its section and says how it is drawn (``MetricPresentation``).
public struct AnalysisReport {
  private let outcome: Analysis.Outcome
  private let charts: AnalysisCharts
  private let pictures: AnalysisPictures

  /// The report of ``Analysis/run(_:wantsTensors:progress:)``.
  public init(_ outcome: Analysis.Outcome) {
    self.outcome = outcome
    charts = AnalysisCharts(outcome.result)
    pictures = AnalysisPictures(outcome.result, outcome.pictured)
  }

  /// Of both files in a folder.
  package static func paths(in folder: String) -> [String] { ["\(folder)/analysis.json", "\(folder)/analysis.html"] }

  /// Writes both files into a folder, which has to be there.
  ///
  /// - Returns: their paths.
  /// - Throws: ``ExplainedError`` when a picture cannot be encoded or a file cannot be written.
  public func write(to folder: String) throws -> [String] {
    let paths = Self.paths(in: folder)
    try DurableFile.write(outcome.result.json + "\n", to: paths[0])
    try page.write(to: paths[1])
    return paths
  }

  /// The page: what the sections of the metrics show, with every term defined.
  public var page: Page {
    Page(
      title: title,
      lead: """
        A masked autoencoder hides most of a \(noun) and learns to complete it from the rest, without labels. This page looks at \
        what it came to know on the way: how it relates the patches of a \(noun) to each other, where its attention goes, how \
        its decoder uses the hidden places, and which patches it would hide to learn more. Every number is a mean over \
        \(result.samples.count) \(noun)s; every term is defined, with its formula, at the end of the section that uses it.
        """,
      facts: facts, sections: sections.filter { !$0.parts.isEmpty })
  }

  // MARK: Header

  private var result: AnalysisResult { outcome.result }
  private var noun: String { result.noun }

  private var title: String {
    let path = result.checkpoints[result.checkpoints.count - 1].path
    let parts = path.split(separator: "/").map(String.init)
    let run = parts.firstIndex(of: "checkpoints").flatMap { $0 > 0 ? parts[$0 - 1] : nil } ?? parts.last ?? path
    return "What \(run) has learned"
  }

  private var facts: [Page.Fact] {
    var facts = [Page.Fact("method", result.method)]
    let steps = result.checkpoints.compactMap(\.step)
    if let first = steps.first, let last = steps.last {
      facts.append(
        steps.count > 1
          ? Page.Fact("checkpoints", "\(steps.count), steps \(first) to \(last)") : Page.Fact("step", "\(last)"))
    }
    return facts + [
      Page.Fact("\(noun)s", "\(result.samples.count)"), Page.Fact("patches", "\(result.grid)".replacing("×", with: " × ")),
      Page.Fact("encoder blocks", "\(result.encoderLayers)"), Page.Fact("decoder blocks", "\(result.decoderLayers)"),
      Page.Fact("hidden for the decoder", "\(NumberText.short(result.maskRatio * 100)) %"),
    ]
  }

  // MARK: Sections

  /// The loss of the run, then the sections in the order in which metrics first name them, each with all of its metrics.
  private var sections: [Page.Section] {
    var groups: [(section: MetricSection, metrics: [any AnalysisMetric.Type])] = []
    for metric in outcome.metrics.metrics {
      let section = metric.presentation.section
      if let place = groups.firstIndex(where: { $0.section.title == section.title }) {
        groups[place].metrics.append(metric)
      } else {
        groups.append((section, [metric]))
      }
    }
    let loss = [LossCurve(result)?.section].compactMap(\.self)
    return loss
      + groups.map { section, metrics in
        Page.Section(section.title, lead: section.lead(result), parts: parts(of: metrics))
      }
  }

  /// Pictures, then charts, then what the terms mean.
  private func parts(of metrics: [any AnalysisMetric.Type]) -> [PagePart] {
    let shown = metrics.filter { result.checkpoints.count > 1 || !$0.presentation.figures.allSatisfy(\.isOfCourse) }
    let figures = shown.flatMap { metric in
      metric.presentation.figures.compactMap { figure in result.metrics[metric.definition.key].map { (figure, $0) } }
    }
    return pictures.parts(figures) + charts.parts(figures) + explanations(shown.compactMap { result.metrics[$0.definition.key] })
  }

  /// Why metrics do not apply, and their definitions.
  private func explanations(_ metrics: [MetricResult]) -> [PagePart] {
    guard !metrics.isEmpty else { return [] }
    let obstacles = metrics.compactMap { metric in
      metric.notApplicable.map { PagePart.paragraph("\(metric.definition.title): does not apply here. \($0)") }
    }
    return obstacles + [
      .definitions(
        metrics.map {
          Definition(
            $0.definition.title, $0.definition.meaning, formula: $0.definition.formula,
            unit: "\($0.definition.unit); in the JSON: \($0.definition.key)")
        })
    ]
  }
}

extension MetricFigure {
  /// Whether it needs several checkpoints.
  fileprivate var isOfCourse: Bool {
    if case .course = self { true } else { false }
  }
}
