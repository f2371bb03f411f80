import ArgumentParser
import MaskedAutoencoders

/// Flags of the commands that train: where the run goes, which run is repeated, and what is said instead of training.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("Folder of the run.", valueName: "folder"),
    transform: \.tidyPath)
  var givenOutput: String?
  @Option(help: ArgumentHelp("Settings in YAML, e.g. the config.yaml of a run.", valueName: "file")) var config: String?
  @Flag(help: "Say what the run would take (sizes, memory, rates, time by at most three steps); train nothing.") var plan = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --plan: say it of so many processes, one on each machine like this one.", valueName: "n"))
  var processes: Int?
  @Option(help: ArgumentHelp("With --plan: what joins the machines, as 25Gb (bits a second) or 3GB.", valueName: "rate"))
  var network: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --plan: microseconds until a short message has arrived (default: 20).", valueName: "µs"))
  var latency: Double?
  @Flag(help: "Print the resolved settings as a file that --config takes, and train nothing.") var printConfig = false

  /// Without a folder nothing is trained.
  var output: String { givenOutput ?? "" }

  /// Whether a run lies in the folder.
  var isRunFolder: Bool { givenOutput.map(RunFolder.isRunFolder) ?? false }

  func validate() throws {
    guard givenOutput != nil || plan || printConfig else {
      throw ValidationError("There is no folder for the run; name one with --output")
    }
    _ = try cluster()
  }

  /// What `--plan` is to say of many machines.
  func cluster() throws -> (processes: Int, network: Network?) {
    guard processes != nil || network != nil || latency != nil else { return (1, nil) }
    guard plan else {
      throw ValidationError("--processes, --network and --latency are for --plan; mpirun -np N starts N processes")
    }
    guard let processes, processes > 1, let network else {
      throw ValidationError("--plan of many machines takes --processes, at least 2, and --network, e.g. --network 25Gb")
    }
    let microseconds = latency ?? Network.usualLatency * 1e6
    guard let joined = Network(network, latency: microseconds * 1e-6), microseconds >= 0 else {
      throw ValidationError(
        "--network is \(network), --latency \(microseconds); expected a rate as 25Gb or 3GB, and microseconds")
    }
    return (processes, joined)
  }

  /// Where to search for what is learned from.
  func scan(_ inputs: [String], _ recipe: Recipe) throws -> Manifest {
    try Search.manifest(
      inputs, excluding: [givenOutput].compactMap { $0.map(\.absolutePath) }, frameRate: recipe.data.frameRate,
      cache: recipe.data.cache, timeLimit: .seconds(recipe.data.decodeTimeout), hasBanner: true)
  }

  /// Weights that a run cannot start from are said before files are read, and with the plan.
  private func requireInitialWeights(_ recipe: Recipe) throws {
    // A run that goes on in another folder has that one's weights.
    guard !isRunFolder, recipe.run.extends == nil, let path = recipe.run.initialWeights else { return }
    try Together.processes.first {
      let options = WeightOptions(key: recipe.run.initialWeightsKey, catalogue: Catalogue.builtIn.including(recipe.model))
      try Checkpoint.read(path: path, options: options).requireFit(to: recipe.model)
    }
  }

  /// What a run is carried out with; nil where it was only asked for, and is said.
  ///
  /// - Parameters:
  ///   - defaults: what was taken by what the data are, or why nothing was; nil where nothing is to be said of it.
  ///   - files: to learn from; looked for where the plan or the run needs them.
  func means(for recipe: Recipe, defaults: String? = nil, files: () throws -> Manifest) throws -> RunMeans? {
    if printConfig {
      Console.result(recipe.yaml, terminator: "")
      return nil
    }
    let cluster = try cluster()
    try Pretraining.requireSamples(recipe, for: max(cluster.processes, Together.processes.count))
    try requireInitialWeights(recipe)
    let means = try RunMeans(for: recipe, plannedProcesses: cluster.processes)
    guard plan else { return means }
    let files = try files()
    let forecast = try WaitingLine.during("timing steps") {
      try RunForecast(
        recipe, manifest: files, memory: means.memory, processes: cluster.processes, network: cluster.network, on: means.kernels)
    }
    Console.result(ForecastText(forecast: forecast, defaults: defaults).text, terminator: "")
    return nil
  }
}
