import Foundation
import MAEFoundation
import MAEModels
import MAERecipes
import MAETraining

/// A run as one page: what was learned, how fast, from what, with which settings, and what happened meanwhile.
///
/// It is made of the files in the run's folder alone, at any time, also while the run is still going.
public struct RunReport {
  private let record: RunRecord
  private let story: RunStory

  /// Rows of a table above which the rest is left to the file.
  private static let mostRows = 200
  /// Pictures of one thing on the page.
  private static let mostSlides = 16

  /// Reads the folder of a run.
  ///
  /// - Throws: ``TrainingError`` of kind `usage` when there is no run in it; ``FileError`` when a file cannot be read.
  public init(_ path: String) throws {
    record = try RunRecord(path)
    story = RunStory(record)
  }

  /// Writes the page.
  ///
  /// - Throws: ``FileError`` when it cannot be written, or a picture cannot be read.
  public func write(to path: String) throws { try page().write(to: path) }

  /// The page.
  ///
  /// - Throws: ``FileError`` when a picture cannot be read.
  public func page() throws -> Page {
    Page(
      title: "Run \(record.name)", lead: lead, facts: facts,
      sections: [learning, try pictures, try masks, accuracy, speed, happenings, data, configuration, machine]
        .compactMap(\.self))
  }

  // MARK: Header

  private var lead: String {
    let (step, metrics) = (record.step, record.metrics)
    guard let last = metrics.last, let steps = record.steps else {
      return record.stand == .going ? "The run has begun; no step is done yet." : "No step is done."
    }
    let epochs = RecipeText.rounded(last.epoch, digits: 3)
    let time = DurationText.short(record.seconds)
    switch record.stand {
    case .finished: return "Finished: \(counted(step, "step")), \(epochs) passes over the data, \(time) of training."
    case .going:
      let rest = record.seconds / Double(step) * Double(steps - step)
      return "Still going: step \(step) of \(steps) after \(time) of training, about \(DurationText.short(rest)) are left."
    case .stopped:
      let why = record.journal.last.flatMap { $0.kind == .end ? " (\($0.text))" : nil } ?? ""
      return "Stopped after step \(step) of \(steps)\(why); the same command goes on from the last checkpoint."
    }
  }

  private var facts: [Page.Fact] {
    let (recipe, metrics) = (record.recipe, record.metrics)
    var facts = [Page.Fact("method", recipe.method.name), Page.Fact("size", recipe.preset.rawValue)]
    if let steps = record.steps { facts.append(Page.Fact("step", "\(record.step) of \(steps)")) }
    if let loss = record.loss {
      facts.append(Page.Fact("loss", NumberText.short(loss)))
      if let baseline = metrics.lazy.reversed().compactMap(\.baseline).first, baseline > 0 {
        facts.append(Page.Fact("below predicting nothing", "\(NumberText.short((1 - loss / baseline) * 100, digits: 2)) %"))
      }
    }
    if let best = record.bestAccuracy { facts.append(Page.Fact("best accuracy", NumberText.short(best.top1, digits: 3))) }
    if let psnr = record.pictures.last?.psnr { facts.append(Page.Fact("PSNR", "\(NumberText.short(psnr, digits: 3)) dB")) }
    facts.append(Page.Fact("time of training", DurationText.short(record.seconds)))
    let leftOut = metrics.count { $0.loss == nil || $0.spike?.isLeftOut == true }
    if leftOut > 0 { facts.append(Page.Fact("steps left out", "\(leftOut)")) }
    if story.resumes > 0 { facts.append(Page.Fact("continued", story.resumes == 1 ? "once" : "\(story.resumes) times")) }
    if !record.bad.isEmpty { facts.append(Page.Fact("bad files", "\(record.bad.count)")) }
    return facts
  }

  // MARK: Sections

