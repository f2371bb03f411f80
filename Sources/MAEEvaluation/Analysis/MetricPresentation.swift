/// Where a metric stands on the page of an analysis, and how it is drawn.
public struct MetricPresentation: Sendable {
  /// The part of the page.
  public var section: MetricSection
  /// In the order of the page.
  public var figures: [MetricFigure]

  /// Figures in a section of the page.
  public init(_ section: MetricSection, _ figures: [MetricFigure]) {
    self.section = section
    self.figures = figures
  }
}
