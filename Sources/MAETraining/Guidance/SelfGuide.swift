import MAECheckpoint
import MAECluster
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// Lets the model in training say what is hidden from it (Shin et al. 2024; Liu et al. 2023).
///
/// Until the switch it stays out of the way: masks are those of the same run without a guide. Then it looks at pictures with
/// nothing hidden, on a tape of its own that records nothing: neither gradients nor random streams notice. Stills are looked at
/// once, all of them at the switch; each mask takes its window of what was found. Belongs to the training thread.
///
/// Of processes that train together the first one watches the decoder and tells the others; at stills, and at the clips of a
/// batch, each looks itself, at its part.
public final class SelfGuide: MaskSource {
  /// Where the guide stands.
  public private(set) var progress = GuideState()
  /// What was found in the pictures; in mode `image`, after the switch.
  public private(set) var maps: RelevanceMaps?
  /// Is told of pictures done and of all while the guide looks at them.
  public var didLook: (_ done: Int, _ count: Int) -> Void = { _, _ in }

  private let model: Model
  private let masking: any GuidedMasking
  private let schedule: GuidanceRecipe
  private var plan: TrainingPlan
  private let kernels: Kernels
  private let processes: any Processes
  private let clock: RunClock
  private let pictures: GuidePictures
  private let folder: String?
  private let isCancelled: () -> Bool
  /// The model as it was at the switch, in mode `frozen`.
  private var frozen: Model?
  private var watch: DecoderWatch?
  private var metrics = GuideMetrics()
  /// By the run's clock: what looks took, and what one takes, once it was asked for.
  private var secondsLooking = 0.0
  private var secondsPerLook: Double?
  private var notes: [String] = []

  /// Nil when the model's masking wants no guide.
  ///
  /// - Parameters:
  ///   - folder: where what was found in pictures is kept; nil = in memory alone.
  ///   - processes: that train together.
  ///   - clock: of the run.
  ///   - isCancelled: whether a look at all pictures is to stop.
  public init?(
    _ plan: TrainingPlan, model: Model, pictures: GuidePictures, folder: String? = nil,
    processes: any Processes = SingleProcess(), clock: RunClock = .elapsed(), on kernels: Kernels,
    isCancelled: @escaping () -> Bool = { StopSignal.requested != nil }
  ) {
    guard let masking = model.guidedMasking else { return nil }
    self.model = model
    self.masking = masking
    self.plan = plan
    self.kernels = kernels
    self.processes = processes
    self.clock = clock
    self.pictures = pictures
    self.folder = folder
    self.isCancelled = isCancelled
    schedule =
      plan.recipe.guidance ?? type(of: masking).schedule(forClips: model.configuration.input.frames > 1)
  }

  /// Whether the switch is behind.
  public var isInformed: Bool { progress.switchedAt != nil }

  /// The switch.
  public var changedAt: Int? { progress.switchedAt }

  /// Masks by what the model sees, after the switch; random ones before.
  public func masks(for clips: ClipBatch, at moment: MaskMoment) throws -> [TokenMask] {
    let start = ContinuousClock.now
    try prepare(moment.step)
    let guidance = try guidance(for: clips, step: moment.step)
    metrics.informed = guidance != nil
    metrics.seconds += (ContinuousClock.now - start).inSeconds
    return try model.masks(for: clips.samples, random: moment.random, progress: moment.progress, guidance: guidance)
  }

  /// Shares of the run are those of the new length from here on.
  public func follow(_ plan: TrainingPlan) { self.plan = plan }

  /// ``GuideMetrics`` since the last call.
  public func takeMetrics() -> JSONValue? {
    defer { metrics = GuideMetrics() }
    return JSONValue(encoding: metrics)
  }

  /// That masks changed, once, or that they have not yet.
  public func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  /// What a person should know when the masks change.
  private var switchText: String {
    let text = "step \((progress.switchedAt ?? 0) + 1): masks are informed by the model from here on"
    return usage.map { "\(text) (\($0))" } ?? text
  }

  /// What a person should know where they do not, in the middle of a run and at its end.
  private func waitingText(_ step: Int) -> String? {
    guard schedule.start == .automatic, [plan.steps / 2, plan.steps - 1].contains(step), let usage else { return nil }
    return """
      step \(step + 1): masks are still random: \(usage), and --guide-start auto waits until mask tokens, first used less, are \
      used as much; to be sure of informed masks give a share of the run, as --guide-start 25%
      """
  }

