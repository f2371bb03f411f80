/// Lays a chart out on a drawing 540 units wide.
struct ChartDrawing {
  private static let width = 540.0
  private static let fontSize = 13.0
  private static let mostPoints = 300
  /// Points that answer to the pointer with their values.
  private static let mostTips = 200

  private let chart: Chart
  private let series: [Series]
  private let x, y: AxisLayout
  private let height, left, top, right, bottom: Double

  init(_ chart: Chart) {
    self.chart = chart
    series = chart.series.map { $0.mark == .line ? $0.condensed(to: Self.mostPoints) : $0 }
    let hasBars = series.contains { $0.mark == .bars }
    var across = series.flatMap(\.x)
    if hasBars, let low = across.min(), let high = across.max() { across += [low - 0.6, high + 0.6] }
    x = AxisLayout(chart.x, values: across, rounded: series.contains { $0.mark == .dots })
    y = AxisLayout(
      chart.y, values: series.flatMap { $0.y + $0.low + $0.high } + (hasBars && chart.y.scale == .linear ? [0] : []),
      rounded: true)
    height = (Self.width / chart.aspect).rounded()
    let widestTick = y.ticks.map { Double($0.text.count) }.max() ?? 1
    left = 40 + widestTick * Self.fontSize * 0.58
    (top, right, bottom) = (10, Self.width - 14, height - 46)
  }

  func svg() -> String {
    """
    <svg viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" aria-label="\(Markup.escaped(chart.title))">\
    \(grid)\(series.enumerated().map { marks(of: $0.element, place: $0.offset) }.joined())\(axes)</svg>
    """
  }

  private func across(_ value: Double) -> Double? { x.place(value).map { left + $0 * (right - left) } }
  private func down(_ value: Double) -> Double? { y.place(value).map { bottom - $0 * (bottom - top) } }

  private var grid: String {
    y.ticks.compactMap { tick in
      down(tick.value).map { line(left, $0, right, $0, "grid") }
    }.joined()
  }

  private var axes: String {
    var text = line(left, bottom, right, bottom, "axis")
    for tick in y.ticks {
      guard let place = down(tick.value) else { continue }
      text += label(tick.text, left - 8, place + 4.5, "end")
    }
    for tick in x.ticks {
      guard let place = across(tick.value) else { continue }
      text += line(place, bottom, place, bottom + 5, "axis") + label(tick.text, place, bottom + 20, "middle")
    }
    text += label(chart.x.label, (left + right) / 2, height - 6, "middle", style: "name")
    let middle = Markup.coordinate((top + bottom) / 2)
    return text + "<text class=\"name\" text-anchor=\"middle\" transform=\"translate(14 \(middle)) rotate(-90)\">"
      + "\(Markup.escaped(chart.y.label))</text>"
  }

  private func marks(of series: Series, place: Int) -> String {
    let tint = series.colour(place: place)
    var body = ""
    switch series.mark {
    case .line, .dottedLine:
      body += band(series) + curves(series)
      if series.mark == .dottedLine { body += dots(series, radius: 3.2) }
    case .dots: body += whiskers(series) + dots(series, radius: 3.2)
    case .bars: body += bars(series, place: place) + whiskers(series, shift: barCentre(place: place))
    }
    body += tips(series)
    return "<g style=\"--tint:\(tint)\">\(body)</g>"
  }

  /// Lines through the points; a value that cannot be shown interrupts the line.
  private func curves(_ series: Series) -> String {
    var path = ""
    var isDrawing = false
    for (x, y) in zip(series.x, series.y) {
      guard let a = across(x), let b = down(y) else {
        isDrawing = false
        continue
      }
      // A line of no length shows a point that stands alone.
      path += (isDrawing ? "L" : "M") + Markup.coordinate(a) + " " + Markup.coordinate(b) + (isDrawing ? "" : "h0")
      isDrawing = true
    }
    return "<path class=\"curve\(series.isDashed ? " dashed" : "")\" d=\"\(path)\"/>"
  }

  private func band(_ series: Series) -> String {
    let there = series.low.indices.compactMap { place(series.x[$0], series.high[$0]) }
    let back = series.low.indices.reversed().compactMap { place(series.x[$0], series.low[$0]) }
    return there.isEmpty ? "" : "<path class=\"band\" d=\"M\((there + back).joined(separator: "L"))Z\"/>"
  }

  private func whiskers(_ series: Series, shift: Double = 0) -> String {
    series.low.indices.compactMap { index -> String? in
      guard let a = across(series.x[index] + shift), let low = down(series.low[index]), let high = down(series.high[index]) else {
        return nil
      }
      return line(a, low, a, high, "whisker")
    }.joined()
  }

  private func dots(_ series: Series, radius: Double) -> String {
    zip(series.x, series.y).compactMap { x, y -> String? in
      guard let a = across(x), let b = down(y) else { return nil }
      return "<circle class=\"dot\" cx=\"\(Markup.coordinate(a))\" cy=\"\(Markup.coordinate(b))\" r=\"\(radius)\"/>"
    }.joined()
  }

  private var barGroup: Double { Double(series.count { $0.mark == .bars }) }

  /// Middle of a series' bars relative to their place.
  private func barCentre(place: Int) -> Double {
    0.8 * (Double(series[..<place].count { $0.mark == .bars }) + 0.5) / barGroup - 0.4
  }

  /// Bars of several series stand side by side around their place.
  private func bars(_ series: Series, place: Int) -> String {
    let (centre, half) = (barCentre(place: place), 0.4 / barGroup)
    let base = down(max(y.lower, min(y.upper, 0))) ?? bottom
    return zip(series.x, series.y).compactMap { x, y -> String? in
      guard let from = across(x + centre - half), let to = across(x + centre + half), let b = down(y)
      else { return nil }
      let edges = [from + 0.5, min(b, base), max(0.5, to - from - 1), abs(base - b)].map(Markup.coordinate)
      return "<rect class=\"bar\" x=\"\(edges[0])\" y=\"\(edges[1])\" width=\"\(edges[2])\" height=\"\(edges[3])\"/>"
    }.joined()
  }

  private func tips(_ series: Series) -> String {
    guard series.x.count <= Self.mostTips else { return "" }
    return zip(series.x, series.y).compactMap { x, y -> String? in
      guard let a = across(x), let b = down(y) else { return nil }
      let text = [series.name, "\(chart.x.label): \(NumberText.short(x))", "\(chart.y.label): \(NumberText.short(y))"]
        .filter { !$0.isEmpty }.joined(separator: "\n")
      return "<circle class=\"tip\" cx=\"\(Markup.coordinate(a))\" cy=\"\(Markup.coordinate(b))\" r=\"8\">"
        + "<title>\(Markup.escaped(text))</title></circle>"
    }.joined()
  }

  private func place(_ x: Double, _ y: Double) -> String? {
    guard let a = across(x), let b = down(y) else { return nil }
    return Markup.coordinate(a) + " " + Markup.coordinate(b)
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    let ends = [x1, y1, x2, y2].map(Markup.coordinate)
    return "<line class=\"\(style)\" x1=\"\(ends[0])\" y1=\"\(ends[1])\" x2=\"\(ends[2])\" y2=\"\(ends[3])\"/>"
  }

  private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String, style: String = "tick") -> String {
    "<text class=\"\(style)\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" text-anchor=\"\(anchor)\">"
      + "\(Markup.escaped(text))</text>"
  }
}
