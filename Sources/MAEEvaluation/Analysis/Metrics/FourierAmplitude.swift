/// How much fine detail embeddings hold (Park and Kim 2022; as computed by Park et al. 2023).
struct FourierAmplitude: AnalysisMetric {
  static let definition = MetricDefinition(
    key: "fourier_log_amplitude", title: "Fourier spectrum of the embeddings",
    meaning: """
      Each channel of a block's output is a small picture with a value per patch. Its spectrum says how much changes from patch \
      to patch (high frequencies) compared with what is the same everywhere (frequency 0). Series: layer_1 and so on, the log \
      amplitude along the diagonal relative to frequency 0; delta, that of the highest frequency for each layer. Closer to 0 \
      means more detail. Of a clip, each time slot counts as a picture.
      """,
    formula: "Δ_f = mean ln(|F_{f,f}| + 10^{−6}) − mean ln(|F_{0,0}| + 10^{−6}),  F = 2-D Fourier transform over patches",
    unit: "natural logarithm of a ratio")
  static let presentation = MetricPresentation(
    .detail,
    [
      .family(layer, called: "block", title: "Spectrum of each block", label: "Δ log amplitude"),
      .curve(delta, title: "Highest frequency", label: "Δ log amplitude"),
    ])

  private static let (layer, delta) = ("layer", "delta")

  private var spectra: [Int: (sum: [Double], count: Int)] = [:]
  private var frequencies: [Double] = []
  private var means = LayerMeans()

  init(_ context: AnalysisContext) {}

  mutating func add(_ view: LayerView) {
    guard view.stack == .encoder else { return }
    let spectrum = DiagonalSpectrum(view.grid)
    frequencies = spectrum.frequencies
    let amplitudes = spectrum.logAmplitudes(view.features)
    let sum = spectra[view.layer]?.sum ?? amplitudes.map { _ in 0 }
    spectra[view.layer] = (zip(sum, amplitudes).map { $0 + $1 }, (spectra[view.layer]?.count ?? 0) + 1)
    means.add(amplitudes[amplitudes.count - 1] - amplitudes[0], to: Self.delta, view)
  }

  var series: [MetricSeries] {
    means.series
      + spectra.sorted { $0.key < $1.key }.map { layer, spectrum in
        MetricSeries(
          "\(Self.layer)_\(layer)", stack: .encoder, axis: .frequency, at: frequencies,
          values: spectrum.sum.map { ($0 - spectrum.sum[0]) / Double(spectrum.count) })
      }
  }
}
