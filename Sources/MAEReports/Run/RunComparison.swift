import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining

/// Several runs on one page: their curves over steps, samples and time, and the settings in which they differ.
public struct RunComparison {
  private let runs: [RunRecord]
  private let names: [String]

  /// Reads the folders of runs.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` when one holds no run; ``FileError`` when a file cannot be read.
  public init(_ paths: [String]) throws {
    runs = try paths.map(RunRecord.init)
    let short = runs.map(\.name)
    names = Set(short).count == short.count ? short : runs.map(\.path)
  }

  /// Writes the page.
  ///
  /// - Throws: ``FileError`` when it cannot be written.
  public func write(to path: String) throws { try page.write(to: path) }

  /// The page.
  public var page: Page {
    Page(
      title: "\(runs.count) runs", lead: names.joined(separator: ", "),
      sections: [overview, losses, heldOut, accuracies, reconstructions, settings].compactMap(\.self))
  }

  private var overview: Page.Section {
    func text(_ value: Double?, digits: Int = 4) -> String { value.map { NumberText.short($0, digits: digits) } ?? "–" }
    let rows = zip(names, runs).map { name, run in
      [
        name, run.recipe.method.name, run.recipe.preset.rawValue, "\(run.step)",
        NumberText.short(Double(run.step * run.recipe.effectiveBatch)), DurationText.short(run.seconds), text(run.loss),
        text(run.latest(\.holdoutLoss)), text(run.bestAccuracy?.top1, digits: 3), text(run.pictures.last?.psnr),
      ]
    }
    return Page.Section(
      "At their ends",
      parts: [
        .table(
          PageTable(
            [
              "run", "method", "size", "steps", "samples", "training", "loss", "held-out loss", "best accuracy", "PSNR (dB)",
            ], rows: rows))
      ])
  }

  /// A value of every run over some progress.
  private func series(
    over place: (RunRecord, StepMetrics) -> Double, mark: Series.Mark = .line, _ value: (StepMetrics) -> Double?
  ) -> [Series] {
    runs.indices.map { index in
      Series(names[index], of: runs[index].metrics, over: { place(runs[index], $0) }, mark: mark, tint: .number(index), value)
    }.filter { !$0.x.isEmpty }
  }

  private var losses: Page.Section? {
    let charts = RunProgress.allCases.map { progress in
      let curves = series(over: { progress.place($1, batch: $0.recipe.effectiveBatch) }, \.loss)
      return Chart("Loss over \(progress.title)", x: Axis(progress.label), y: .loss(of: curves), series: curves)
    }
    guard charts.contains(where: { !$0.series.isEmpty }) else { return nil }
    let targets = Set(runs.map { $0.recipe.model.target.normalization })
    let note = targets.count > 1 ? "They predict differently normalised pixels, so their losses cannot be compared." : ""
    return Page.Section("Loss", lead: note, parts: [.charts(charts)])
  }

  private var heldOut: Page.Section? {
    let curves = series(over: { RunProgress.samples.place($1, batch: $0.recipe.effectiveBatch) }, mark: .dottedLine) {
      $0.evaluation?.holdoutLoss
    }
    guard !curves.isEmpty else { return nil }
    let chart = Chart("Loss on held-out files", x: Axis("samples"), y: .loss(of: curves), series: curves)
    return Page.Section("On files that they do not learn from", parts: [.charts([chart])])
  }

  private var accuracies: Page.Section? {
    let curves = series(over: { $1.seconds / 60 * Double($0.threads) }, mark: .dottedLine) { $0.evaluation?.top1 }
    guard !curves.isEmpty else { return nil }
    let chart = Chart(
      "Accuracy over processor time", x: Axis("processor time (min)", from: 0), y: Axis("top-1"), series: curves,
      note: "Processor time is time of training times the threads that compute.")
    return Page.Section("What their features are worth", parts: [.charts([chart])])
  }

  private var reconstructions: Page.Section? {
    let curves = runs.indices.compactMap { index -> Series? in
      let lines = runs[index].pictures
      guard !lines.isEmpty else { return nil }
      return Series(
        names[index], x: lines.map { Double($0.step) }, y: lines.map(\.psnr), mark: .dottedLine, tint: .number(index))
    }
    guard !curves.isEmpty else { return nil }
    let chart = Chart("Completed patches", x: Axis("step"), y: Axis("PSNR (dB)"), series: curves)
    return Page.Section("What they complete", parts: [.charts([chart])])
  }

  private var settings: Page.Section {
    let recipes = runs.map(\.recipe)
    let rows = Settings.of(recipes).compactMap { setting -> [String]? in
      let values = recipes.map { setting.text(in: $0) ?? "–" }
      return Set(values).count > 1 ? [setting.flag ?? setting.path] + values : nil
    }
    guard !rows.isEmpty else {
      return Page.Section("Settings", parts: [.paragraph("They have the same settings.")])
    }
    return Page.Section("Settings in which they differ", parts: [.table(PageTable(["setting"] + names, rows: rows))])
  }
}
