import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// A pretraining run in its folder: started, continued, or found finished.
///
///     let run = try Pretraining(Method.videomae.recipe(.small), manifest: Manifest(["videos"]), in: RunFolder("runs/a"))
///     let outcome = try run.train()
public final class Pretraining {
  /// Where it takes place.
  public let folder: RunFolder
  /// The files that it learns from.
  public let manifest: Manifest
  /// The files that only tell the loss on new ones.
  public let heldOut: [ManifestFile]
  /// The loop of the present phase.
  public internal(set) var trainer: Trainer
  /// The step of the checkpoint that the run continues from; nil for a new run.
  public let continuedFrom: Int?
  /// What a person should know before it starts.
  public private(set) var notes: [String] = []

  private let firstStep: Int
  var source: LookaheadSource
  let makeSource: (TrainingState, Recipe) throws -> any BatchSource
  private var checkpoints: RunCheckpoints
  private let metrics: MetricsLog
  package let kernels: Kernels
  let clock: RunClock
  let earlierSeconds: Double
  var stepSeconds: Double?
  var budget: TimeBudget?
  var log: EvaluationLog
  var learned: WhatWasLearned
  private var lastSave = ContinuousClock.now
  private(set) var saveSeconds = 0.0
  private var lastSavedStep = 0
  private var knownBadFiles = -1
  private var remarks: [String] = []
  /// What the next line of metrics tells.
  private var newNotes: [String] = []

  /// What predicting nothing costs on the first batches of the phase (``Baseline``); nil where that means nothing.
  public var baseline: Double? { log[trainer.state.phase] }
  /// The loss beside the baseline and what else was measured, a sentence; nil before the first step, or without baseline.
  public var whatWasLearned: String? { learned.sentence() }

  /// The trainer's.
  public var plan: TrainingPlan { trainer.plan }
  /// The trainer's.
  public var model: Model { trainer.model }