  private func chart(_ title: String, _ label: String, from lower: Double? = nil, to upper: Double? = nil, _ series: Series...)
    -> Chart?
  {
    series.allSatisfy(\.x.isEmpty)
      ? nil : Chart(title, x: Axis("step"), y: Axis(label, from: lower, to: upper), series: series.filter { !$0.x.isEmpty })
  }

  private var learning: Page.Section? {
    let metrics = record.metrics
    guard !metrics.isEmpty else { return nil }
    let charts = [
      LossCurve(metrics).chart,
      chart("Learning rate", "rate", from: 0, Series("", of: metrics, \.lr)),
      chart("Norm of the gradient, before clipping", "norm", from: 0, Series("", of: metrics, \.gradNorm)),
    ]
    return Page.Section("Loss and rate", parts: [.charts(charts.compactMap(\.self))])
  }

  private var pictures: Page.Section? {
    get throws {
      let lines = Self.spread(record.pictures)
      guard let last = lines.last else { return nil }
      let slides = try lines.map { line in
        let psnr = "PSNR of the hidden patches \(NumberText.short(line.psnr, digits: 4)) dB"
        return try PageSlide(path: "\(record.path)/pictures/\(line.fileName)", caption: "step \(line.step): \(psnr)")
      }
      var curves = [
        Series("the model", x: record.pictures.map { Double($0.step) }, y: record.pictures.map(\.psnr), mark: .dottedLine)
      ]
      let copying = record.pictures.compactMap { line in line.psnrOfMeanColour.map { (Double(line.step), $0) } }
      if !copying.isEmpty {
        curves.append(Series("mean visible colour", x: copying.map(\.0), y: copying.map(\.1), isDashed: true))
      }
      let normalized =
        last.isNormalized ? " The model predicts normalised patches: mean and deviation of each are taken from the original." : ""
      return Page.Section(
        "What it completes",
        lead: """
          The same few files with the same masks after each part of the run: as they are, as the encoder sees them, and \
          completed; \(record.heldOut > 0 ? "none of them is learned from" : "they are among those that it learns from"). \
          Visible patches are pasted from the original.\(normalized)
          """,
        parts: [
          .slides(slides),
          .charts([Chart("Completed patches", x: Axis("step"), y: Axis("PSNR (dB)"), series: curves)]),
        ])
    }
  }

  private var masks: Page.Section? {
    get throws {
      let masking = record.recipe.model.masking
      let names = (Folder.names(in: record.path + "/guide") ?? []).filter { $0.hasSuffix(".png") }.sorted()
      guard !names.isEmpty else { return nil }
      return Page.Section(
        "What guides the masks",
        lead: "What the model sees in a few pictures and what it would hide, at each checkpoint (\(masking.kind) masking).",
        parts: [
          .slides(
            try Self.spread(names).map { try PageSlide(path: "\(record.path)/guide/\($0)", caption: "\($0.dropLast(4))") })
        ])
    }
  }

  private var accuracy: Page.Section? {
    let top1 = Series("this model", of: record.metrics, mark: .dottedLine) { $0.evaluation?.top1 }
    guard let first = top1.x.first, let last = top1.x.last else { return nil }
    var curves = [top1]
    if let untrained = record.latest(\.untrainedTop1) {
      curves.append(Series("before training", x: [first, last], y: [untrained, untrained], isDashed: true))
    }
    let lead =
      record.recipe.model.classifier == nil
      ? "The share of labelled samples whose nearest neighbours among frozen features have the same label."
      : "The share of validation samples that the classifier recognises."
    let chart = Chart("Accuracy over the run", x: Axis("step"), y: Axis("top-1"), series: curves)
    return Page.Section("What its features are worth", lead: lead, parts: [.charts([chart])])
  }

