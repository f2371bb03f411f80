import MAETraining

/// What the steps of a run are drawn over.
enum RunProgress: CaseIterable {
  case steps, samples, seconds

  var label: String {
    switch self {
    case .steps: "step"
    case .samples: "samples"
    case .seconds: "time of training (min)"
    }
  }

  var title: String { self == .seconds ? "time" : "\(self)" }

  /// Where a step stands.
  func place(_ line: StepMetrics, batch: Int) -> Double {
    switch self {
    case .steps: Double(line.step)
    case .samples: Double(line.step * batch)
    case .seconds: line.seconds / 60
    }
  }
}

extension Series {
  /// A value of the steps of a run; steps without it are left out. Many become some, with a band.
  init(
    _ name: String, of metrics: [StepMetrics], over place: (StepMetrics) -> Double = { Double($0.step) }, mark: Mark = .line,
    tint: Tint = .byPlace, _ value: (StepMetrics) -> Double?
  ) {
    let points = metrics.compactMap { line in value(line).map { (place(line), $0) } }
    let isDense = mark == .dottedLine && points.count > Self.mostDots
    let all = Series(name, x: points.map(\.0), y: points.map(\.1), mark: isDense ? .line : mark, tint: tint)
    self = mark == .line ? all.condensed(to: 300) : all
  }

  /// Points of a line above which dots on it would hide it.
  private static let mostDots = 60
}

extension Axis {
  /// For losses, which fall by orders of magnitude at the start of a run: logarithmic where some are ten times others.
  static func loss(of series: [Series]) -> Axis {
    let values = series.flatMap(\.y).filter(\.isFinite)
    guard let least = values.min(), let most = values.max(), least > 0, most > 10 * least else { return Axis("loss") }
    return Axis("loss", scale: .logarithmic)
  }
}
