import MAEEvaluation

/// The charts of an analysis.
struct AnalysisCharts {
  private let result: AnalysisResult
  /// Checkpoints that get a curve of their own over layers: at most six, the last among them.
  private let shown: [Int]
  private let last: Int
  /// Whether checkpoints know their steps, and there are several.
  private let isRun: Bool
  private let steps: [Double]

  init(_ result: AnalysisResult) {
    self.result = result
    shown = Self.spread(result.checkpoints.count)
    last = result.checkpoints.count - 1
    isRun = last > 0 && result.checkpoints.allSatisfy { $0.step != nil }
    steps = result.checkpoints.enumerated().map { Double($0.element.step ?? $0.offset) }
  }

  /// At most six of `count` places, the last among them.
  private static func spread(_ count: Int) -> [Int] {
    let wanted = min(count, 6)
    return (0..<wanted).map { wanted == 1 ? count - 1 : $0 * (count - 1) / (wanted - 1) }
  }

  /// The charts of figures: those of the encoder, of the decoder, and of single heads each in a grid of their own.
  func parts(_ figures: [(figure: MetricFigure, metric: MetricResult)]) -> [PagePart] {
    let drawn = figures.map { (group: $0.figure.group, charts: charts($0.figure, $0.metric)) }
    return (0..<3).compactMap { group in
      let charts = drawn.filter { $0.group == group }.flatMap(\.charts)
      return charts.isEmpty ? nil : .charts(charts)
    }
  }

  private func charts(_ figure: MetricFigure, _ metric: MetricResult) -> [Chart] {
    func series(_ name: String, _ stack: BlockStack) -> MetricSeries? {
      metric.series.first { $0.name == name && $0.stack == stack && !$0.at.isEmpty }
    }
    switch figure {
    case .curve(let name, let title, let label, let stack):
      guard let found = series(name, stack) else { return [] }
      return [curve(found, title, label)] + (isRun && found.axis == .layer ? [course(found, title, label)] : [])
    case .course(let name, let title, let label, let stack):
      return series(name, stack).map { last > 0 ? [course($0, title, label)] : [] } ?? []
    case .comparison(let lines, let title, let label, let stack, let range, let note):
      let found = lines.compactMap { line in series(line.name, stack).map { (line.title, $0) } }
      return found.count == lines.count ? comparison(found, title, label, range, note) : []
    case .family(let prefix, let called, let title, let label):
      return family(metric.series.filter { $0.name.hasPrefix(prefix + "_") }, called, title, label, prefix)
    case .heads(let title, let label):
      return heads(metric.series.filter { $0.isOfHead && $0.stack == .encoder }, title, label)
    case .map, .plane: return []
    }
  }

  private var lastNote: String { isRun ? "At the last checkpoint." : "" }

  private func name(of checkpoint: Int) -> String {
    result.checkpoints[checkpoint].step.map { "step \($0)" } ?? "checkpoint \(checkpoint + 1)"
  }

  private func xAxis(_ series: MetricSeries) -> Axis {
    switch series.axis {
    case .layer: Axis(series.stack.map { "\($0.rawValue) block" } ?? "block", wholeNumbers: true)
    case .frequency: Axis("frequency (1 = a period of two patches)")
    case .maskRatio: Axis("hidden share")
    }
  }

  /// A curve for each of some checkpoints; of a single one with its spread over samples.
  private func curve(_ series: MetricSeries, _ title: String, _ label: String) -> Chart {
    let isSingle = shown.count == 1
    let curves = shown.enumerated().map { place, checkpoint in
      let values = Self.points(series.at, series.values[checkpoint])
      let spread = isSingle ? Self.band(series, checkpoint) : ([], [])
      return Series(
        isSingle ? "" : name(of: checkpoint), x: values.x, y: values.y, low: spread.0, high: spread.1, mark: .dottedLine,
        tint: isSingle ? .byPlace : .ordered(Double(place + 1) / Double(shown.count)))
    }
    let note = curves[0].low.isEmpty ? "" : "Band: one standard deviation over samples."
    return Chart(title, x: xAxis(series), y: Axis(label), series: curves, note: note)
  }

