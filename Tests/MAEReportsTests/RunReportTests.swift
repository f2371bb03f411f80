import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEMedia
import MAEModels
import MAEReports
import MAETraining
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a run leaves beside its metrics, and the pages about it.
@Suite struct RunReportTests {
  /// Stills of 32 × 32 with soft colours, and a model that takes milliseconds.
  private func media(_ folder: TemporaryFolder) throws -> Manifest {
    try FileManager.default.createDirectory(atPath: folder.path("media"), withIntermediateDirectories: true)
    let files = try (0..<8).map { number in
      let pixels = (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: ($0 % 96) * (number + 1) / 2 + $0 / 96 * 3) }
      let path = folder.path("media/\(number).png")
      try PictureWriter.writePNG(Image(size: FrameSize(square: 32), pixels: pixels), to: path)
      return ManifestFile(path: path, kind: .still)
    }
    return Manifest(files: files)
  }

  private func recipe(steps: Int = 10, _ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
    var recipe = MAEModels.Method.mae.recipe(.tiny)
    recipe.model.input = InputConfiguration(size: FrameSize(square: 32), patch: 8)
    recipe.model.encoder.blocks = BlockConfiguration(
      width: 32, depth: 2, heads: 2, attentionBias: recipe.model.encoder.blocks.attentionBias)
    recipe.model.decoder?.blocks = BlockConfiguration(
      width: 16, depth: 1, heads: 2, attentionBias: recipe.model.encoder.blocks.attentionBias)
    recipe.run.batchSize = 4
    recipe.run.threads = 1
    recipe.data.workers = 0
    recipe.run.saveEvery = 4
    recipe.optimizer.learningRate = 3e-3
    (recipe.schedule.epochs, recipe.schedule.steps) = (nil, steps)
    change(&recipe)
    return recipe
  }

  private final class Notes: TrainingObserver {
    var texts: [String] = []
    func note(_ text: String) { texts.append(text) }
  }

  /// Trains with everything switched on.
  ///
  /// - Parameter stop: nil: to the end, with an end in the journal; else as if killed there.
  @discardableResult
  private func train(_ recipe: Recipe, _ manifest: Manifest, in path: String, stop: Int? = nil) throws -> Notes {
    let run = try Pretraining(recipe, manifest: manifest, in: RunFolder(path))
    let notes = Notes()
    let recorder = RunRecorder(run, then: notes)
    try run.train(observer: recorder, stopAfter: stop)
    if stop == nil { recorder.end("finished") }
    return notes
  }

  private func events(_ folder: TemporaryFolder, _ run: String) throws -> [EventReader.Event] {
    try EventReader(folder.data("\(run)/events.out.tfevents.mae")).steps
  }

  private func isWellFormed(_ html: String) throws -> Bool {
    let start = try #require(html.range(of: "<body>")).lowerBound
    let end = try #require(html.range(of: "</body>")).upperBound
    let body = html[start..<end].replacingOccurrences(of: "(<img [^>]*)>", with: "$1/>", options: .regularExpression)
      .replacingOccurrences(of: "<script>.*?</script>", with: "", options: .regularExpression)
      .replacingOccurrences(of: "(?s)<script>.*</script>", with: "", options: .regularExpression)
    return XMLParser(data: Data(body.utf8)).parse()
  }

  @Test("a run leaves one event per step with the values of its metrics, a log, pictures, a journal and a page")
  func whatARunLeaves() throws {
    let folder = TemporaryFolder()
    let recipe = recipe { $0.evaluation.histogramsEvery = 5 }
    #expect(try train(recipe, media(folder), in: folder.path("run")).texts == [])
    let metrics = try StepMetrics.read(folder.path("run/metrics.jsonl"))
    let events = try events(folder, "run")
    #expect(events.map(\.step) == Array(0...10))
    for (event, line) in zip(events.dropFirst(), metrics) {
      #expect(event.scalars["loss"] == line.loss.map { Float($0) } && event.scalars["learning_rate"] == Float(line.lr))
      #expect(event.scalars["grad_norm"] == line.gradNorm.map { Float($0) })
      #expect(event.scalars["data_share"] == Float(line.dataShare) && event.scalars["epoch"] == Float(line.epoch))
      #expect(event.histograms.isEmpty == (line.step % 5 != 0))
    }
    let trained = try #require(
      events[5].histograms["gradients/encoder/layer/0/attention/attention/query/weight"] ?? events[5].histograms.first?.value)
    #expect(trained.counts.reduce(0, +) > 0)
    let first = try #require(events[0].pictures["reconstruction"])
    #expect(first.png.prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]) && first.width > first.height)
    #expect(events[10].pictures["reconstruction"] != nil && events[10].scalars["psnr"] != nil)
    #expect(try folder.names("run/pictures").contains("step-000010.png"))
    #expect(try folder.text("run/log.txt").split(separator: "\n").count == 5, "two batches make an epoch")
    #expect(try RunJournal.read(folder.path("run/journal.jsonl")).map(\.kind) == [.start, .end])
    let page = try folder.text("run/report.html")
    #expect(try isWellFormed(page))
    for word in ["Finished: 10 steps", "Loss over the run", "step 10: PSNR", "As the method has it", "<script>", "8 stills"] {
      #expect(page.contains(word), "\(word)")
    }
    for word in ["http:", "https:", "url(", "@import", "<link"] { #expect(!page.contains(word), "\(word)") }
  }

  @Test("a run that was killed has every step once, and its page tells", arguments: [1, 5, 6, 9])
  func kill(after stop: Int) throws {
    let folder = TemporaryFolder()
    let (manifest, recipe) = (try media(folder), recipe())
    try train(recipe, manifest, in: folder.path("whole"))
    try train(recipe, manifest, in: folder.path("run"), stop: stop)
    if stop % 4 != 0 {
      try FileManager.default.removeItem(atPath: folder.path(String(format: "run/checkpoints/step-%06d", stop)))
    }
    let events = try folder.data("run/events.out.tfevents.mae")
    try (events + events.prefix(9)).write(to: URL(fileURLWithPath: folder.path("run/events.out.tfevents.mae")))
    try train(recipe, manifest, in: folder.path("run"))
    #expect(try self.events(folder, "run").map(\.step) == Array(0...10))
    let losses = try self.events(folder, "run").map { $0.scalars["loss"] }
    #expect(try losses == self.events(folder, "whole").map { $0.scalars["loss"] })
    #expect(try folder.text("run/log.txt") == folder.text("whole/log.txt"))
    let page = try folder.text("run/report.html")
    #expect(
      page.contains("it was killed, or the machine went down") && page.contains("continued after step \(stop / 4 * 4) of 10"))
    let lines = try folder.text("run/pictures/pictures.jsonl").split(separator: "\n")
    #expect(lines.count == Set(lines).count && lines.last?.contains("\"step\":10") == true)
  }

  @Test("a step whose evaluation was broken off is recorded once, with what was found of it", arguments: [6, 10])
  func brokenOff(step: Int) throws {
    final class Judge: ModelEvaluator {
      private let answer: () throws -> Double
      init(_ answer: @escaping () throws -> Double) { self.answer = answer }
      func accuracy(of model: Model) throws -> Double { try answer() }
    }
    let folder = TemporaryFolder()
    let manifest = try media(folder)
    let settings = recipe {
      $0.evaluation.every = 2
      $0.evaluation.histogramsEvery = 1
    }
    func train(_ name: String, isBrokenOff: Bool = false) throws -> TrainingOutcome {
      let run = try Pretraining(settings, manifest: manifest, in: RunFolder(folder.path(name)))
      let recorder = RunRecorder(run, then: Notes())
      let judge = Judge {
        let done = run.trainer.state.step
        if isBrokenOff, done == step { throw DataError(.interrupted, "Reading was stopped") }
        return Double(done) / 100
      }
      let outcome = try run.train(observer: recorder, evaluator: judge)
      recorder.end(outcome == .finished ? "finished" : "told to stop")
      return outcome
    }
    #expect(try train("whole") == .finished)
    for _ in 1...2 {
      #expect(try train("run", isBrokenOff: true) == .interrupted(step: step))
      #expect(try folder.text("run/report.html").contains("Stopped after step \(step) of 10 (told to stop)"))
    }
    #expect(try train("run") == .finished)
    let page = try folder.text("run/report.html")
    #expect(page.contains("Finished: 10 steps") && page.contains("which was broken off"))
    #expect(try folder.text("run/log.txt") == folder.text("whole/log.txt"))
    #expect(try folder.text("run/log.txt").contains("test_acc1"))
    func accuracies(_ name: String) throws -> [String] {
      try events(folder, name).compactMap { event in event.scalars["evaluation/top1"].map { "\(event.step): \($0)" } }
    }
    #expect(try accuracies("run") == accuracies("whole"))
    let found = try events(folder, "run")
    #expect(found.filter { $0.scalars["loss"] != nil }.map(\.step) == Array(1...10))
    #expect(found.filter { !$0.histograms.isEmpty }.map(\.step) == Array(1...10))
    let lines = try folder.text("run/pictures/pictures.jsonl").split(separator: "\n")
    #expect(lines.count == Set(lines).count)
  }

  @Test(
    "what cannot be written is said once and does not stop the run",
    arguments: ["report.html", "log.txt", "journal.jsonl", "events.out.tfevents.mae", "pictures"])
  func unwritable(name: String) throws {
    let folder = TemporaryFolder()
    let (manifest, recipe) = (try media(folder), recipe())
    // A folder where a file should be, or a file where a folder should be.
    do { _ = try Pretraining(recipe, manifest: manifest, in: RunFolder(folder.path("run"))) }
    if name == "pictures" {
      try folder.write("", to: "run/pictures")
    } else {
      try FileManager.default.createDirectory(atPath: folder.path("run/\(name)"), withIntermediateDirectories: true)
    }
    let notes = try train(recipe, manifest, in: folder.path("run"))
    #expect(notes.texts.count == 1 && notes.texts[0].contains(" left out: "), "\(notes.texts)")
    #expect(try StepMetrics.read(folder.path("run/metrics.jsonl")).count == 10)
    if name != "report.html" { #expect(try folder.text("run/report.html").contains("Finished: 10 steps")) }
  }

  @Test("pictures come when they are asked for, or never")
  func pictures() throws {
    let folder = TemporaryFolder()
    let manifest = try media(folder)
    try train(recipe { $0.evaluation.picturesEvery = 4 }, manifest, in: folder.path("some"))
    #expect(try events(folder, "some").filter { !$0.pictures.isEmpty }.map(\.step) == [0, 4, 8, 10])
    try train(recipe { $0.evaluation.picturesEvery = 0 }, manifest, in: folder.path("none"))
    #expect(try events(folder, "none").allSatisfy(\.pictures.isEmpty))
    #expect(!folder.exists("none/pictures"))
    let page = try folder.text("none/report.html")
    #expect(!page.contains("<script>") && !page.contains("What it completes"))
  }

  @Test("the page of a broken night names every trouble, with the files")
  func brokenNight() throws {
    let folder = TemporaryFolder()
    try train(recipe(), media(folder), in: folder.path("run"))
    var metrics = try StepMetrics.read(folder.path("run/metrics.jsonl"))
    metrics[6].loss = nil
    metrics[6].files = ["media/<3>.png"]
    metrics[8].notes = ["step-000008 is damaged"]
    try folder.write(
      metrics.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) + "\n" }.joined(), to: "run/metrics.jsonl")
    try folder.write(
      "{\"file\":\"media/torn.png\",\"reason\":\"ends too early\",\"frame_time\":null}\n", to: "run/bad_files.jsonl")
    try FileManager.default.removeItem(atPath: folder.path("run/journal.jsonl"))
    let html = try RunReport(folder.path("run")).page().html()
    #expect(try isWellFormed(html))
    for word in ["media/&lt;3&gt;.png", "step-000008 is damaged", "media/torn.png", "ends too early", "steps left out"] {
      #expect(html.contains(word), "\(word)")
    }
  }

  @Test("a comparison has every run's curves and the settings that differ, and no others")
  func comparison() throws {
    let folder = TemporaryFolder()
    let manifest = try media(folder)
    try train(recipe(), manifest, in: folder.path("first"))
    try train(recipe { $0.optimizer.learningRate = 1e-3 }, manifest, in: folder.path("second"))
    let html = try RunComparison([folder.path("first"), folder.path("second")]).page.html()
    #expect(try isWellFormed(html))
    for word in ["Loss over steps", "Loss over samples", "Loss over time", "<td>lr</td>", "0.003", "0.001"] {
      #expect(html.contains(word), "\(word)")
    }
    #expect(!html.contains("<td>batch-size</td>"))
    let same = try RunComparison([folder.path("first"), folder.path("first")]).page.html()
    #expect(same.contains("They have the same settings."))
    #expect(throws: TrainingError.self) { try RunComparison([folder.path]) }
  }
}
