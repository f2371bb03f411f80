import MAEEvaluation
import MAEFoundation

/// What recipes learn from the same processor time, as files: `learning.json` for programs and `learning.html`, one page without
/// anything from elsewhere.
public struct LearningReport {
  private let curves: [LearningCurve]
  private let table: LearningTable

  /// The report of ``LearningBenchmark/run(isCancelled:observer:)``.
  public init(_ curves: [LearningCurve]) { (self.curves, table) = (curves, LearningTable(curves)) }

  /// Writes both files into a folder, which has to be there.
  ///
  /// - Returns: their paths.
  /// - Throws: ``FileError`` when a file cannot be written.
  public func write(to folder: String) throws -> [String] {
    let (json, html) = ("\(folder)/learning.json", "\(folder)/learning.html")
    try DurableFile.write(table.json, to: json)
    try page.write(to: html)
    return [json, html]
  }

  /// Accuracy over processor time by both probes, and what was run.
  public var page: Page {
    Page(
      title: "What is learned from the same processor time",
      lead: """
        Every recipe learned without labels for so many minutes of processor time, all threads together; what judges it is not \
        in them. At fixed times classifiers on its frozen features named the classes of samples that it had not seen.
        """,
      facts: facts,
      sections: LearningProbe.allCases.map { probe in
        Page.Section(probe.title, parts: [.charts([chart(probe)]), .table(table.shares(probe))])
      } + [Page.Section("Runs", parts: [.table(table.runs)])])
  }

  private var facts: [Page.Fact] {
    func list(_ values: [String]) -> String { Set(values).sorted().joined(separator: ", ") }
    return [
      Page.Fact("processor", list(curves.map(\.processor))), Page.Fact("level", list(curves.map(\.instructionLevel))),
      Page.Fact("threads", list(curves.map { "\($0.threads)" })),
      Page.Fact("training samples", list(curves.map { "\($0.trainingSamples)" })),
      Page.Fact("validation samples", list(curves.map { "\($0.validationSamples)" })),
    ]
  }

  private func chart(_ probe: LearningProbe) -> Chart {
    Chart(
      probe == .linear ? "Linear probe" : "Nearest neighbours", x: Axis("processor time (min)", from: 0), y: Axis("top-1"),
      series: LearningSummary.of(curves).map { summary in
        let points = summary.marks.compactMap { mark in
          summary.share(at: mark, probe.value).map { (minutes: summary.minutes(at: mark), share: $0) }
        }
        let isSpread = summary.curves.count > 1
        return Series(
          summary.recipe, x: points.map(\.minutes), y: points.map(\.share.mean),
          low: isSpread ? points.map(\.share.least) : [], high: isSpread ? points.map(\.share.most) : [], mark: .dottedLine)
      }, note: curves.count > LearningSummary.of(curves).count ? "Bands reach from the worst seed to the best." : "")
  }
}
