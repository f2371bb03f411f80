import ArgumentParser
import Foundation
import MaskedAutoencoders

/// `mae pretrain`: from media files to trained weights.
struct PretrainCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "Pretrain on a folder of videos or stills; the same command again continues.",
    discussion: """
      Example: mae pretrain videos/ -o runs/first --max-time 10m
      Example: mae pretrain videos/ -o runs/mine --method mae-st --preset tiny --input-size 112 --num-frames 8

      Where nothing says how long, a run takes an hour at most: as many steps as fit are planned once they have been timed, and \
      stored with the run. --max-time, --steps or --epochs say otherwise; the papers' lengths are the defaults of --epochs.

      DATA are files, folders (searched through) and lists (a path, or a path and a label, per line). A configuration file \
      stands above method and preset, and flags stand above the file. Flags may be written with underscores. Without DATA the \
      run in the folder is continued.

      mpirun -np N mae pretrain … trains in N processes that share each batch (with the trait MPI); the same command with \
      another number of them continues.

      SIGINT, SIGTERM, SIGHUP and SIGUSR2 save and stop, with exit code 75 or that of --requeue-exit-code; SIGUSR1 saves and \
      goes on. To stop mpirun send it SIGUSR2: after SIGTERM it leaves its processes a second.

      Without \(DataDefaults.replacing.joined(separator: ", ")), clips and stills are learned with what suits them, where there \
      are such values for the --preset; other flags stand above these. mae bench learn compares such recipes.
      """)

  @Argument(help: ArgumentHelp("Videos or stills: files, folders, tar shards, lists.", valueName: "data")) var data: [String] = []
  @OptionGroup var runOptions: RunOptions
  @Option(\.method) var method: RecipeChange?
  @Option(
    name: .customLong("preset"), parsing: .unconditional,
    help: ArgumentHelp(stringLiteral: Settings.shared.preset.help() + " Or a paper's whole recipe: " + Self.recipes),
    transform: { RecipeChange(\.preset, written: $0) }) var preset: RecipeChange?
  @Option(help: "What is trained on where the data are both (default: what at least nine of ten are).") var kind: DataKind?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Exit code of a run that was told to stop and can go on, for schedulers that start such a job again (default: 75).",
      valueName: "code")) var requeueExitCode: Int32?
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Samples") var sampling: SamplingOptions<PretrainingDefaults>
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions<PretrainingDefaults>
  @OptionGroup(title: "Evaluation") var evaluation: EvaluationOptions

  /// Recipes of papers, for the help.
  private static let recipes = PublishedRecipe.all.map(\.name).joined(separator: ", ") + "."

  /// The paper's recipe that `--preset` names; nil where it names a size, or is not given.
  private var published: PublishedRecipe? { preset.flatMap { PublishedRecipe.named($0.written) } }

  private var output: String { runOptions.output }

  func validate() throws {
    if let requeueExitCode { try requireOwnMeaning(of: requeueExitCode) }
  }

  /// A scheduler tells by the code whether to start the job again: no other end of a run may have it.
  private func requireOwnMeaning(of code: Int32) throws {
    let others = FailureKind.allCases.filter { $0 != .interrupted }.map(\.exitCode) + [0]
    guard !others.contains(code), (1...255).contains(code) else {
      let why = others.contains(code) ? ", which says that a run is \(code == 0 ? "finished" : "in trouble")" : ""
      throw ValidationError(
        "--requeue-exit-code is \(code)\(why); expected a number up to 255 that no other end has, as 75 or 99")
    }
  }

  func run() throws {
    do { try pretrain() } catch let error as any ExplainedError where error.kind == .interrupted && requeueExitCode != nil {
      Console.error(error.description)
      throw ExitCode(requeueExitCode!)
    }
  }

  private func pretrain() throws {
    let file = try configurationFile()
    let stored = try runOptions.isRunFolder ? Recipe.stored(in: output) : nil
    let inputs = try inputs(file: file, stored: stored)
    try checkPreset()
    let method = try method?.value(of: \.method) ?? published?.method
    // Flags are checked before anything is searched or made, where the method does not depend on what is found.
    var manifest: Manifest?
    var resolved: ResolvedRecipe
    var defaults: DataDefaults?
    let size = try (published == nil ? preset?.value(of: \.preset) : nil) ?? DataDefaults.sizes[0]
    let earlier = file?.method ?? stored?.method
    if let known = method == .selfGuided ? earlier : method ?? earlier {
      try requireKind(of: known, isStored: stored != nil)
      resolved = try resolve(method ?? known, clips: known.isForVideo, file, inputs)
    } else {
      // Flags that neither kind of data can take are wrong whatever is found.
      let (ofStills, ofClips) = (method ?? .mae, method ?? .videomae)
      let possible = try (try? resolve(ofStills, clips: false, file, inputs)) ?? resolve(ofClips, clips: true, file, inputs)
      let found = try runOptions.scan(inputs, possible.recipe)
      let clips = try (kind?.manifestKind ?? found.prevailingKind()) == .video
      if try !isRecipeGiven() {
        defaults = try DataDefaults(
          found, of: clips ? .video : .still, timeLimit: .seconds(possible.recipe.data.decodeTimeout))
      }
      resolved = try resolve(clips ? ofClips : ofStills, clips: clips, file, inputs, defaults?.recipe(for: size))
      manifest = found
    }
    var recipe = resolved.recipe
    let settings = Settings.shared
    let isFlipGiven = try isGiven([settings.flip], file)
    if let stored, !isFlipGiven { recipe.data.flip = stored.data.flip }
    // A file keeps its length, and so does a run of earlier versions.
    if file == nil, published == nil, stored.map({ $0.schedule.maxTime != nil }) ?? true,
      try !isGiven([settings.steps, settings.epochs, settings.maxTime], nil)
    {
      recipe.schedule.maxTime = Recipe.defaultMaxTime
    }
    if let path = recipe.run.extends {
      if let stored {
        (recipe.schedule.warmupEpochs, recipe.schedule.warmupShare) = (stored.schedule.warmupEpochs, stored.schedule.warmupShare)
      } else {
        recipe = try RunToExtend(path).extended(recipe)
      }
    }
    if stored == nil { try resolved.requireNoneIgnored() }
    let selected = { [recipe] in
      try (manifest ?? self.runOptions.scan(inputs, recipe)).selecting(recipe.method.isForVideo ? .video : .still)
    }
    let chosen = defaults?.explanation(for: size)
    guard let means = try runOptions.means(for: recipe, defaults: chosen, files: selected) else { return }
    // The first process alone judges the model.
    let evaluator = try means.processes.together {
      means.processes.isFirst ? try NeighbourAccuracy(recipe, readers: ComputeOptions.cores, on: means.kernels) : nil
    }
    let folder = try means.folder(output, for: recipe)
    let media = try selected()
    var notes = evaluator?.notes ?? []
    if !recipe.method.isForVideo, recipe.run.batchSize > media.files.count {
      notes.append(
        "a batch of \(recipe.run.batchSize) has files more than once, for there are \(media.files.count); lower --batch-size")
    }
    if stored == nil, !isFlipGiven, let note = recipe.keepDirections(of: media.labels) { notes.append(note) }

    let run = try means.begin(recipe, media, in: folder)
    Banner(
      run: run, threads: means.threads, memory: means.memory, ignored: resolved.ignored, defaults: chosen,
      isPresetChosen: preset != nil || file != nil || defaults != nil,
      isMethodChosen: method != nil || manifest == nil
    ).print()
    for note in notes { Console.say(note) }
    let session = TrainingSession(
      run, output: output, evaluator: evaluator, stoppedExitCode: requeueExitCode ?? FailureKind.interrupted.exitCode)
    try session.train { learned in
      "Done.\(learned) Look at what it learned: mae reconstruct FILE -m \(Shell.quoted(output)) -o pictures"
    }
  }

  /// Refuses what contradicts a paper's recipe, and names that are neither sizes nor recipes.
  private func checkPreset() throws {
    guard let preset else { return }
    guard let published else {
      guard (try? preset.value(of: \.preset)) == nil else { return }
      throw ValidationError("--preset is \(preset.written); expected \(PublishedRecipe.expected(for: preset.written))")
    }
    if runOptions.config != nil {
      throw ValidationError("--preset \(published.name) is a whole recipe, and so is what --config gives; leave one of them out")
    }
    if let other = try method?.value(of: \.method), other != published.method {
      throw ValidationError("--method \(other.name) contradicts --preset \(published.name); leave one of them out")
    }
  }

  private func requireKind(of method: Method, isStored: Bool) throws {
    guard let kind, (kind == .videos) != method.isForVideo else { return }
    let other = method.isForVideo ? "videos" : "stills"
    throw ValidationError(
      isStored
        ? "--kind is \(kind.rawValue), and the run in \(output) is on \(other); choose another folder for another run"
        : "--kind is \(kind.rawValue), and \(method.name) is for \(other); leave one of them out")
  }

  /// Whether flags or a file give one of some settings.
  private func isGiven(_ settings: [any AnySetting], _ file: RecipeFile?) throws -> Bool {
    let paths = settings.map(\.path)
    return try (sampling.changes() + optimization.changes() + (file?.changes ?? [])).contains {
      paths.contains($0.setting.path)
    }
  }

  /// Whether anything names a recipe, or the size of input and patches, which that of the data chooses otherwise, or weights,
  /// whose shape is given. All else changes one value of whatever recipe it is.
  private func isRecipeGiven() throws -> Bool {
    let settings = Settings.shared
    let deciding = [settings.inputSize.path, settings.patch.path, settings.initialWeights.path]
    let isDecided = try (model.changes() + optimization.changes()).contains { deciding.contains($0.setting.path) }
    return published != nil || method != nil || runOptions.config != nil || isDecided
  }

  private func configurationFile() throws -> RecipeFile? {
    // Without anything to train on, or without a recipe, the run in the folder is meant.
    let isContinued = try runOptions.config == nil && runOptions.isRunFolder && (data.isEmpty || !isRecipeGiven())
    if let path = isContinued ? output + "/config.yaml" : runOptions.config {
      let file = try RecipeFile(path: path)
      try file.requireOfPretraining()
      return file
    }
    return try optimization.extend.flatMap { try $0.value(of: \.extends) }.map { run in
      try RunToExtend.requireRun(run)
      return try RecipeFile(path: run + "/config.yaml")
    }
  }

  /// What to train on: the command line's data, else the file's, else those of the run so far.
  private func inputs(file: RecipeFile?, stored: Recipe?) throws -> [String] {
    let inputs = data.isEmpty ? file?.inputs ?? stored?.data.inputs ?? [] : data.map(\.recordedPath)
    guard !inputs.isEmpty else { throw ValidationError("There is no data to train on; name a folder of videos or stills") }
    return inputs
  }

  /// - Parameters:
  ///   - clips: whether videos are trained on; self-guided masking of clips is VideoMAE with other masks.
  ///   - defaults: a recipe in place of the preset's.
  private func resolve(
    _ method: Method, clips: Bool, _ file: RecipeFile?, _ inputs: [String], _ defaults: String? = nil
  ) throws -> ResolvedRecipe {
    let guidesClips = method == .selfGuided && clips
    let method = guidesClips ? .videomae : method
    var changes = try model.changes() + sampling.changes() + optimization.changes() + evaluation.given
    if guidesClips, model.maskType == nil { changes.append(RecipeChange(\.maskType, .selfGuided)) }
    changes.append(RecipeChange(\.inputs, inputs))
    if let published {
      return ResolvedRecipe(recipe: try NamedRecipe(published.name, method: method, changes: changes).recipe)
    }
    if let defaults {
      let meant = [DataDefaults.shorthand: defaults]
      return ResolvedRecipe(
        recipe: try NamedRecipe(DataDefaults.shorthand, method: method, changes: changes, shorthands: meant).recipe)
    }
    return try Recipe.resolve(method: method, preset: preset?.value(of: \.preset), file: file, changes: changes)
  }
}

/// What a run is on.
enum DataKind: String, ExpressibleByArgument, CaseIterable {
  case stills, videos

  var manifestKind: ManifestFile.Kind { self == .videos ? .video : .still }
}

/// Words as a shell reads them.
enum Shell {
  static func quoted(_ word: String) -> String {
    if word.holdsBytes { return "$'" + word.replacing("\\", with: "\\\\").replacing("'", with: "\\'").shownPath + "'" }
    let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0) }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  static func quoted(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }
}
