import MAECore
import MAEData
import MAEEvaluation
import MAEFoundation
import MAEMedia

/// A probe as files: `probe.json` for programs and `probe.html`, one page without anything from elsewhere.
public struct ProbeReport {
  private let outcome: Probing.Outcome
  private let request: SampleRequest

  /// - Parameter probing: what found the outcome; its request says how pictures are cut.
  public init(_ outcome: Probing.Outcome, by probing: Probing) {
    self.outcome = outcome
    request = probing.extractor.request
  }

  /// Of both files in a folder.
  package static func paths(in folder: String) -> [String] { ["\(folder)/probe.json", "\(folder)/probe.html"] }

  /// Writes both files into a folder, which has to be there.
  ///
  /// - Returns: their paths.
  /// - Throws: ``ExplainedError`` when a picture cannot be encoded or a file cannot be written.
  public func write(to folder: String) throws -> [String] {
    let paths = Self.paths(in: folder)
    try DurableFile.write(JSONText.indented(result) + "\n", to: paths[0])
    try page.write(to: paths[1])
    return paths
  }

  /// Figures, confusion, curves, and neighbours as pictures.
  public var page: Page {
    Page(
      title: "What the features of \(result.method) are worth",
      lead: """
        A small classifier (\(result.kind.rawValue): \(result.settings)) on frozen features of \(result.checkpoint), judged on \
        \(result.samples) samples\(result.folds.map { " in \($0) folds" } ?? "").\(comparison)
        """,
      facts: facts, sections: [accuracy, confusion, curves, neighbours].compactMap(\.self))
  }

  // MARK: - Sections

  /// Validation samples that are shown with their neighbours: right ones, and wrong ones.
  private static let shown = 6

  private var result: ProbeResult { outcome.result }
  private func percent(_ share: Double) -> String { "\(NumberText.short(share * 100, digits: 3)) %" }

  private var comparison: String {
    guard result.untrainedTop1 != nil else { return "" }
    return " A figure means something beside that of the network before training"
      + (result.pixelsTop1 == nil ? "." : " and of the pixels.")
  }

  private var facts: [Page.Fact] {
    var facts = [
      Page.Fact("top-1", percent(result.top1)),
      Page.Fact("95 % interval", result.interval.map(percent).joined(separator: " to ")),
      Page.Fact("top-5", percent(result.top5)),
    ]
    if let untrained = result.untrainedTop1 { facts.append(Page.Fact("untrained", percent(untrained))) }
    if let pixels = result.pixelsTop1 { facts.append(Page.Fact("pixels", percent(pixels))) }
    if let step = result.step { facts.append(Page.Fact("step", "\(step)")) }
    return facts + [Page.Fact("classes", "\(result.classes.count)"), Page.Fact("training samples", "\(result.trainingSamples)")]
  }

  private var accuracy: Page.Section {
    Page.Section(
      "Classes", lead: "How many samples of each class were recognised.",
      parts: [
        .table(
          PageTable(
            ["class", "samples", "top-1"],
            rows: result.classes.map { [$0.name, "\($0.samples)", $0.top1.map(percent) ?? "–"] }))
      ])
  }

  private var confusion: Page.Section {
    let count = result.classes.count
    let shares = result.confusion.flatMap { row -> [Double] in
      let sum = max(1, row.reduce(0, +))
      return row.map { Double($0) / Double(sum) }
    }
    let pairs = result.confusion.indices.flatMap { label in
      result.confusion[label].indices.filter { $0 != label && result.confusion[label][$0] > 0 }.map { (label, $0) }
    }
    let worst = pairs.sorted { result.confusion[$0.0][$0.1] > result.confusion[$1.0][$1.1] }.prefix(10)
    return Page.Section(
      "Confusion", lead: "Rows are true classes, columns what their samples were taken for, as shares of the row.",
      parts: [
        .heatMaps([
          HeatMap(
            "Share of the class", rows: count, columns: count, values: shares, range: 0...1,
            note: "In the order \(result.classes.map(\.name).joined(separator: ", ")).")
        ]),
        .table(
          PageTable(
            ["class", "taken for", "samples"],
            rows: worst.map { [result.classes[$0.0].name, result.classes[$0.1].name, "\(result.confusion[$0.0][$0.1])"] },
            caption: worst.isEmpty ? "Nothing was taken for something else." : "Most frequent")),
      ])
  }

  private var curves: Page.Section? {
    func chart(_ title: String, _ axis: String, _ points: [ProbeResult.Point]) -> Chart {
      Chart(
        title, x: Axis(axis, wholeNumbers: true), y: Axis("top-1", from: 0),
        series: [Series("", x: points.map { Double($0.at) }, y: points.map(\.top1), mark: .dottedLine)])
    }
    let charts = [
      result.layers.map { chart("By blocks of the encoder", "block", $0) },
      result.checkpoints.map { chart("By checkpoints of the run", "step", $0) },
    ].compactMap(\.self)
    guard !charts.isEmpty else { return nil }
    return Page.Section(
      "Where it comes from",
      lead: "What the votes of nearest neighbours recognise by each block's output, and at each checkpoint.",
      parts: [.charts(charts)])
  }

  private var neighbours: Page.Section? {
    let (right, wrong) = (
      outcome.examples.filter { $0.label == $0.prediction }, outcome.examples.filter { $0.label != $0.prediction }
    )
    let parts = [("Recognised", right), ("Taken for something else", wrong)].flatMap { title, examples -> [PagePart] in
      let rows = spread(examples).compactMap(row)
      guard !rows.isEmpty else { return [] }
      let montage = Montage(title: title, columnTitles: ["sample"] + (1...5).map { "\($0)" }, rows: rows, cellWidth: 96)
      return [.pictures([PagePicture(montage.draw())])]
    }
    guard !parts.isEmpty else { return nil }
    return Page.Section(
      "Nearest neighbours", lead: "Samples, and the training samples whose features point most nearly the same way.", parts: parts
    )
  }

  private func spread(_ examples: [ProbeExample]) -> [ProbeExample] {
    let count = min(Self.shown, examples.count)
    return (0..<count).map { examples[$0 * examples.count / count] }
  }

  private func row(_ example: ProbeExample) -> Montage.Row? {
    guard let own = picture(example.path) else { return nil }
    func name(_ label: Int) -> String { result.classes[label].name }
    let title = example.label == example.prediction ? name(example.label) : "\(name(example.label)): \(name(example.prediction))"
    return Montage.Row(title, [own] + example.neighbours.map { picture($0.path) })
  }

  /// A still, or the frame in the middle of a clip.
  private func picture(_ path: String) -> Image? {
    var request = request
    request.sampling = .still
    return (try? FixedSample(path: path, request: request))?.clip.frame(0)
  }
}
