import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// Lets the model in training choose what is hidden from it (Shin et al. 2024).
///
/// Until the switch it stays out of the way: masks are those of the same run without a guide. Then each batch gets a relation
/// pass over all tokens, on a tape of its own that records nothing: neither gradients nor random streams notice.
/// Belongs to the training thread.
public final class SelfGuide: MaskSource {
  /// The whole of a picture of the manifest, resized to the model's input.
  public struct WholePicture: Sendable {
    /// As the model sees it.
    public var clip: Clip
    /// Of the upright picture before resizing.
    public var size: FrameSize

    /// A picture with its size before resizing.
    public init(clip: Clip, size: FrameSize) {
      self.clip = clip
      self.size = size
    }
  }

  /// Where the guide stands.
  public private(set) var progress = GuideState()
  /// What is known of the pictures seen since the switch, by number in the manifest; in mode `image`.
  public private(set) var maps: [Int: RelevanceMap] = [:]

  private let model: Model
  private let guide: GuidanceRecipe
  private let plan: TrainingPlan
  private let kernels: Kernels
  private let wholePicture: (Int) throws -> WholePicture?
  /// The model as it was at the switch, in mode `frozen`.
  private var frozen: Model?
  private var metrics = GuideMetrics()
  private var notes: [String] = []

  /// Nil when the model's masking wants no guide.
  ///
  /// - Parameters:
  ///   - wholePicture: reads a file by its number in the manifest; an error of kind `interrupted` ends the step.
  public init?(
    _ plan: TrainingPlan, model: Model, on kernels: Kernels,
    wholePicture: @escaping (Int) throws -> WholePicture? = { _ in nil }
  ) {
    guard model.guidedMasking != nil else { return nil }
    self.model = model
    self.plan = plan
    self.kernels = kernels
    self.wholePicture = wholePicture
    guide = plan.recipe.guidance ?? GuidanceRecipe()
  }

  /// Whether the switch is behind.
  public var isInformed: Bool { progress.switchedAt != nil }

  /// Masks by what the model sees in the batch, after the switch; random ones before.
  public func masks(for clips: ClipBatch, at moment: MaskMoment) throws -> [TokenMask] {
    let start = ContinuousClock.now
    if let measured = try prepare(clips, step: moment.step, random: moment.random) { metrics.exploitation = measured }
    let guidance = try guidance(for: clips, step: moment.step)
    metrics.informed = guidance != nil
    metrics.fallbacks += guidance?.count { $0.relevance == nil } ?? 0
    metrics.seconds += (ContinuousClock.now - start).inSeconds
    return try model.masks(for: clips.samples, random: moment.random, progress: moment.progress, guidance: guidance)
  }

  /// ``GuideMetrics`` since the last call.
  public func takeMetrics() -> JSONValue? {
    defer { metrics = GuideMetrics() }
    return JSONValue(encoding: metrics)
  }

  /// That masks changed, once, and of which pictures they stay random.
  public func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  /// What a person should know when the masks change.
  private var switchText: String {
    var text = "step \((progress.switchedAt ?? 0) + 1): masks are informed by the model from here on"
    if let rates = progress.exploitation {
      let percent = { (rate: Double) in RecipeText.number((rate * 1000).rounded() / 10) }
      text += " (the decoder uses mask tokens to \(percent(rates.mask)) %, visible ones to \(percent(rates.visible)) %)"
    }
    return text
  }

  /// Measures how much mask tokens are used, about once an epoch, and switches when it is time.
  ///
  /// - Parameters:
  ///   - step: steps done.
  ///   - random: of the run's masks.
  /// - Returns: what was measured, if anything was.
  private func prepare(_ batch: ClipBatch, step: Int, random: RandomStream) throws -> ExploitationRate.Layer? {
    var measured: ExploitationRate.Layer?
    if isMeasuringDue(step) {
      let part = batch.prefix(Self.measuredSamples(model.configuration))
      let masks = try model.masks(for: part.samples, random: random)
      let rate = model.exploitationRate(model.source(part), masks: masks, on: kernels).mean
      progress.record(rate, at: step)
      measured = rate
    }
    if !isInformed, isSwitchDue(step) {
      try switchOver(step)
      notes.append(switchText)
    }
    return measured
  }

