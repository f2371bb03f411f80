import Foundation
import MAECheckpoint
import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// A run of pretraining, or of fine-tuning where the recipe has a classifier, in its folder: started, continued, or found
/// finished.
///
///     let run = try Pretraining(Method.videomae.recipe(.small), manifest: Manifest(["videos"]), in: RunFolder("runs/a"))
///     let outcome = try run.train()
///
/// Processes that train together each have one, and call the same in the same order. The first one reads and writes the folder,
/// judges the model and keeps the time; the others get from it what they need.
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
  /// That train together.
  public let processes: any Processes
  /// What a person should know before it starts.
  public private(set) var notes: [String] = []

  private let firstStep: Int
  var source: LookaheadSource
  let makeSource: (TrainingState, Recipe) throws -> any BatchSource
  var checkpoints: RunCheckpoints
  /// Nil where another process writes it.
  let metrics: MetricsLog?
  private var slowProcesses = SlowProcessWatch()
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
  ///   - processes: That train together, the folder's too; sources give the own part of each batch.
  /// - Throws: ``TrainingError``, ``ConfigurationError``, ``CheckpointError``, ``ProcessError``, and what `makeSource` throws.
  /// - Precondition: kernels of the recipe's precision.
  public init(
    _ recipe: Recipe, manifest: Manifest, heldOut: [ManifestFile] = [], batchesPerEpoch: Int, in folder: RunFolder,
    environment: RunEnvironment, on kernels: Kernels,
    pictures: GuidePictures? = nil, clock: RunClock = .elapsed(), processes: any Processes = SingleProcess(),
    makeSource: @escaping (TrainingState, Recipe) throws -> any BatchSource
  ) throws {
    precondition(kernels.precision == recipe.run.precision ?? .float32, "Pretraining: kernels of \(kernels.precision)")
    self.folder = folder
    self.clock = clock
    self.processes = processes
    self.manifest = manifest
    self.heldOut = heldOut
    self.makeSource = makeSource
    try Self.requireAgreement(of: processes, recipe, manifest, on: kernels)
    var checkpoints = RunCheckpoints(folder, recipe)
    let plan = TrainingPlan(recipe, batchesPerEpoch: batchesPerEpoch, costs: try StepCosts(recipe))
    try plan.requireTimeForGuide()
    var state = TrainingState(seed: recipe.run.seed, recipe: recipe.fingerprint, data: manifest.fingerprint)
    let catalogue = Catalogue.builtIn.including(recipe.model)
    let found = try processes.decided { try checkpoints.newest(for: recipe, stored: folder.storedRecipe(in: catalogue)) }
    self.checkpoints = checkpoints
    // A checkpoint at the end of a phase has the sizes of that phase.
    state.phase = found?.state.phase ?? 0
    let phase = plan.phases[state.phase].recipe
    let model = try Model(phase.model, seed: found == nil ? recipe.run.seed : nil)
    let optimizer = recipe.optimizer.optimizer(for: model.parameters, on: kernels)
    let begun = try processes.decided { () throws -> Beginning in
      var notes: [String] = []
      if let found {
        notes += try RunCheckpoints.load(found.path, into: model, optimizer)
        notes += found.damage
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
      return Beginning(state: state, notes: notes)
    }
    (state, newNotes) = (begun.state, found?.damage ?? [])
    notes += begun.notes
    try processes.spread(model.parameters, optimizer)
    if let reason = CheckpointLayout(recipe.model).reason { notes.append(reason) }
    continuedFrom = found?.state.step
    firstStep = state.step
    earlierSeconds = state.elapsed ?? state.seconds
    // First of all files: a folder with it is ours, whatever else a kill leaves undone.
    try folder.store(recipe)
    // Also where so many are bad that nothing begins.
    try Self.list(manifest.bad, in: folder)
    metrics = folder.isWriter ? try MetricsLog(path: folder.metricsPath, continuingAfter: state.step) : nil
    source = LookaheadSource(try makeSource(state, phase))
    self.kernels = kernels
    let pictures =
      pictures
      ?? GuidePictures(
        manifest, request: recipe.request, timeLimit: .seconds(recipe.data.decodeTimeout),
        allowsTruncated: recipe.data.allowsTruncated ?? false)
    let masks: any MaskSource =
      SelfGuide(
        plan, model: model, pictures: pictures, folder: folder.guidePath, processes: processes, clock: clock, on: kernels)
      ?? DrawnMasks(model)
    if let found {
      try masks.restore(
        state.masks[masks.name], from: found.path, isSameData: found.state.data == manifest.fingerprint)
    }
    var log = try processes.decided {
      try EvaluationLog.read(folder.evaluationPath) ?? EvaluationLog(holdout: heldOut.map(\.path))
    }
    if let pending = log.pending, pending != found?.state.step {
      // A run that goes on from an earlier step comes by that one again.
      log.pending = nil
      try log.write(to: folder)
    }
    if log[state.phase] == nil {
      log[state.phase] = try Self.baseline(of: model, source, recipe, processes, on: kernels)
      try log.write(to: folder)
    }
    (self.log, learned) = (log, WhatWasLearned(plan, baseline: log[state.phase]))
    trainer = Trainer(
      plan, model: model, optimizer: optimizer, source: source, state: state, masks: masks, processes: processes,
      on: kernels)
    if let found, trainer.average != nil {
      try processes.first { try RunCheckpoints.loadWeights(found.path, into: model) }
      try processes.spread(model.parameters)
    }
    if found == nil || !Folder.isAnything(at: folder.environmentPath) {
      try folder.write(environment.json, to: folder.environmentPath)
    }
    if found == nil {
      try folder.write(JSONLines.text(manifest.files.map { ManifestLine(file: $0) }), to: folder.manifestPath)
    }
    try writeBadFiles()
    try beginTimePlan()
    // What waits for its evaluation is judged as it was.
    if log.pending == nil { try enterPhase() }
  }

  /// As the other initializer, with the files of the manifest as source.
  ///
  /// - Parameters:
  ///   - environment: nil: this process, now.
  ///   - kernels: nil: with the recipe's threads, else one per core, and its precision.
  ///   - clock: Tells the time of a run with a limit.
  public convenience init(
    _ recipe: Recipe, manifest: Manifest, in folder: RunFolder, environment: RunEnvironment? = nil, on kernels: Kernels? = nil,
    clock: RunClock = .elapsed(), processes: any Processes = SingleProcess()
  ) throws {
    let threads = recipe.run.threads ?? ProcessThreads(processes).count
    let kernels = try kernels ?? Kernels(threads: threads, precision: recipe.run.precision ?? .float32)
    let environment = environment ?? RunEnvironment(commandLine: CommandLine.arguments, threads: kernels.threads)
    var options = ClipLoader.Options()
    options.workers = recipe.data.workers ?? Self.defaultWorkers(processes)
    options.maximumBadShare = recipe.data.maxBad
    options.decodeTimeout = .seconds(recipe.data.decodeTimeout)
    options.cacheFolder = recipe.data.cache
    options.allowsTruncated = recipe.data.allowsTruncated ?? false
    options.classes = recipe.model.classifier?.classes
    options.augmentation = recipe.augmentation
    let (manifest, heldOut) = try Self.split(manifest, recipe, in: folder, processes)
    let order = SampleOrder(
      fileCount: manifest.files.count, repeats: recipe.data.repeats, batchSize: recipe.run.batchSize, seed: recipe.run.seed)
    try self.init(
      recipe, manifest: manifest, heldOut: heldOut, batchesPerEpoch: order.batchesPerEpoch, in: folder,
      environment: environment, on: kernels, clock: clock, processes: processes
    ) { state, phase in
      try ClipLoader(
        manifest, request: phase.request, batchSize: recipe.run.batchSize, seed: recipe.run.seed, startingAt: state.cursor,
        failedReads: state.failedReads ?? FailedReads(), options: options, processes: processes,
        isCancelled: { StopSignal.requested != nil })
    }
  }

  /// What is learned from and what is held out: as in the run so far; one of earlier versions held out nothing.
  private static func split(
    _ manifest: Manifest, _ recipe: Recipe, in folder: RunFolder, _ processes: any Processes
  ) throws -> (training: Manifest, heldOut: [ManifestFile]) {
    let paths = try processes.decided { () throws -> [String]? in
      let log = try EvaluationLog.read(folder.evaluationPath)
      let isOld = log == nil && CheckpointStore(folder: folder.checkpointsPath).newest() != nil
      return isOld ? [] : log?.holdout
    }
    return HeldOutFiles.split(manifest, recipe, paths: paths)
  }

  /// Of about 32 samples, at most four batches; of processes, the mean of what each finds in its part.
  static func baseline(
    of model: Model, _ source: LookaheadSource, _ recipe: Recipe, _ processes: any Processes, on kernels: Kernels
  ) throws -> Double? {
    let random = RandomStream(seed: recipe.run.seed)
    let batches = source.peek(max(1, min(4, 32 / recipe.run.batchSize)))
    let own = Baseline.loss(
      of: try batches.map { ($0, try model.masks(for: $0.samples, random: random)) }, by: model, on: kernels)
    guard processes.count > 1 else { return own }
    let all = try processes.all(own.map { [$0, processes.share(of: recipe.run.batchSize)] }).compactMap(\.self)
    return all.count < processes.count ? nil : all.reduce(0) { $0 + $1[0] * $1[1] }
  }

  /// Decoding threads beside the computing ones: half as many, at most four.
  public static var defaultWorkers: Int { defaultWorkers(SingleProcess()) }

  /// The same in each of some processes.
  public static func defaultWorkers(_ processes: any Processes) -> Int {
    max(1, min(4, ProcessThreads(processes).count / 2))
  }

  /// Trains until the end, or until it is told to stop; it saves then. An evaluation that was broken off comes first.
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
    var cost = DecodingCost(
      samplesPerStep: processes.part(of: plan.recipe.run.batchSize).count * plan.recipe.run.accumulation)
    if trainer.state.step == firstStep, continuedFrom == nil { try save(observer) }
    let evaluation = RunEvaluation(
      plan, in: folder, log: log, heldOut: try heldOutFiles(), evaluator: processes.isFirst ? evaluator : nil)
    try processes.first { try evaluation.begin(model.configuration, seed: plan.recipe.run.seed) }
    if let step = try catchUp(evaluation, observer) { return .interrupted(step: step) }
    while !trainer.isFinished {
      try keepTime(besides: evaluation.seconds, observer)
      if try enterPhase(observer) { evaluation.begin(try heldOutFiles(), log) }
      evaluation.steps = plan.steps
      var report: StepMetrics
      do { report = try trainer.step() } catch let error as DataError {
        // What has been learned so far outlives trouble with the data.
        try writeBadFiles(observer)
        if trainer.state.step > lastSavedStep { try save(observer) }
        let isStopped = try processes.all(StopSignal.requested != nil).contains(true)
        if error.kind == .interrupted, isStopped { return .interrupted(step: trainer.state.step) }
        throw error
      } catch let error as TrainingError where error.kind == .diverged {
        observer?.note("step \(trainer.state.step): its files are \(Self.list(try filesOfLastStep()))")
        throw error
      }
      report.baseline = baseline
      report.notes = newNotes.isEmpty ? nil : newNotes
      newNotes = []
      if report.loss == nil || report.spike != nil { report.files = try filesOfLastStep() }
      let judged = try judgement(by: evaluation) { try evaluation.evaluate($0, after: trainer.state) }
      report.evaluation = judged.evaluation
      let isBest = judged.isBest
      for note in trainer.masks.takeNotes() + evaluation.takeNotes() { observer?.note(note) }
      learned.add(report)
      if let plateau = learned.plateau(after: report.step) { observer?.note(plateau) }
      try metrics?.append(report)
      observer?.didStep(report, of: plan)
      if let trouble = report.trouble { observer?.note("\(trouble); its files: \(Self.list(report.files ?? []))") }
      if let slow = slowProcesses.add(report.processes) { observer?.note(slow) }
      if let warning = cost.warning(after: source) { observer?.note(warning) }
      try writeBadFiles(observer)
      if source.remarks.count > remarks.count || trainer.isFinished { say(source.remarks, observer) }
      let step = trainer.state.step
      let wishes = try processes.all(
        Wishes(
          stops: isCancelled() || step == stopAfter, saves: StopSignal.takesSaveRequest(),
          isDue: plan.savesAfter(step, secondsSinceLast: (ContinuousClock.now - lastSave).inSeconds)))
      let isStopping = judged.isStopped || wishes.contains(where: \.stops)
      // By the clock of the first one alone.
      if isStopping || isBest || wishes.contains(where: \.saves) || wishes[0].isDue {
        try save(observer)
        if isBest, folder.isWriter { checkpoints.store.point(CheckpointStore.best, at: step) }
        if wishes.contains(where: \.saves) { observer?.note("saved after step \(step), as a signal asked; the run goes on") }
      }
      // The last step, too, may wait for its evaluation.
      if judged.isStopped || isStopping && !trainer.isFinished { return .interrupted(step: step) }
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

  /// Paths of what the last step learned from, in all processes, each once.
  private func filesOfLastStep() throws -> [String] {
    var seen: Set<Int> = []
    return try processes.all(trainer.samplesOfLastStep.map(\.file)).joined().filter { seen.insert($0).inserted }.map {
      manifest.files[$0].path
    }
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

  /// Read by the first process alone.
  private func heldOutFiles() throws -> HeldOutFiles? {
    processes.isFirst ? try HeldOutFiles(heldOut, of: model, phaseRecipe, on: kernels) : nil
  }

  private func save(_ observer: (any TrainingObserver)?) throws {
    saveSeconds = try clock.time {
      try trainer.complete(elapsed: budget.map { _ in elapsed })
      try requireSameWeights()
      let path = try processes.decided {
        try folder.requireInPlace()
        return try checkpoints.write(trainer, best: log.best?.step)
      }
      lastSave = .now
      lastSavedStep = trainer.state.step
      observer?.didSave(step: trainer.state.step, path: path)
      // Whoever looks at the checkpoint may take long; the others wait, so that all come to the same end at the same time.
      _ = try processes.all(true)
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
    guard folder.isWriter else { return }
    // By bytes: texts that look alike are equal and name different files.
    let names = Set(found.map(\.file.pathBytes))
    let earlier: [BadFile] = try JSONLines.read(folder.badFilesPath)
    try DurableFile.write(JSONLines.text(earlier.filter { !names.contains($0.file.pathBytes) } + found), to: folder.badFilesPath)
  }
}
