import MAEEvaluation
import MAEReports

/// The curves of an analysis.
struct AnalysisCurves {
  private let result: AnalysisResult
  /// Checkpoints that get a curve of their own over layers: at most six, the last among them.
  private let shown: [Int]

  init(_ result: AnalysisResult) {
    self.result = result
    let count = result.checkpoints.count
    let wanted = min(count, 6)
    shown = (0..<wanted).map { wanted == 1 ? count - 1 : $0 * (count - 1) / (wanted - 1) }
  }

  private var isRun: Bool { result.checkpoints.count > 1 && result.checkpoints.allSatisfy { $0.step != nil } }
  private var steps: [Double] { result.checkpoints.enumerated().map { Double($0.element.step ?? $0.offset) } }

  private func series(_ key: String, _ name: String, _ stack: BlockStack?) -> MetricSeries? {
    result.metrics[key]?.series.first { $0.name == name && $0.stack == stack }
  }

  private func name(of checkpoint: Int) -> String {
    result.checkpoints[checkpoint].step.map { "step \($0)" } ?? "checkpoint \(checkpoint + 1)"
  }

  /// A series over blocks, a curve for each of some checkpoints, and for a run over steps.
  func charts(_ key: String, _ name: String, _ title: String, _ label: String, over stack: BlockStack) -> [Chart] {
    overLayers(key, name, title, label, stack) + (isRun ? overSteps(key, name, title, label, stack) : [])
  }

  func overLayers(_ key: String, _ name: String, _ title: String, _ label: String, _ stack: BlockStack) -> [Chart] {
    guard let found = series(key, name, stack), !found.at.isEmpty else { return [] }
    let curves = shown.enumerated().map { place, checkpoint in
      let values = Self.points(found.at, found.values[checkpoint])
      let isSingle = shown.count == 1
      let spread = isSingle ? Self.band(found, checkpoint) : ([], [])
      return Series(
        isSingle ? "" : self.name(of: checkpoint), x: values.x, y: values.y, low: spread.0, high: spread.1, mark: .dottedLine,
        tint: isSingle ? .byPlace : .ordered(Double(place + 1) / Double(shown.count)))
    }
    let note = shown.count == 1 && !(curves[0].low.isEmpty) ? "Band: one standard deviation over samples." : ""
    return [
      Chart(
        title, x: Axis("\(stack.rawValue) block", wholeNumbers: true), y: Axis(label), series: curves, note: note)
    ]
  }

  /// A curve per block over the steps of a run, at most six blocks.
  func overSteps(_ key: String, _ name: String, _ title: String, _ label: String, _ stack: BlockStack) -> [Chart] {
    guard let found = series(key, name, stack), !found.at.isEmpty else { return [] }
    let count = found.at.count
    let wanted = min(count, 6)
    let layers = (0..<wanted).map { wanted == 1 ? count - 1 : $0 * (count - 1) / (wanted - 1) }
    let curves = layers.enumerated().map { place, layer in
      let values = Self.points(steps, found.values.map { $0[layer] })
      return Series(
        "block \(Int(found.at[layer]))", x: values.x, y: values.y, mark: .dottedLine,
        tint: .ordered(Double(place + 1) / Double(wanted)))
    }
    return [Chart("\(title), over training", x: Axis("step"), y: Axis(label), series: curves)]
  }

  /// One dot per head and block at the last checkpoint.
  func heads(_ key: String, _ title: String, _ label: String) -> [Chart] {
    let heads = (result.metrics[key]?.series ?? []).filter { $0.name.hasPrefix("head_") && $0.stack == .encoder }
    guard !heads.isEmpty, let last = result.checkpoints.indices.last else { return [] }
    let (x, y) = heads.reduce(into: ([Double](), [Double]())) { points, head in
      let values = Self.points(head.at, head.values[last])
      points.0 += values.x
      points.1 += values.y
    }
    return [
      Chart(
        title, x: Axis("encoder block", wholeNumbers: true), y: Axis(label), series: [Series("", x: x, y: y, mark: .dots)],
        note: isRun ? "At the last checkpoint." : "")
    ]
  }

