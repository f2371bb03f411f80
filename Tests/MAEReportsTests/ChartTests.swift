import Foundation
import MAEReports
import Testing

@Suite struct ChartTests {
  /// What the regular expression's group finds in `text`, in order.
  private func matches(_ pattern: String, in text: String) throws -> [String] {
    let expression = try NSRegularExpression(pattern: pattern)
    return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap {
      Range($0.range(at: 1), in: text).map { String(text[$0]) }
    }
  }

  private func ticks(_ chart: Chart, anchor: String) throws -> [String] {
    try matches("<text class=\"tick\"[^>]*text-anchor=\"\(anchor)\">([^<]*)</text>", in: chart.html())
  }

  @Test(
    "numbers are written short",
    arguments: [
      (0.0, "0"), (1.0, "1"), (-2.5, "−2.5"), (0.123456, "0.1235"), (1234.5678, "1235"), (1e-5, "1e-5"),
      (12345.0, "12\u{2009}345"),
      (2.5e9, "2.5e9"), (100, "100"), (.nan, "–"), (-.infinity, "−∞"), (1_234_567, "1\u{2009}234\u{2009}567"),
    ])
  func numbers(value: Double, text: String) {
    #expect(NumberText.short(value) == text)
  }

  @Test("ticks are round and cover the values")
  func ticks() throws {
    let chart = Chart(
      "a", x: Axis("step"), y: Axis("loss"), series: [Series("s", x: [0, 40, 100], y: [0.31, 0.77, 0.99])])
    #expect(try ticks(chart, anchor: "middle") == ["0", "20", "40", "60", "80", "100"])
    #expect(try ticks(chart, anchor: "end") == ["0.2", "0.4", "0.6", "0.8", "1.0"])
  }

  @Test("series beyond the colours are told apart by broken lines, in the legend too")
  func manySeries() throws {
    let series = (0..<10).map { Series("s\($0)", x: [0, 1], y: [0, Double($0)]) }
    let html = Chart("a", x: Axis("step"), y: Axis("loss"), series: series).html()
    #expect(try matches("(curve dashed)", in: html).count == 2 && matches("(swatch dash)", in: html).count == 2)
    #expect(try matches("(swatch line)", in: html).count == 8)
    #expect(try Set(matches("--tint:var\\((--series-[0-9])\\)", in: html)).count == 8)
  }

  @Test("a logarithmic axis has ticks at powers of ten and leaves out what has no logarithm")
  func logarithm() throws {
    let chart = Chart(
      "a", x: Axis("step"), y: Axis("rate", scale: .logarithmic),
      series: [Series("s", x: [0, 1, 2, 3], y: [0, 1e-6, 1e-3, 0.1])])
    #expect(try ticks(chart, anchor: "end") == ["1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1"])
    let path = try #require(try matches("<path class=\"curve\" d=\"([^\"]*)\"", in: chart.html()).first)
    #expect(path.count { $0 == "L" } == 2)
  }

  @Test("whole numbers stay whole, also over a short range")
  func wholeNumbers() throws {
    let chart = Chart(
      "a", x: Axis("layer", wholeNumbers: true), y: Axis("y"),
      series: [Series("s", x: [0, 1, 2], y: [1, 2, 3], mark: .dottedLine)])
    #expect(try ticks(chart, anchor: "middle") == ["0", "1", "2"])
  }

  @Test("points lie where their values say")
  func places() throws {
    let chart = Chart(
      "a", x: Axis("x"), y: Axis("y", from: 0, to: 1), series: [Series("s", x: [0, 1, 2], y: [0, 0.5, 1], mark: .dottedLine)])
    let across = try matches("<circle class=\"dot\" cx=\"([0-9.]*)\"", in: chart.html()).compactMap { Double($0) }
    let down = try matches("<circle class=\"dot\" cx=\"[0-9.]*\" cy=\"([0-9.]*)\"", in: chart.html()).compactMap { Double($0) }
    #expect(across.count == 3 && down.count == 3)
    #expect(abs(across[2] - 2 * across[1] + across[0]) < 0.02 && across[0] < across[1])
    #expect(abs(down[2] - 2 * down[1] + down[0]) < 0.02 && down[2] < down[0])
  }

  @Test("not-a-number interrupts a line instead of spoiling the chart")
  func gaps() throws {
    let chart = Chart("a", x: Axis("x"), y: Axis("y"), series: [Series("s", x: [0, 1, 2, 3], y: [1, .nan, 2, 3])])
    let path = try #require(try matches("<path class=\"curve\" d=\"([^\"]*)\"", in: chart.html()).first)
    #expect(path.count { $0 == "M" } == 2 && !path.contains("nan"))
  }

  @Test("constant, single and missing values still give a chart", arguments: [[], [0], [5, 5], [-1e-9, -1e-9], [1e12, 1e12]])
  func degenerate(values: [Double]) {
    for scale in [Axis.Scale.linear, .logarithmic] {
      let chart = Chart(
        "a", x: Axis("x", scale: scale), y: Axis("y", scale: scale), series: [Series("s", x: values, y: values)])
      let html = chart.html()
      #expect(html.contains("<svg") && !html.contains("nan") && !html.contains("inf"))
    }
  }

  @Test("a condensed series keeps mean and extremes")
  func condensed() {
    let y = (0..<1000).map { Double($0 % 10) }
    let series = Series("s", x: (0..<1000).map(Double.init), y: y).condensed(to: 100)
    #expect(series.x.count == 100)
    #expect(series.y.allSatisfy { $0 == 4.5 } && series.low.allSatisfy { $0 == 0 } && series.high.allSatisfy { $0 == 9 })
    #expect(series.x.first == 4.5 && series.x.last == 994.5)
    #expect(Series("s", x: [1, 2], y: [3, 4]).condensed(to: 100).y == [3, 4])
  }

  @Test("names of series are text, never markup")
  func escaping() {
    let chart = Chart(
      "a<b>&", x: Axis("\"x\""), y: Axis("y"), series: [Series("<script>", x: [0], y: [1]), Series("b", x: [0], y: [1])])
    #expect(!chart.html().contains("<script>") && chart.html().contains("&lt;script&gt;"))
    #expect(chart.html().contains("a&lt;b&gt;&amp;"))
  }

  @Test("a heat map's smallest and largest value take the ends of the scale")
  func heatMap() {
    let map = HeatMap("m", rows: 1, columns: 3, values: [-2, 0, 2], scale: .diverging)
    #expect(map.shownRange == -2...2)
    let ends = [ColourScale.diverging.colour(0), ColourScale.diverging.colour(0.5), ColourScale.diverging.colour(1)]
    #expect(map.image.pixels == ends.flatMap { [$0.red, $0.green, $0.blue] })
    #expect(HeatMap("m", rows: 1, columns: 2, values: [3, .nan]).image.pixels.count == 6)
  }
}
