import MAECore
import MAEEngine
import MAEFoundation
import MAEModels
import MAERecipes

/// The memory that training will take, in bytes, by what it is for.
///
/// Activations are not estimated from formulas: two steps run on kernels that take memory and leave the arithmetic undone, so
/// the plan has every buffer that training will have.
public struct MemoryPlan: Hashable, Sendable {
  /// Weights, gradients and what the optimizer remembers: 16 bytes for each number that is trained, of AdamW.
  public let weights: Int
  /// What a step keeps for its derivatives, and its work space.
  public private(set) var activations: Int
  /// Batches of pixels, decoders and their frames.
  public let reading: Int
  /// Code, libraries (FFmpeg brings a hundred) and threads.
  public let program = 64 << 20
  /// Floating-point operations of a batch: products and attention, forward and backward.
  public let flops: Int

  /// All of it.
  public var total: Int { weights + activations + reading + program }

  /// - Parameters:
  ///   - model: is left with its weights, and with cleared gradients.
  ///   - optimizer: nil: AdamW.
  public init(
    _ model: Model, run: RunRecipe, optimizer: OptimizerRecipe? = nil, threads: Int, workers: Int
  ) throws(MaskingError) {
    let batch = ClipBatch(ofNothingFor: model.configuration, samples: run.batchSize)
    let kernels = Kernels(planningFor: threads)
    let masks = try model.masks(for: batch.samples, random: RandomStream(seed: run.seed))
    let pass = GradientPass(model, recomputes: run.recompute, on: kernels)
    var flops = 0
    for _ in 0..<2 {
      _ = model.guidance(for: model.source(batch), on: kernels)
      flops = pass { _, _ in model.batch(batch, masks: masks) }.flops
    }
    self.flops = flops
    model.parameters.clearGradients()
    let trained = model.parameters.trainable.count
    weights = 8 * trained + 4 * (optimizer?.stateCount(for: model.parameters) ?? 2 * trained)
    activations = kernels.pool.reservedBytes
    // The loader's queue holds three batches; one is being filled and one is in use.
    reading = workers < 0 ? batch.pixels.count : 5 * batch.pixels.count + max(1, workers) * Self.bytesOfDecoder
  }

  /// Of the phase of a run that takes most.
  ///
  /// - Throws: ``ConfigurationError`` or ``MaskingError``; ``TrainingError`` when even to plan it is too much for this machine.
  public static func largest(of recipe: Recipe, threads: Int, workers: Int) throws -> MemoryPlan {
    let plans = try recipe.phases.map { phase in
      let (least, memory) = (least(phase.recipe, batchSize: recipe.run.batchSize), MachineMemory.current)
      guard least <= Double(memory.bytes) else { throw tooLarge("more than \(text(least))", recipe, memory) }
      return try MemoryPlan(
        Model(phase.recipe.model, seed: nil), run: recipe.run, optimizer: recipe.optimizer, threads: threads, workers: workers)
    }
    var largest = plans.dropFirst().reduce(plans[0]) { $1.total > $0.total ? $1 : $0 }
    // From one phase to the next weights and moments are there twice, and nothing else is.
    if plans.count > 1 { largest.activations = max(largest.activations, largest.weights / 4 * 3) }
    return largest
  }

  /// Refuses a run that cannot fit.
  ///
  /// - Parameter processes: of this machine, each of which takes as much.
  /// - Throws: ``TrainingError`` with both figures and what to lower.
  public func requireFit(in memory: MachineMemory = .current, recipe: Recipe, processes: Int = 1) throws(TrainingError) {
    let total = total * processes
    guard total <= memory.bytes else { throw Self.tooLarge("about \(Self.text(Double(total)))", recipe, memory) }
  }

  /// Bytes that a run takes at the very least: batches of pixels, the encoder's positions, and the visible tokens that each of
  /// its blocks gets. Planning a run of absurd numbers would itself fill the memory.
  private static func least(_ recipe: Recipe, batchSize: Int) -> Double {
    let (input, encoder, samples) = (recipe.model.input, recipe.model.encoder.blocks, Double(batchSize))
    let area = Double(input.size.width) * Double(input.size.height)
    let pixels = area * Double(input.pictures) * Double(input.channels.count)
    let tokens = area / Double(input.patch) / Double(input.patch) * Double(input.pictures) / Double(max(1, input.tubelet))
    let visible = tokens * max(0, 1 - recipe.model.masking.ratio)
    return 5 * samples * pixels + 4 * Double(encoder.width) * (tokens + samples * visible * Double(encoder.depth))
  }

  private static func tooLarge(_ amount: String, _ recipe: Recipe, _ memory: MachineMemory) -> TrainingError {
    var smaller = recipe.run.batchSize > 1 ? ["--batch-size (--accum-iter keeps the effective batch)"] : []
    smaller += recipe.model.classifier == nil ? ["--input-size", "--preset"] : ["--input-size"]
    if recipe.method.isForVideo, recipe.model.classifier == nil { smaller.insert("--num-frames", at: smaller.count - 1) }
    let recompute = recipe.run.recompute ? "" : ", or give --recompute"
    return TrainingError(
      .usage,
      """
      this run needs \(amount) of memory, and \(memory.owner) has \(text(Double(memory.bytes))); lower \
      \(smaller.joined(separator: ", "))\(recompute)
      """)
  }

  private static func text(_ bytes: Double) -> String { "\(RecipeText.number((bytes / 1e8).rounded() / 10)) GB" }

  /// Reference frames of a decoder, packets and the frames of a clip before they are cut; of clips up to 360 lines.
  private static let bytesOfDecoder = 24 << 20
}

extension Recipe {
  /// What one of some processes computes of it: the largest part of each batch.
  public func sharing(_ processes: Int) -> Recipe {
    var recipe = self
    recipe.run.batchSize = (run.batchSize + processes - 1) / processes
    return recipe
  }
}