  /// Variances of decoder blocks beside those of the encoder.
  var decoderVariances: [PagePart] {
    let charts =
      overLayers("feature_variance", "unit", "Feature variance in the decoder", "σ_F", .decoder)
      + overLayers("similarity_variance", "similarity", "Similarity variance in the decoder", "σ_s (squared cosine)", .decoder)
    return charts.isEmpty ? [] : [.charts(charts)]
  }

  /// Spectra of the blocks at the last checkpoint.
  var spectra: [Chart] {
    let layers = (result.metrics["fourier_log_amplitude"]?.series ?? []).filter { $0.name.hasPrefix("layer_") }
    guard let last = result.checkpoints.indices.last, !layers.isEmpty else { return [] }
    let curves = layers.enumerated().map { place, layer in
      let values = Self.points(layer.at, layer.values[last])
      return Series(
        layer.name.replacing("layer_", with: "block "), x: values.x, y: values.y,
        tint: .ordered(Double(place + 1) / Double(layers.count)))
    }
    return [
      Chart(
        "Spectrum of each block", x: Axis("frequency (1 = a period of two patches)"), y: Axis("Δ log amplitude"),
        series: curves, note: isRun ? "At the last checkpoint." : "")
    ]
  }

  /// Rates of visible and mask tokens over decoder blocks, and their means over steps.
  var exploitation: [Chart] {
    guard let visible = series("exploitation_rate", "visible", .decoder),
      let mask = series("exploitation_rate", "mask", .decoder),
      let last = result.checkpoints.indices.last
    else { return [] }
    func curve(_ name: String, _ series: MetricSeries) -> Series {
      let values = Self.points(series.at, series.values[last])
      return Series(name, x: values.x, y: values.y, mark: .dottedLine)
    }
    var charts = [
      Chart(
        "Exploitation rate", x: Axis("decoder block", wholeNumbers: true), y: Axis("share", from: 0, to: 1),
        series: [curve("visible tokens", visible), curve("mask tokens", mask)], note: isRun ? "At the last checkpoint." : "")
    ]
    if isRun {
      func means(_ name: String, _ series: MetricSeries) -> Series {
        let means = series.values.map { row -> Double? in
          let values = row.compactMap(\.self)
          return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let values = Self.points(steps, means)
        return Series(name, x: values.x, y: values.y, mark: .dottedLine)
      }
      charts.append(
        Chart(
          "Exploitation rate, over training", x: Axis("step"), y: Axis("share, mean over blocks", from: 0, to: 1),
          series: [means("visible tokens", visible), means("mask tokens", mask)],
          note: "Where mask tokens pass visible ones, informed masks can begin."))
    }
    return charts
  }

  /// Distances within and between classes at the last checkpoint, and their ratio for some checkpoints.
  var classes: [Chart] {
    let all = result.metrics["class_distances"]?.series ?? []
    guard let intra = all.first(where: { $0.name == "intra" }), let inter = all.first(where: { $0.name == "inter" }),
      let ratio = all.first(where: { $0.name == "inter_over_intra" }), let last = result.checkpoints.indices.last
    else { return [] }
    func curve(_ name: String, _ series: MetricSeries) -> Series {
      let values = Self.points(series.at, series.values[last])
      return Series(name, x: values.x, y: values.y, mark: .dottedLine)
    }
    let ratios = shown.enumerated().map { place, checkpoint in
      let values = Self.points(ratio.at, ratio.values[checkpoint])
      return Series(
        shown.count == 1 ? "" : name(of: checkpoint), x: values.x, y: values.y, mark: .dottedLine,
        tint: shown.count == 1 ? .byPlace : .ordered(Double(place + 1) / Double(shown.count)))
    }
    return [
      Chart(
        "Distances", x: Axis("hidden share"), y: Axis("Euclidean distance"),
        series: [curve("within a class", intra), curve("between classes", inter)], note: isRun ? "At the last checkpoint." : ""),
      Chart("Between over within", x: Axis("hidden share"), y: Axis("ratio of distances"), series: ratios),
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