  /// Prepares a run: makes or loads model and optimizer, and writes the folder's description.
  ///
  /// - Parameters:
  ///   - manifest: What is learned from.
  ///   - heldOut: What is not.
  ///   - makeSource: Makes the source of batches for a run that stands where the state tells, of a phase with the recipe's
  ///     input size and frames; called again for each phase.
  ///   - batchesPerEpoch: Full batches in a pass over the manifest.
  ///   - pictures: What a guide looks at; nil: the files of the manifest.
  ///   - clock: Tells the time of a run with a limit.
  /// - Throws: ``TrainingError``, ``ConfigurationError``, ``CheckpointError``, and what `makeSource` throws.
  /// - Precondition: kernels of the recipe's precision.
  public init(
    _ recipe: Recipe, manifest: Manifest, heldOut: [ManifestFile] = [], batchesPerEpoch: Int, in folder: RunFolder,
    environment: RunEnvironment, on kernels: Kernels,
    pictures: GuidePictures? = nil, clock: RunClock = .elapsed(),
    makeSource: @escaping (TrainingState, Recipe) throws -> any BatchSource
  ) throws {
    precondition(kernels.precision == recipe.run.precision ?? .float32, "Pretraining: kernels of \(kernels.precision)")
    self.folder = folder
    self.clock = clock
    self.manifest = manifest
    self.heldOut = heldOut
    self.makeSource = makeSource
    var checkpoints = RunCheckpoints(folder, recipe)
    let plan = TrainingPlan(recipe, batchesPerEpoch: batchesPerEpoch, costs: try StepCosts(recipe))
    try plan.requireTimeForGuide()
    var state = TrainingState(seed: recipe.run.seed, recipe: recipe.fingerprint, data: manifest.fingerprint)
    let catalogue = Catalogue.builtIn.including(recipe.model)
    let found = try checkpoints.newest(for: recipe, stored: folder.storedRecipe(in: catalogue))
    self.checkpoints = checkpoints
    // A checkpoint at the end of a phase has the sizes of that phase.
    state.phase = found?.state.phase ?? 0
    let phase = plan.phases[state.phase].recipe
    let model = try Model(phase.model, seed: found == nil ? recipe.run.seed : nil)
    let optimizer = recipe.optimizer.optimizer(for: model.parameters, on: kernels)
    if let found {
      notes += try RunCheckpoints.load(found.entry.path, into: model, optimizer)
      notes += found.damage
      newNotes = found.damage
      if found.state.data != manifest.fingerprint {
        notes.append("the files are not those of the run so far: it goes on, but not as if it had never stopped")
      }
      state = found.state.marked(recipe: recipe.fingerprint)
    } else if let path = recipe.run.extends {
      let run = try RunToExtend(path, in: catalogue)
      notes += try RunCheckpoints.load(run.checkpoint, into: model, optimizer)
      if run.state.data != manifest.fingerprint {
        notes.append("the files are not those of \(path): it goes on, but not as if that run had been longer")
      }
      state = run.begun(recipe: recipe)
      notes.append("goes on from \(run.checkpoint), before the rate fell")
    } else if let path = recipe.run.initialWeights {
      let checkpoint = try Checkpoint.read(
        path: path, options: WeightOptions(key: recipe.run.initialWeightsKey, catalogue: catalogue))
      let report = try checkpoint.load(into: model)
      try report.requireFinite()
      notes.append("\(path): " + report.paragraph)
      notes += report.remarks
    }
    if let reason = CheckpointLayout(recipe.model).reason { notes.append(reason) }
    continuedFrom = found?.state.step
    firstStep = state.step
    earlierSeconds = state.elapsed ?? state.seconds
    // First of all files: a folder with it is ours, whatever else a kill leaves undone.
    try folder.store(recipe)
    // Also where so many are bad that nothing begins.
    try Self.list(manifest.bad, in: folder)
    metrics = try MetricsLog(path: folder.metricsPath, continuingAfter: state.step)
    source = LookaheadSource(try makeSource(state, phase))
    self.kernels = kernels
    let pictures =
      pictures
      ?? GuidePictures(
        manifest, request: recipe.request, timeLimit: .seconds(recipe.data.decodeTimeout),
        allowsTruncated: recipe.data.allowsTruncated ?? false)
    let masks: any MaskSource =
      SelfGuide(plan, model: model, pictures: pictures, folder: folder.guidePath, on: kernels) ?? DrawnMasks(model)
    if let found {
      try masks.restore(
        state.masks[masks.name], from: found.entry.path, isSameData: found.state.data == manifest.fingerprint)
    }
    var log = try EvaluationLog.read(folder.evaluationPath) ?? EvaluationLog(holdout: heldOut.map(\.path))
    if log[state.phase] == nil {
      log[state.phase] = try Self.baseline(of: model, source, recipe, on: kernels)
      try log.write(to: folder.evaluationPath)
    }
    (self.log, learned) = (log, WhatWasLearned(plan, baseline: log[state.phase]))
    trainer = Trainer(plan, model: model, optimizer: optimizer, source: source, state: state, masks: masks, on: kernels)
    if let found, trainer.average != nil { try RunCheckpoints.loadWeights(found.entry.path, into: model) }
    if found == nil || !Folder.isAnything(at: folder.environmentPath) {
      try DurableFile.write(environment.json, to: folder.environmentPath)
    }
    if found == nil {
      try DurableFile.write(JSONLines.text(manifest.files.map { ManifestLine(file: $0) }), to: folder.manifestPath)
    }
    try writeBadFiles()
    try beginTimePlan()
    try enterPhase()
  }

  /// As the other initializer, with the files of the manifest as source.
  ///
  /// - Parameters:
  ///   - environment: nil: this process, now.
  ///   - kernels: nil: with the recipe's threads, else one per core, and its precision.
  ///   - clock: Tells the time of a run with a limit.
  public convenience init(
    _ recipe: Recipe, manifest: Manifest, in folder: RunFolder, environment: RunEnvironment? = nil, on kernels: Kernels? = nil,
    clock: RunClock = .elapsed()
  ) throws {
    let threads = recipe.run.threads ?? ProcessInfo.processInfo.activeProcessorCount
    let kernels = try kernels ?? Kernels(threads: threads, precision: recipe.run.precision ?? .float32)
    let environment = environment ?? RunEnvironment(commandLine: CommandLine.arguments, threads: kernels.threads)
    var options = ClipLoader.Options()
    options.workers = recipe.data.workers ?? Self.defaultWorkers
    options.maximumBadShare = recipe.data.maxBad
    options.decodeTimeout = .seconds(recipe.data.decodeTimeout)
    options.cacheFolder = recipe.data.cache
    options.allowsTruncated = recipe.data.allowsTruncated ?? false
    options.classes = recipe.model.classifier?.classes
    options.augmentation = recipe.augmentation
    let (manifest, heldOut) = try Self.split(manifest, recipe, in: folder)
    let order = SampleOrder(
      fileCount: manifest.files.count, repeats: recipe.data.repeats, batchSize: recipe.run.batchSize, seed: recipe.run.seed)
    try self.init(
      recipe, manifest: manifest, heldOut: heldOut, batchesPerEpoch: order.batchesPerEpoch, in: folder,
      environment: environment, on: kernels, clock: clock
    ) { state, phase in
      try ClipLoader(
        manifest, request: phase.request, batchSize: recipe.run.batchSize, seed: recipe.run.seed, startingAt: state.cursor,
        failedReads: state.failedReads ?? FailedReads(), options: options, isCancelled: { StopSignal.requested != nil })
    }
  }

