/// How some of a metric's numbers are drawn: which of its series and maps, as what, and with which words.
public enum MetricFigure: Hashable, Sendable {
  /// A series over its axis, with a curve for each of a few checkpoints; one over blocks also over the steps of a run.
  ///
  /// `label` says what the values are, and names the vertical axis.
  case curve(String, title: String, label: String, of: BlockStack = .encoder)
  /// A series over blocks, over the steps of a run alone.
  case course(String, title: String, label: String, of: BlockStack = .encoder)
  /// Several series in one chart, at the last checkpoint; such over blocks also as means over the steps of a run.
  ///
  /// `range` fixes the ends of the vertical axis; `courseNote` says what to look for in the chart over steps.
  case comparison(
    [Line], title: String, label: String, of: BlockStack = .encoder, range: ClosedRange<Double>? = nil, courseNote: String = "")
  /// Every series whose name is this word and a number (`layer_7`), as a curve at the last checkpoint: called `block 7`.
  case family(String, called: String, title: String, label: String)
  /// A dot for each attention head and block at the last checkpoint; see ``MetricSeries/head(_:)``.
  case heads(title: String, label: String)
  /// A map of each pictured sample, drawn as its kind tells: over the sample itself, or as a matrix.
  ///
  /// `otherwise` is said of samples that lack this map.
  case map(String, caption: String = "", otherwise: String = "")
  /// A map of coordinates as dots, coloured by the map of groups of the metric with the key `of`; `label` names the axes.
  case plane(String, label: String, groups: String, of: String)

  /// One of the series of a comparison.
  public struct Line: Hashable, Sendable {
    /// Of the series.
    public var name: String
    /// As the legend calls it.
    public var title: String

    /// A series with a title.
    public init(_ name: String, _ title: String) {
      self.name = name
      self.title = title
    }
  }
}