  /// What the decoder's last layer is made of; nil before it was measured.
  private var usage: String? {
    guard let rates = progress.exploitation else { return nil }
    let percent = { (rate: Double) in RecipeText.number((rate * 1000).rounded() / 10) }
    return "the decoder uses mask tokens to \(percent(rates.mask)) %, visible ones to \(percent(rates.visible)) %"
  }

  /// Guidance for each sample of a batch; nil before the switch.
  private func guidance(for batch: ClipBatch, step: Int) throws(ProcessError) -> [MaskGuidance]? {
    guard let switchedAt = progress.switchedAt else { return nil }
    let share = Double(step - switchedAt) / Double(max(1, plan.steps - switchedAt))
    let view = Int(plan.epoch(after: step)) % masking.views
    let scores: [[Double]?]
    var clipped = 0
    if schedule.mode == .image {
      scores = batch.samples.map { maps?.map(of: $0.file, view: view)?.scores(in: $0.crop, isFlipped: $0.isFlipped) }
    } else {
      let relevance = masking.relevance(model.source(batch), of: frozen ?? model, view: view, on: kernels)
      clipped = relevance.count { $0?.isClipped == true }
      scores = relevance.map { $0?.scores }
    }
    // Of the whole batch.
    let counts = try processes.sums([clipped, scores.count, scores.count { $0 == nil }].map(Double.init)).map { Int($0) }
    progress.clipped += counts[0]
    progress.samples += counts[1]
    progress.fallbacks += counts[2]
    metrics.fallbacks += counts[2]
    return scores.map { MaskGuidance(scores: $0, progress: share) }
  }

  // MARK: - The switch

  /// Does what is due before a step: watches the decoder, switches, looks at pictures.
  private func prepare(_ step: Int) throws {
    if isWatchDue(step) {
      let rate = try decided { () throws -> ExploitationRate.Layer? in
        if watch == nil { watch = try DecoderWatch(pictures, model, on: kernels) }
        return watch?.rate(model, on: kernels)
      }
      if let rate {
        progress.record(rate, at: step)
        metrics.exploitation = rate
      }
    }
    if !isInformed {
      guard isSwitchDue(step) else {
        waitingText(step).map { notes.append($0) }
        return
      }
      switch schedule.mode {
      case .step: break
      case .frozen: frozen = try copy()
      case .image: try lookAtPictures(step)
      }
      progress.switchedAt = step
      watch = nil
      notes.append(switchText)
    } else if schedule.mode == .image, maps == nil || isRenewalDue(step) {
      try lookAtPictures(step)
    }
  }

  /// At each epoch's end until the switch.
  private func isWatchDue(_ step: Int) -> Bool {
    guard schedule.start == .automatic, !isInformed else { return false }
    return Int(plan.epoch(after: step)) > Int(plan.epoch(after: progress.measuredAt ?? 0))
  }

  private func isSwitchDue(_ step: Int) -> Bool {
    switch schedule.start {
    case .epoch(let epoch): plan.epoch(after: step) >= epoch
    case .share(let share): Double(step) >= share * Double(plan.steps)
    case .automatic: progress.hasCrossed || plan.latestGuideStart.map { step >= $0 } ?? false
    }
  }

  private func isRenewalDue(_ step: Int) -> Bool {
    guard schedule.renewal < 1, let last = progress.lookedAt else { return false }
    return Double(step - last) >= max(1, schedule.renewal * Double(plan.steps))
  }

  private var pass: RelationPass {
    RelationPass(
      model: model, masking: masking, pictures: pictures, batchSize: processes.part(of: plan.recipe.run.batchSize).count,
      kernels: kernels, folder: folder)
  }

  private func lookAtPictures(_ step: Int) throws {
    secondsLooking += try clock.time {
      let maps =
        try processes.count == 1 ? pass.maps(at: step, isCancelled: isCancelled, progress: didLook) : together(pass, step)
      progress.maps = try decided { try folder.map { try maps.write(to: $0) } }
      progress.clipped += maps.clipped
      progress.lookedAt = step
      self.maps = maps
    }
  }

  /// What looks at all pictures have taken in this process, and will take until the run's end, in seconds by its clock; what one
  /// takes is told by its first batch.
  func lookSeconds(after step: Int) throws(DataError) -> (done: Double, toCome: Double) {
    guard schedule.mode == .image else { return (0, 0) }
    let left = Double(plan.steps - (progress.lookedAt ?? step)) / max(1, schedule.renewal * Double(plan.steps))
    let renewals = schedule.renewal < 1 ? max(0, left.rounded(.up) - 1) : 0
    let looks = renewals + (maps == nil ? 1 : 0)
    if looks > 0, secondsPerLook == nil { secondsPerLook = try pass.seconds(by: clock) / Double(processes.count) }
    return (secondsLooking, looks * (secondsPerLook ?? 0))
  }