  /// A curve per block over the steps of a run, at most six blocks.
  private func course(_ series: MetricSeries, _ title: String, _ label: String) -> Chart {
    let layers = Self.spread(series.at.count)
    let curves = layers.enumerated().map { place, layer in
      let values = Self.points(steps, series.values.map { $0[layer] })
      return Series(
        "block \(Int(series.at[layer]))", x: values.x, y: values.y, mark: .dottedLine,
        tint: .ordered(Double(place + 1) / Double(layers.count)))
    }
    return Chart("\(title), over training", x: Axis("step"), y: Axis(label), series: curves)
  }

  /// Several series at the last checkpoint, and the means of those over blocks over the steps of a run.
  private func comparison(
    _ lines: [(title: String, series: MetricSeries)], _ title: String, _ label: String, _ range: ClosedRange<Double>?,
    _ note: String
  ) -> [Chart] {
    func chart(
      _ title: String, _ x: Axis, _ label: String, _ note: String, _ points: (MetricSeries) -> (x: [Double], y: [Double])
    )
      -> Chart
    {
      Chart(
        title, x: x, y: Axis(label, from: range?.lowerBound, to: range?.upperBound),
        series: lines.map { line in
          let values = points(line.series)
          return Series(line.title, x: values.x, y: values.y, mark: .dottedLine)
        }, note: note)
    }
    let atEnd = chart(title, xAxis(lines[0].series), label, lastNote) { Self.points($0.at, $0.values[last]) }
    guard isRun, lines[0].series.axis == .layer else { return [atEnd] }
    let means = chart("\(title), over training", Axis("step"), "\(label), mean over blocks", note) { series in
      Self.points(
        steps,
        series.values.map { row in
          let values = row.compactMap(\.self)
          return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        })
    }
    return [atEnd, means]
  }

  /// Curves at the last checkpoint, from light to strong.
  private func family(_ members: [MetricSeries], _ called: String, _ title: String, _ label: String, _ prefix: String) -> [Chart]
  {
    guard let first = members.first else { return [] }
    let curves = members.enumerated().map { place, series in
      let values = Self.points(series.at, series.values[last])
      return Series(
        "\(called) \(series.name.dropFirst(prefix.count + 1))", x: values.x, y: values.y,
        tint: .ordered(Double(place + 1) / Double(members.count)))
    }
    return [Chart(title, x: xAxis(first), y: Axis(label), series: curves, note: lastNote)]
  }

  /// One dot per head and block at the last checkpoint.
  private func heads(_ heads: [MetricSeries], _ title: String, _ label: String) -> [Chart] {
    guard let first = heads.first else { return [] }
    let points = heads.map { Self.points($0.at, $0.values[last]) }
    return [
      Chart(
        title, x: xAxis(first), y: Axis(label), series: [Series("", x: points.flatMap(\.x), y: points.flatMap(\.y), mark: .dots)],
        note: lastNote)
    ]
  }

  private static func points(_ x: [Double], _ y: [Double?]) -> (x: [Double], y: [Double]) {
    let pairs = zip(x, y).compactMap { x, y in y.map { (x, $0) } }
    return (pairs.map(\.0), pairs.map(\.1))
  }

  /// One standard deviation around the values; empty where it is not known for all of them.
  private static func band(_ series: MetricSeries, _ checkpoint: Int) -> ([Double], [Double]) {
    let values = series.values[checkpoint].compactMap(\.self)
    let deviations = series.deviations[checkpoint].compactMap(\.self)
    guard values.count == series.at.count, deviations.count == values.count else { return ([], []) }
    return (zip(values, deviations).map { $0 - $1 }, zip(values, deviations).map { $0 + $1 })
  }
}

extension MetricFigure {
  /// Charts of one group stand together.
  fileprivate var group: Int {
    switch self {
    case .curve(_, _, _, .decoder), .course(_, _, _, .decoder), .comparison(_, _, _, .decoder, _, _): 1
    case .heads: 2
    default: 0
    }
  }
}
