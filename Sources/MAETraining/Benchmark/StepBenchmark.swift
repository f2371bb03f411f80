import Foundation
import MAECluster
import MAECore
import MAEEngine
import MAEFoundation
import MAEModels

/// Times training steps of a model on random pixels: forward, backward, gradient norm and update, as in training.
///
/// A guided masking of clips looks at the batch in every step, as after its switch; that is in the time and not in the FLOPs.
/// Stills are looked at once in a run, which is in neither. Processes share the batch, and add up gradients as in training.
public struct StepBenchmark {
  /// What was measured.
  public struct Result: Codable, Hashable, Sendable {
    /// Its name.
    public var method: String
    /// The size whose defaults were taken.
    public var preset: String
    /// Samples of a step.
    public var batchSize: Int
    /// Processes that share the batch.
    public var processes = 1
    /// Share of the steps that the first one spent adding up gradients.
    public var summing = 0.0
    /// Share of the steps that the first one waited for the others.
    public var waiting = 0.0
    /// Threads that compute, in each process.
    public var threads: Int
    /// Of the kernels.
    public var instructionLevel: String
    /// Of the operands of linear layers.
    public var precision: Precision
    /// Of each counted step, in order.
    public var stepSeconds: [Double]
    /// Of products and attention, forward and backward.
    public var flopsPerStep: Int
    /// ``Kernels/productPeak(repetitions:)`` on all threads, before and after; in the same precision.
    public var sgemmPeakGflops: Double
    /// Of the steps; buffers of the peak measurement are not in it.
    public var peakMemoryBytes: Int
    /// What ``MemoryPlan`` says beforehand.
    public var plannedMemoryBytes: Int
    /// Tokens that the encoder sees of each sample.
    public var visibleTokens: Int
    /// Blocks of the encoder.
    public var encoderDepth: Int
    /// Blocks of the decoder; 0 without one.
    public var decoderDepth: Int
    /// Whether blocks are computed again in backward.
    public var recomputes: Bool
    /// Blocks that the buffer pool had to take from the system after the second step.
    public var poolMisses: Int
    /// Times by operation, if wanted.
    public var profile: [Profile.Entry]

    /// Of the counted steps.
    public var medianSeconds: Double { stepSeconds.sorted()[stepSeconds.count / 2] }
    /// By the median.
    public var samplesPerSecond: Double { Double(batchSize) / medianSeconds }
    /// Share of the measured peak that the step's products and attention reach.
    public var utilization: Double { Double(flopsPerStep) / (medianSeconds * sgemmPeakGflops * 1e9) }
  }

  /// The model.
  public var configuration: ModelConfiguration
  /// What changes its weights.
  public var optimizer: OptimizerRecipe
  /// The size whose defaults were taken.
  public var preset: String
  /// Samples of a step.
  public var batchSize: Int
  /// Threads that compute.
  public var threads: Int
  /// Counted steps, after two that warm up.
  public var repetitions: Int
  /// Whether times of operations are collected.
  public var profiles: Bool
  /// Whether blocks are computed again in backward.
  public var recomputes: Bool
  /// Of the operands of linear layers.
  public var precision: Precision
  /// That share the batch.
  public var processes: any Processes

  /// Eight counted steps unless said otherwise.
  public init(
    _ configuration: ModelConfiguration, optimizer: OptimizerRecipe, preset: String, batchSize: Int, threads: Int,
    repetitions: Int = 8, profiles: Bool = false, recomputes: Bool = false, precision: Precision = .float32,
    processes: any Processes = SingleProcess()
  ) {
    self.configuration = configuration
    self.optimizer = optimizer
    self.preset = preset
    self.batchSize = batchSize
    self.threads = threads
    self.repetitions = repetitions
    self.profiles = profiles
    self.recomputes = recomputes
    self.precision = precision
    self.processes = processes
  }

  /// Measures; throws when the model is impossible, or the processor lacks the precision.
  public func run() throws -> Result {
    let kernels = try Kernels(threads: threads, precision: precision)
    let before = kernels.productPeak()
    kernels.pool.releaseFreeRegions()
    Self.forgetPeakMemory()
    let model = try Model(configuration, seed: 1)
    let clips = ClipBatch(ofNoiseFor: configuration, samples: processes.part(of: batchSize).count)
    var run = RunRecipe()
    (run.batchSize, run.recompute) = (clips.samples.count, recomputes)
    let planned = try MemoryPlan(model, run: run, optimizer: self.optimizer, threads: threads, workers: -1)
    let optimizer = self.optimizer.optimizer(for: model.parameters, on: kernels)
    let profile = Profile()
    var seconds: [Double] = []
    var (flops, missesAtStart) = (0, 0)
    var effort = processes.effort
    let share = Float(processes.share(of: batchSize))
    for step in 0..<repetitions + 2 {
      if step == 2 { (missesAtStart, effort) = (kernels.pool.misses, processes.effort) }
      let start = ContinuousClock.now
      let pass = GradientPass(
        model, recomputes: recomputes, share: share, profile: profiles && step >= 2 ? profile : nil, on: kernels)
      let result = try pass { _, _ in
        let isStill = model.configuration.input.frames == 1
        let guidance = isStill ? nil : model.guidance(for: model.source(clips), on: kernels)
        var batch = model.batch(
          clips, masks: try model.masks(for: clips.samples, random: RandomStream(seed: 3), guidance: guidance))
        if let classes = configuration.classifier?.classes.count {
          batch.targets = [Float](repeating: 1 / Float(classes), count: batchSize * classes)
        }
        return batch
      }
      if processes.count > 1 {
        _ = try processes.all(result.loss)
        try model.parameters.updateGradients { (values: inout MutableSpan<Float>) throws(ProcessError) in
          try processes.sum(&values)
        }
      }
      optimizer.update(learningRate: 1e-4, gradientScale: optimizer.gradientNorm().isFinite ? 1 : 0)
      if profiles && step >= 2 { profile.add(type(of: optimizer).name) }
      if step >= 2 { seconds.append((ContinuousClock.now - start).inSeconds) }
      flops = result.flops
    }
    let spent = processes.effort - effort
    let misses = kernels.pool.misses - missesAtStart
    let peakMemory = Self.peakMemory()
    let total = seconds.reduce(0, +)
    let peak = max(before, kernels.productPeak())
    var measured = Result(
      method: configuration.method.name, preset: preset, batchSize: batchSize, threads: threads,
      instructionLevel: kernels.level.name, precision: precision, stepSeconds: seconds,
      flopsPerStep: try processes.all(flops).reduce(0, +),
      sgemmPeakGflops: try processes.sums([peak])[0], peakMemoryBytes: peakMemory,
      plannedMemoryBytes: planned.total, visibleTokens: model.visibleTokens,
      encoderDepth: configuration.encoder.blocks.depth, decoderDepth: configuration.decoder?.blocks.depth ?? 0,
      recomputes: recomputes, poolMisses: misses, profile: profile.entries)
    (measured.processes, measured.summing, measured.waiting) = (processes.count, spent.summing / total, spent.waiting / total)
    return measured
  }

  /// Lets the peak of resident memory start anew at what is resident now.
  static func forgetPeakMemory() {
    // Where the kernel does not take this, the peak is that of the whole process.
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
  }

  /// Peak resident memory of this process, in bytes.
  static func peakMemory() -> Int {
    // VmHWM rather than getrusage, whose first argument has another type on every platform.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) * 1024
  }
}
