import MaskedAutoencoders

/// What a run is carried out with, settled before anything is written: threads, kernels, and the memory that it takes.
struct RunMeans {
  let threads: Int
  let kernels: Kernels
  let memory: MemoryPlan

  /// - Throws: when a cache folder cannot be made, the precision is not to be had here, or the memory is too small.
  init(for recipe: Recipe) throws {
    if let cache = recipe.data.cache { try Folder.make(cache) }
    threads = recipe.run.threads ?? ComputeOptions.cores
    kernels = try Kernels(threads: threads, precision: recipe.run.precision ?? .float32)
    memory = try MemoryPlan.largest(
      of: recipe, threads: threads, workers: recipe.data.workers ?? Pretraining.defaultWorkers)
    try memory.requireFit(recipe: recipe)
  }

  /// The folder at a path, which is new or holds a run of the same recipe.
  func folder(_ path: String, for recipe: Recipe) throws -> RunFolder {
    let folder = try RunFolder(path)
    if let stored = try folder.storedRecipe() { try folder.requireAgreement(of: recipe, with: stored) }
    return folder
  }

  /// Begins a run or goes on with it; its first batches are read meanwhile.
  func begin(_ recipe: Recipe, _ manifest: Manifest, in folder: RunFolder) throws -> Pretraining {
    StopSignal.install()
    let environment = RunEnvironment(commandLine: CommandLine.words, threads: threads)
    return try WaitingLine.during("reading the first batches") {
      try Pretraining(
        recipe, manifest: manifest, in: folder, environment: environment, on: kernels,
        clock: .elapsed(since: MAECommand.startedAt))
    }
  }
}