  private var speed: Page.Section? {
    let metrics = record.metrics
    guard !metrics.isEmpty else { return nil }
    let charts = [
      chart("Throughput", "samples/s", from: 0, Series("", of: metrics, \.samplesPerSecond)),
      chart("Waiting for data, share of the step", "share", from: 0, to: 1, Series("", of: metrics, \.dataShare)),
      chart("Resident memory", "GB", from: 0, Series("", of: metrics) { Double($0.memoryBytes) / 1e9 }),
    ]
    return Page.Section("Speed and memory", parts: [.charts(charts.compactMap(\.self))])
  }

  private var happenings: Page.Section {
    let rows = story.rows
    guard !rows.isEmpty else {
      return Page.Section("What happened", parts: [.paragraph("Nothing that would have to be told.")])
    }
    let shown = Array(rows.suffix(Self.mostRows))
    let caption = shown.count < rows.count ? "The last \(shown.count) of \(rows.count); the rest is in journal.jsonl." : ""
    return Page.Section(
      "What happened",
      lead: "Starts, ends, warnings and faults by the clock (UTC).\(story.kills > 0 ? " Some part ended without a word." : "")",
      parts: [.table(PageTable(RunStory.titles, rows: shown, caption: caption))])
  }

  private var data: Page.Section {
    let kind = record.recipe.method.isForVideo ? "video" : "still"
    var text = "\(counted(record.files.count, kind)) to learn from"
    if record.heldOut > 0 { text += ", \(record.heldOut) more held out" }
    text += ", from \(record.recipe.data.inputs.joined(separator: ", "))."
    var parts: [PagePart] = [.paragraph(text)]
    let labels = record.files.labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if labels.count > 1 {
      let list = labels.prefix(12).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      parts.append(.paragraph("\(labels.count) labels: \(list)\(labels.count > 12 ? ", …" : "")."))
    }
    if record.bad.isEmpty {
      parts.append(.paragraph("No file was left out."))
    } else {
      let rows = record.bad.prefix(Self.mostRows).map {
        [$0.file, $0.frameTime.map { "\(NumberText.short($0)) s" } ?? "", $0.reason]
      }
      parts.append(
        .table(
          PageTable(
            ["left out", "at", "why"], rows: Array(rows),
            caption: rows.count < record.bad.count ? "\(rows.count) of \(record.bad.count); all are in bad_files.jsonl." : "")))
    }
    return Page.Section("Data", parts: parts)
  }

  private var configuration: Page.Section {
    let origins = SettingOrigins(record.recipe, record.environment)
    func table(_ lines: [SettingOrigins.Line], _ caption: String) -> PagePart {
      .table(PageTable(["setting", "value", "from"], rows: lines.map { [$0.name, $0.value, $0.origin] }, caption: caption))
    }
    let command = record.environment.map { [PagePart.paragraph($0.commandLine.joined(separator: " "))] } ?? []
    return Page.Section(
      "Configuration",
      lead: "config.yaml in the run's folder holds all of it; mae \(record.recipe.trainingCommand) --config repeats the run.",
      parts: command + [table(origins.chosen, "Chosen for this run"), table(origins.usual, "As the method has it")])
  }

  private var machine: Page.Section? {
    guard let environment = record.environment else { return nil }
    let memory = NumberText.short(Double(environment.memoryBytes) / 1e9, digits: 3)
    return Page.Section(
      "Machine",
      parts: [
        .table(
          PageTable(
            ["", ""],
            rows: [
              ["program", environment.program], ["started", environment.started], ["in", environment.workingDirectory],
              ["system", environment.operatingSystem], ["processor", environment.processor],
              ["cores", "\(environment.cores), \(record.threads) threads that compute"], ["level", environment.instructionLevel],
              ["memory", "\(memory) GB"],
            ]))
      ])
  }

  /// At most so many, evenly, the first and the last among them.
  private static func spread<Element>(_ all: [Element]) -> [Element] {
    guard all.count > mostSlides else { return all }
    return (0..<mostSlides).map { all[$0 * (all.count - 1) / (mostSlides - 1)] }
  }
}