  /// Each process looks at its part of the pictures; a look that is stopped begins anew.
  private func together(_ pass: RelationPass, _ step: Int) throws -> RelevanceMaps {
    var earlier: RelevanceMaps?
    let isThere = try decided { () throws -> Bool in
      if let folder { try Folder.make(folder) }
      earlier = pass.finished(at: step)
      return earlier != nil
    }
    if isThere { return try shared(earlier) }
    let (count, total) = (processes.count, pictures.count)
    var own = pass
    (own.pictures, own.folder) = (pictures.part(processes.part(of: total)), nil)
    do {
      let found = try processes.together {
        try own.maps(at: step, isCancelled: isCancelled) { done, _ in didLook(min(total, done * count), total) }
      }
      let parts = try processes.gatherLong(found.bytes)
      return RelevanceMaps(
        Array(parts.joined()), key: found.key, grid: model.configuration.grid, views: masking.views)
    } catch { throw DataError(shared: error) }
  }

  /// What the first process finds. A failure is the same kind of error in all, so that all do the same about it.
  private func decided<Value: Codable>(_ body: () throws -> Value) throws -> Value {
    do { return try processes.decided(body) } catch {
      throw processes.count > 1 ? DataError(shared: error) : error
    }
  }

  /// What the first process found, in all of them.
  private func shared(_ found: RelevanceMaps?) throws(ProcessError) -> RelevanceMaps {
    if processes.count == 1, let found { return found }
    let key = try processes.all(found?.key)[0] ?? ""
    let bytes = try processes.spread(found?.bytes ?? [])
    return found ?? RelevanceMaps(bytes, key: key, grid: model.configuration.grid, views: masking.views)
  }

  /// Parameters that a look needs; the decoder's only where it is looked at.
  private var guiding: [Parameter] {
    let looksAtDecoder = model.configuration.masking.guide?.stack == .decoder
    return model.parameters.parameters.filter { looksAtDecoder || $0.name.hasPrefix("encoder.") }
  }

  private func copy() throws -> Model {
    let copy = try Model(model.configuration, seed: nil)
    for parameter in guiding { copy.parameters.setValues(model.parameters.values(of: parameter), of: parameter) }
    return copy
  }

  // MARK: - Checkpoints

  /// `guide`
  public var name: String { Self.name }
  static let name = "guide"

  /// ``progress`` as JSON.
  public var state: JSONValue? { JSONValue(encoding: progress) }

  /// The frozen model.
  public var tensors: StateDictionary? {
    guard let frozen else { return nil }
    var tensors = StateDictionary(metadata: ["mode": schedule.mode.rawValue])
    for parameter in guiding {
      tensors[parameter.name] = StoredTensor(shape: parameter.shape, sharing: frozen.parameters.tensor(of: parameter))
    }
    return tensors
  }

  /// Takes up where a checkpoint stood. Pictures that are no longer the same are looked at anew.
  public func restore(_ state: JSONValue?, from folder: String, isSameData: Bool) throws {
    progress = state?.decoded(as: GuideState.self) ?? GuideState()
    guard isInformed else { return }
    switch schedule.mode {
    case .step: break
    case .frozen:
      let path = folder + "/" + RunCheckpoints.maskFile(Self.name)
      let frozen = try Model(model.configuration, seed: nil)
      try processes.first {
        let stored = try SafeTensorsReader.read(path: path)
        for parameter in guiding {
          guard let tensor = stored[parameter.name], tensor.count == parameter.count else {
            throw unusable(path, "does not hold the weights that guide", tensor: parameter.name)
          }
          frozen.parameters.setValues(tensor.floats(), of: parameter)
        }
      }
      try processes.spread(frozen.parameters)
      self.frozen = frozen
    case .image:
      guard isSameData, let checksum = progress.maps, let mapFolder = self.folder else { return }
      let grid = model.configuration.grid
      var found: RelevanceMaps?
      try processes.first {
        found = RelevanceMaps(checksum, in: mapFolder, grid: grid, views: masking.views)
        guard found?.count == pictures.count else {
          throw unusable(
            RelevanceMaps.path(checksum, in: mapFolder), "is missing or does not hold what was found in the pictures of \(folder)"
          )
        }
      }
      maps = try shared(found)
    }
  }

  private func unusable(_ path: String, _ reason: String, tensor: String? = nil) -> CheckpointError {
    CheckpointError(
      .unusable, file: path, tensor: tensor, reason: "\(reason); remove this checkpoint to continue from an older one")
  }
}