  /// Guidance for each sample of a batch; nil before the switch.
  private func guidance(for batch: ClipBatch, step: Int) throws -> [MaskGuidance]? {
    guard let switchedAt = progress.switchedAt else { return nil }
    let share = Double(step - switchedAt) / Double(max(1, plan.steps - switchedAt))
    let relevance: [Relevance?] =
      switch guide.mode {
      case .step: model.relevance(model.source(batch), on: kernels)
      case .frozen: (frozen ?? model).relevance(model.source(batch), on: kernels)
      case .image: try mappedRelevance(batch)
      }
    progress.samples += relevance.count
    progress.fallbacks += relevance.count { $0 == nil }
    return relevance.map { MaskGuidance(relevance: $0, progress: share) }
  }

  // MARK: - The switch

  /// Steps between two measurements at least, where epochs are short.
  private static let leastInterval = 20

  private func isMeasuringDue(_ step: Int) -> Bool {
    guard let last = progress.measuredAt else { return true }
    return step - last >= Self.leastInterval && Int(plan.epoch(after: step)) > Int(plan.epoch(after: last))
  }

  /// As many samples as have a million or so attention weights per head, at most eight.
  private static func measuredSamples(_ model: ModelConfiguration) -> Int {
    max(1, min(8, 4_000_000 / (model.grid.count * model.grid.count)))
  }

  private func isSwitchDue(_ step: Int) -> Bool {
    switch guide.start {
    case .epoch(let epoch): plan.epoch(after: step) >= epoch
    case .share(let share): Double(step) >= share * Double(plan.steps)
    case .automatic: progress.hasCrossed
    }
  }

  private func switchOver(_ step: Int) throws {
    progress.switchedAt = step
    guard guide.mode == .frozen else { return }
    let copy = try Model(model.configuration, seed: nil)
    for parameter in model.parameters.parameters where Self.isOfEncoder(parameter) {
      copy.parameters.setValues(model.parameters.values(of: parameter), of: parameter)
    }
    frozen = copy
  }

  private static func isOfEncoder(_ parameter: Parameter) -> Bool { parameter.name.hasPrefix("encoder.") }

  // MARK: - Once per picture

  private func mappedRelevance(_ batch: ClipBatch) throws -> [Relevance?] {
    var unknown: [Int] = []
    for sample in batch.samples where maps[sample.file] == nil && !unknown.contains(sample.file) { unknown.append(sample.file) }
    try look(at: unknown)
    return batch.samples.map { maps[$0.file]?.relevance(in: $0.crop, isFlipped: $0.isFlipped) }
  }

  private func look(at files: [Int]) throws {
    var found: [(Int, WholePicture)] = []
    for file in files {
      do {
        if let picture = try wholePicture(file) { found.append((file, picture)) }
      } catch let error as DataError where error.kind == .interrupted {
        throw error
      } catch {
        notes.append("\(error); masks of this picture stay random")
      }
    }
    var relevance: [Relevance?] = []
    if let first = found.first?.1.clip {
      let shape = ClipBatchShape(samples: found.count, frames: 1, size: first.size, channels: first.channels)
      let samples = found.map { Sample(file: $0.0, position: 0, epoch: 0, crop: PixelRect(whole: $0.1.size)) }
      let batch = ClipBatch(shape: shape, pixels: found.flatMap { $0.1.clip.pixels }, samples: samples)
      relevance = model.relevance(model.source(batch), on: kernels)
    }
    let grid = model.configuration.grid
    for (index, (file, picture)) in found.enumerated() {
      maps[file] = RelevanceMap(size: picture.size, grid: grid, relevance: relevance[index])
    }
    // A file that cannot be read is not tried again.
    for file in files where maps[file] == nil {
      maps[file] = RelevanceMap(size: FrameSize(square: 1), grid: grid, relevance: nil)
    }
  }

