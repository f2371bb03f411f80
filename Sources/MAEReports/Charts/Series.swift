/// Values that belong together in a chart.
public struct Series: Sendable {
  /// How values are drawn.
  public enum Mark: Sendable {
    case line
    /// A line with a dot at every point: for few points, such as one per layer.
    case dottedLine
    case dots
    case bars
  }

  /// Which colour a series has.
  public enum Tint: Hashable, Sendable {
    /// One of eight colours that differ for colour-blind readers too, by the place in the chart; lines from the ninth on are
    /// broken.
    case byPlace
    case number(Int)
    /// From a scale of one hue, 0 (light) … 1 (strong): for ordered things, such as layers or steps.
    case ordered(Double)
  }

  /// As the legend calls it; empty for a series that needs no name.
  public var name: String
  /// Of the points, as many of each.
  public var x, y: [Double]
  /// What the values vary within at each point, drawn as a band (lines) or whiskers (dots, bars); empty if unknown.
  public var low, high: [Double]
  /// How values are drawn.
  public var mark: Mark
  /// Which colour the series has.
  public var tint: Tint
  /// Whether lines are broken.
  public var isDashed: Bool

  /// - Precondition: `x` and `y` are equally long, and so are `low` and `high` unless they are empty.
  public init(
    _ name: String, x: [Double], y: [Double], low: [Double] = [], high: [Double] = [], mark: Mark = .line,
    tint: Tint = .byPlace, isDashed: Bool = false
  ) {
    precondition(x.count == y.count, "Series \(name): \(x.count) x for \(y.count) y")
    precondition(low.count == high.count && (low.isEmpty || low.count == y.count), "Series \(name): band of another length")
    self.name = name
    self.x = x
    self.y = y
    self.low = low
    self.high = high
    self.mark = mark
    self.tint = tint
    self.isDashed = isDashed
  }

  /// The series with at most `count` points: each the mean of neighbours, with their smallest and largest value as the band.
  ///
  /// For curves with a value per step. A series that is short enough, or that has a band of its own, stays as it is.
  public func condensed(to count: Int) -> Series {
    guard x.count > count, low.isEmpty, count > 0 else { return self }
    var condensed = Series(name, x: [], y: [], mark: mark, tint: tint, isDashed: isDashed)
    for part in 0..<count {
      let range = part * x.count / count..<(part + 1) * x.count / count
      let values = y[range].filter(\.isFinite)
      guard let least = values.min(), let most = values.max() else { continue }
      condensed.x.append(x[range].reduce(0, +) / Double(range.count))
      condensed.y.append(values.reduce(0, +) / Double(values.count))
      condensed.low.append(least)
      condensed.high.append(most)
    }
    return condensed
  }

  /// The colour as the page's style sheet knows it.
  func colour(place: Int) -> String {
    switch tint {
    case .byPlace: "var(--series-\(place % Style.series.count + 1))"
    case .number(let number): "var(--series-\((number % 8 + 8) % 8 + 1))"
    case .ordered(let share):
      "color-mix(in oklab, var(--ordered-high) \(Int((100 * max(0, min(1, share))).rounded()))%, var(--ordered-low))"
    }
  }
}
