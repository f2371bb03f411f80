/// Where a metric stands on the page of an analysis, and how it is drawn.
public struct MetricPresentation: Sendable {
  public var section: MetricSection
  /// In the order of the page.
  public var figures: [MetricFigure]

  public init(_ section: MetricSection, _ figures: [MetricFigure]) {
    self.section = section
    self.figures = figures
  }
}
