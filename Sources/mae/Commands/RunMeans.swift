import ArgumentParser
import MaskedAutoencoders

/// What a run is carried out with, settled before anything is written: threads, kernels, and the memory that it takes.
struct RunMeans {
  let processes: any Processes
  let threads: Int
  let kernels: Kernels
  let memory: MemoryPlan

  /// - Parameter plannedProcesses: that the memory is said for, where these are fewer.
  /// - Throws: when a cache folder cannot be made, the precision is not to be had here, or the memory is too small.
  init(for recipe: Recipe, plannedProcesses: Int = 1) throws {
    processes = Together.processes
    if let cache = recipe.data.cache { try Folder.make(cache) }
    threads = recipe.run.threads ?? ComputeOptions.cores
    // They wait for each other at every operation: with hundreds no step comes to its end.
    let most = 16 * ComputeOptions.cores
    guard threads <= most else {
      throw ValidationError(
        "--threads is \(threads), and there are \(ComputeOptions.cores) cores; leave it out, or give at most \(most)")
    }
    kernels = try Kernels(threads: threads, precision: recipe.run.precision ?? .float32)
    memory = try MemoryPlan.largest(
      of: recipe.sharing(max(plannedProcesses, processes.count)), threads: threads,
      workers: recipe.data.workers ?? Pretraining.defaultWorkers(processes))
    try memory.requireFit(recipe: recipe, processes: processes.localCount)
  }

  /// The folder at a path, which is new or holds a run of the same recipe.
  func folder(_ path: String, for recipe: Recipe) throws -> RunFolder {
    let folder = try RunFolder(path, for: processes)
    if let stored = try folder.storedRecipe() { try folder.requireAgreement(of: recipe, with: stored) }
    return folder
  }

  /// Begins a run or goes on with it; its first batches are read meanwhile.
  func begin(_ recipe: Recipe, _ manifest: Manifest, in folder: RunFolder) throws -> Pretraining {
    Console.catchSignals()
    let environment = RunEnvironment(commandLine: CommandLine.words, threads: threads)
    return try WaitingLine.during("reading the first batches") {
      try Pretraining(
        recipe, manifest: manifest, in: folder, environment: environment, on: kernels,
        clock: .elapsed(since: MAECommand.startedAt), processes: processes)
    }
  }
}