  /// What is learned from and what is held out: as in the run so far; one of earlier versions held out nothing.
  private static func split(
    _ manifest: Manifest, _ recipe: Recipe, in folder: RunFolder
  ) throws -> (training: Manifest, heldOut: [ManifestFile]) {
    let log = try EvaluationLog.read(folder.evaluationPath)
    let isOld = log == nil && CheckpointStore(folder: folder.checkpointsPath).newest() != nil
    return HeldOutFiles.split(manifest, recipe, paths: isOld ? [] : log?.holdout)
  }

  /// Of about 32 samples, at most four batches.
  static func baseline(
    of model: Model, _ source: LookaheadSource, _ recipe: Recipe, on kernels: Kernels
  ) throws -> Double? {
    let random = RandomStream(seed: recipe.run.seed)
    let batches = source.peek(max(1, min(4, 32 / recipe.run.batchSize)))
    return Baseline.loss(
      of: try batches.map { ($0, try model.masks(for: $0.samples, random: random)) }, by: model, on: kernels)
  }

  /// Decoding threads beside the computing ones: half as many, at most four.
  public static var defaultWorkers: Int { max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 2)) }

  /// Trains until the end, or until it is told to stop; it saves then.
  ///
  /// - Throws: ``TrainingError`` of kind `diverged` also at the end, when the last steps were left out.
  /// - Parameters:
  ///   - evaluator: judges the model now and then, as the recipe says.
  ///   - isCancelled: asked after every step whether to stop, as ``StopSignal`` does for a program.
  ///   - stopAfter: Steps after which to stop, for tests.
  @discardableResult
  public func train(
    observer: (any TrainingObserver)? = nil, evaluator: (any ModelEvaluator)? = nil, isCancelled: () -> Bool = { false },
    stopAfter: Int? = nil
  ) throws -> TrainingOutcome {
    lastSave = .now
    lastSavedStep = trainer.state.step
    (trainer.masks as? SelfGuide)?.didLook = { observer?.didLook(at: $0, of: $1) }
    var cost = DecodingCost(samplesPerStep: plan.recipe.effectiveBatch)
    if trainer.state.step == firstStep, continuedFrom == nil { try save(observer) }
    let evaluation = RunEvaluation(
      plan, path: folder.evaluationPath, log: log,
      heldOut: try HeldOutFiles(heldOut, of: model, phaseRecipe, on: kernels), evaluator: evaluator)
    try evaluation.begin(model.configuration, seed: plan.recipe.run.seed)
    while !trainer.isFinished {
      try keepTime(besides: evaluation.seconds, observer)
      if try enterPhase(observer) { evaluation.begin(try HeldOutFiles(heldOut, of: model, phaseRecipe, on: kernels), log) }
      evaluation.steps = plan.steps
      var report: StepMetrics
      do { report = try trainer.step() } catch let error as DataError {
        // What has been learned so far outlives trouble with the data.
        try writeBadFiles(observer)
        if trainer.state.step > lastSavedStep { try save(observer) }
        if error.kind == .interrupted, StopSignal.requested != nil { return .interrupted(step: trainer.state.step) }
        throw error
      } catch let error as TrainingError where error.kind == .diverged {
        observer?.note("step \(trainer.state.step): its files are \(Self.list(filesOfLastStep))")
        throw error
      }
      report.baseline = baseline
      report.notes = newNotes.isEmpty ? nil : newNotes
      newNotes = []
      if report.loss == nil || report.spike != nil { report.files = filesOfLastStep }
      report.evaluation = try trainer.judging { try evaluation.evaluate(model, after: trainer.state) }
      let isBest = try evaluation.takeBest(report)
      log = evaluation.log
      for note in trainer.masks.takeNotes() + evaluation.takeNotes() { observer?.note(note) }
      learned.add(report)
      if let plateau = learned.plateau(after: report.step) { observer?.note(plateau) }
      try metrics.append(report)
      observer?.didStep(report, of: plan)
      if let trouble = report.trouble { observer?.note("\(trouble); its files: \(Self.list(report.files ?? []))") }
      if let warning = cost.warning(after: source) { observer?.note(warning) }
      try writeBadFiles(observer)
      if source.remarks.count > remarks.count || trainer.isFinished { say(source.remarks, observer) }
      let step = trainer.state.step
      let isStopping = isCancelled() || step == stopAfter
      let isAsked = StopSignal.takesSaveRequest()
      if isStopping || isBest || isAsked || plan.savesAfter(step, secondsSinceLast: (ContinuousClock.now - lastSave).inSeconds) {
        try save(observer)
        if isBest { checkpoints.store.point(CheckpointStore.best, at: step) }
      }
      if isStopping, !trainer.isFinished { return .interrupted(step: step) }
    }
    try requireNumbers()
    return .finished
  }

  /// Takes another length of the run from here on.
  func follow(_ plan: TrainingPlan) {
    trainer.plan = plan
    learned.plan = plan
  }

  /// Judges a run that has come to its end.
  ///
  /// - Throws: ``TrainingError`` of kind `diverged` when its last steps were left out, or most of them.
  public func requireNumbers() throws(TrainingError) {
    if let trouble = trainer.state.lossGuard.trouble(atEndOf: plan.steps) { throw trouble }
  }

  /// Paths of what the last step learned from, each once.
  private var filesOfLastStep: [String] {
    var seen: Set<Int> = []
    return trainer.samplesOfLastStep.map(\.file).filter { seen.insert($0).inserted }.map { manifest.files[$0].path }
  }

  private static func list(_ files: [String]) -> String {
    files.prefix(8).joined(separator: ", ") + (files.count > 8 ? ", and \(files.count - 8) more (in metrics.jsonl)" : "")
  }

  private func say(_ found: [String], _ observer: (any TrainingObserver)?) {
    for sentence in found where !remarks.contains(sentence) { observer?.note(sentence) }
    remarks = found
  }

  /// Looks at a few files of this run as its guide does.
  public func guideViewer() -> GuideViewer {
    let recipe = plan.recipe
    return GuideViewer(
      manifest, request: recipe.request, timeLimit: .seconds(recipe.data.decodeTimeout),
      isCancelled: { StopSignal.requested != nil }, on: kernels)
  }

  /// The folder of the newest checkpoint.
  public var checkpointPath: String { folder.checkpointsPath + "/" + CheckpointStore.name(trainer.state.step) }

  private func save(_ observer: (any TrainingObserver)?) throws {
    saveSeconds = try clock.time {
      trainer.complete(elapsed: budget.map { _ in elapsed })
      let path = try checkpoints.write(trainer, best: log.best?.step)
      lastSave = .now
      lastSavedStep = trainer.state.step
      observer?.didSave(step: trainer.state.step, path: path)
    }
  }

  /// Keeps `bad_files.jsonl` up to date; files that an earlier part of the run found bad stay listed.
  private func writeBadFiles(_ observer: (any TrainingObserver)? = nil) throws {
    let found = source.badFiles
    guard found.count != knownBadFiles else { return }
    if knownBadFiles >= 0 {
      for file in found.dropFirst(knownBadFiles) { observer?.note("left out \(file.file): \(file.reason)") }
    }
    knownBadFiles = found.count
    try Self.list(found, in: folder)
  }

  private static func list(_ found: [BadFile], in folder: RunFolder) throws {
    // By bytes: texts that look alike are equal and name different files.
    let names = Set(found.map(\.file.pathBytes))
    let earlier: [BadFile] = try JSONLines.read(folder.badFilesPath)
    try DurableFile.write(JSONLines.text(earlier.filter { !names.contains($0.file.pathBytes) } + found), to: folder.badFilesPath)
  }
}
