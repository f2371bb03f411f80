import ArgumentParser
import MAEModels
import MAERecipes
import MAETraining

/// Flags that describe how samples are drawn.
struct SamplingOptions: ParsableArguments {
  @Option(help: "Frames from one frame of a clip to the next.") var samplingRate: Int?
  @Option(help: "Smallest and largest distance of a pair of frames, as 4,48 (SiamMAE).") var frameGap: String?
  @Option(help: "How the window of a sample is chosen.") var crop: DataRecipe.Crop?
  @Flag(inversion: .prefixedNo, help: "Stretch pictures with pixels that are not square, as players do.") var squarePixels: Bool?
  @Option(help: "Probability of a horizontal flip.") var hflip: Double?
  @Option(help: "Samples drawn from a file each time it is opened.") var repeatAug: Int?
  @Option(help: "Share of bad files above which the run stops (default: 0.05).") var maxBad: Double?
  @Option(help: "Threads that decode; 0: none beside the computing ones.") var numWorkers: Int?
  @Option(help: "Seconds after which a file that is still being read counts as bad (default: 60).") var decodeTimeout: Double?
  @Option(help: ArgumentHelp("Folder that keeps frame indexes for the next run.", valueName: "folder")) var cache: String?

  func changes() throws -> [RecipeChange] {
    var changes = Changes()
    changes.add("sampling-rate", samplingRate)
    if let frameGap {
      let gap = try NumberList.parse(frameGap, flag: "frame-gap", "two whole numbers, as 4,48")
      guard gap.count == 2, gap.allSatisfy({ $0 == $0.rounded() }) else {
        throw ValidationError("--frame-gap is \(frameGap); expected two whole numbers, as 4,48")
      }
      changes.add("frame-gap", list: gap)
    }
    changes.add("crop", crop?.rawValue)
    changes.add("square-pixels", squarePixels)
    changes.add("hflip", hflip)
    changes.add("repeat-aug", repeatAug)
    changes.add("max-bad", maxBad)
    changes.add("num-workers", numWorkers)
    changes.add("decode-timeout", decodeTimeout)
    changes.add("cache", cache.map(Paths.absolute))
    return changes.list
  }
}

/// Flags that describe how the weights change.
struct OptimizationOptions: ParsableArguments {
  @Option(help: "Length of the run in updates of the weights.") var steps: Int?
  @Option(help: "Length of the run in passes over the data.") var epochs: Double?
  @Option(help: "Samples that go through the model at once.") var batchSize: Int?
  @Option(help: "Batches whose gradients are added before the weights change.") var accumIter: Int?
  @Option(help: "Learning rate per 256 samples of the effective batch.") var blr: Double?
  @Option(help: "Learning rate, whatever the batch.") var lr: Double?
  @Option(help: "Passes over the data in which the rate rises (default: the paper's, at most 10 % of the run).")
  var warmupEpochs: Double?
  @Option(help: "Decoupled weight decay.") var weightDecay: Double?
  @Option(help: "Largest norm of the gradient, or none.") var clipGrad: String?
  @Option(help: "Of weights, samples and masks.") var seed: UInt64?
  @Option(help: "Threads that compute (default: one per core).") var threads: Int?
  @Flag(help: "Compute blocks again in backward rather than keep what they computed: less memory, the same bits.")
  var recompute = false
  @Option(help: "Steps between checkpoints (default: a tenth of the run or ten minutes, whichever is sooner).") var saveEvery:
    Int?
  @Option(help: "Checkpoints that stay, the newest ones (default: 2); mae analyze shows how they differ.") var keep: Int?
  @Option(name: .customLong("init"), help: ArgumentHelp("Weights to start from.", valueName: "checkpoint")) var initialWeights:
    String?

  func validate() throws {
    if steps != nil, epochs != nil { throw ValidationError("--steps and --epochs exclude each other; give one") }
    if lr != nil, blr != nil { throw ValidationError("--lr and --blr exclude each other; give one") }
  }

  func changes() throws -> [RecipeChange] {
    var changes = Changes()
    changes.add("steps", steps)
    changes.add("epochs", epochs)
    changes.add("batch-size", batchSize)
    changes.add("accum-iter", accumIter)
    changes.add("blr", blr)
    changes.add("lr", lr)
    changes.add("warmup-epochs", warmupEpochs)
    changes.add("weight-decay", weightDecay)
    if let clipGrad {
      guard clipGrad == "none" || Double(clipGrad) != nil else {
        throw ValidationError("--clip-grad is \(clipGrad); expected a number or none")
      }
      changes.add("clip-grad", Double(clipGrad).map { .number($0) } ?? RecipeChange.Value.none)
    }
    changes.add("seed", seed.map { RecipeChange.Value.text(String($0)) })
    changes.add("threads", threads)
    changes.add("recompute", recompute ? RecipeChange.Value.text("true") : nil)
    changes.add("save-every", saveEvery)
    changes.add("keep", keep)
    changes.add("init", initialWeights.map(Paths.absolute))
    return changes.list
  }
}
