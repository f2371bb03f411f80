/// A chart of series over two axes, as SVG that follows the page's light or dark colours.
public struct Chart: Sendable {
  /// Above the drawing.
  public var title: String
  /// Horizontal and vertical.
  public var x, y: Axis
  /// In the order of the legend, later ones above earlier ones.
  public var series: [Series]
  /// A sentence below: what to look for, or how it was measured.
  public var note: String
  /// Width divided by height.
  public var aspect: Double

  /// A chart with its axes and series.
  public init(_ title: String, x: Axis, y: Axis, series: [Series], note: String = "", aspect: Double = 1.7) {
    self.title = title
    self.x = x
    self.y = y
    // Where the colours come round again, broken lines tell the series apart.
    self.series = series.enumerated().map { place, series in
      var series = series
      if series.tint == .byPlace, place >= Style.series.count { series.isDashed = true }
      return series
    }
    self.note = note
    self.aspect = aspect
  }

  /// A figure with title, legend, drawing and note.
  public func html() -> String {
    var html = "<figure class=\"chart\"><figcaption>\(Markup.escaped(title))</figcaption>"
    if series.count > 1 || series.contains(where: { !$0.low.isEmpty && !$0.name.isEmpty }) { html += legend }
    html += ChartDrawing(self).svg()
    if !note.isEmpty { html += "<p class=\"note\">\(Markup.escaped(note))</p>" }
    return html + "</figure>\n"
  }

  private var legend: String {
    let items = series.enumerated().filter { !$0.element.name.isEmpty }.map { place, series in
      let kind = series.mark == .dots || series.mark == .bars ? "dot" : series.isDashed ? "dash" : "line"
      return "<li><span class=\"swatch \(kind)\" style=\"--tint:\(series.colour(place: place))\"></span>"
        + "\(Markup.escaped(series.name))</li>"
    }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }
}