  // MARK: - Checkpoints

  /// `guide`
  public var name: String { Self.name }
  static let name = "guide"

  /// ``progress`` as JSON.
  public var state: JSONValue? { JSONValue(encoding: progress) }

  /// The frozen encoder, or what is known of pictures.
  public var tensors: StateDictionary? {
    var tensors = StateDictionary(metadata: ["mode": guide.mode.rawValue])
    if let frozen {
      for parameter in frozen.parameters.parameters where Self.isOfEncoder(parameter) {
        tensors[parameter.name] = StoredTensor(shape: parameter.shape, sharing: frozen.parameters.tensor(of: parameter))
      }
    }
    if !maps.isEmpty {
      let entries = maps.sorted { $0.key < $1.key }
      let tokens = model.configuration.grid.count
      func values(_ value: (RelevanceMap) -> [Float]) -> [Float] { entries.flatMap { value($0.value) } }
      // Each picture: number, width, height, whether something was found. Whole numbers below 2²⁴ are exact.
      tensors["pictures"] = StoredTensor(
        shape: [entries.count, 4],
        floats: entries.flatMap { file, map in
          [Float(file), Float(map.size.width), Float(map.size.height), map.relevance == nil ? 0 : 1]
        })
      let nothing = [Float](repeating: 0, count: tokens)
      tensors["scores"] = StoredTensor(
        shape: [entries.count, tokens], floats: values { $0.relevance?.scores.map { Float($0) } ?? nothing })
      tensors["objects"] = StoredTensor(
        shape: [entries.count, tokens], floats: values { $0.relevance?.isObject.map { $0 ? 1 : 0 } ?? nothing })
    }
    return tensors.isEmpty ? nil : tensors
  }

  /// Takes up where a checkpoint stood.
  public func restore(_ state: JSONValue?, from folder: String, isSameData: Bool) throws {
    progress = state?.decoded(as: GuideState.self) ?? GuideState()
    try load(folder)
    // The numbers of other files say nothing about these.
    if !isSameData { maps = [:] }
  }

  private func load(_ folder: String) throws {
    guard isInformed, guide.mode != .step else { return }
    let path = folder + "/" + RunCheckpoints.maskFile(Self.name)
    func unusable(_ tensor: String?) -> CheckpointError {
      CheckpointError(
        .unusable, file: path, tensor: tensor,
        reason: "does not hold what the guide needs; remove this checkpoint to continue from an older one")
    }
    let stored = try SafeTensorsReader.read(path: path)
    if guide.mode == .frozen {
      let copy = try Model(model.configuration, seed: nil)
      for parameter in copy.parameters.parameters where Self.isOfEncoder(parameter) {
        guard let tensor = stored[parameter.name], tensor.count == parameter.count else { throw unusable(parameter.name) }
        copy.parameters.setValues(tensor.floats(), of: parameter)
      }
      frozen = copy
    } else if let pictures = stored["pictures"]?.floats() {
      let (grid, count) = (model.configuration.grid, pictures.count / 4)
      guard let scores = stored["scores"]?.floats(), let objects = stored["objects"]?.floats(),
        scores.count == count * grid.count, objects.count == scores.count
      else { throw unusable("scores") }
      for index in 0..<count {
        let place = index * grid.count..<(index + 1) * grid.count
        let relevance = Relevance(scores: scores[place].map(Double.init), isObject: objects[place].map { $0 == 1 })
        maps[Int(pictures[index * 4])] = RelevanceMap(
          size: FrameSize(width: Int(pictures[index * 4 + 1]), height: Int(pictures[index * 4 + 2])), grid: grid,
          relevance: pictures[index * 4 + 3] == 1 ? relevance : nil)
      }
    }
  }
}

extension ClipBatch {
  /// The first samples.
  func prefix(_ count: Int) -> ClipBatch {
    var shape = shape
    shape.samples = min(count, shape.samples)
    return ClipBatch(shape: shape, pixels: Array(pixels.prefix(shape.count)), samples: Array(samples.prefix(shape.samples)))
  }
}
