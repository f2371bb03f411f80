import ArgumentParser
import MaskedAutoencoders

/// `mae embed`: features of stills and clips.
struct EmbedCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Write the features that an encoder finds in stills and clips.",
    discussion: """
      Example: mae embed photos/ -m runs/first -o photos.safetensors --pool cls

      Nothing is masked. The file holds `features` [N, width], or [N, tokens, width] with --pool tokens, in the order of the \
      files' paths; the .jsonl beside it has a line for each: path, label, and for clips the time in seconds at which they \
      begin. A name that ends in .npy gives the same for NumPy, .csv a line of text for each file: path, label, time, values. \
      Of a video the clip in the middle is taken, or the mean of several with --clips. Folders of numbered stills are videos \
      with --fps. Without --layer, features come after the encoder's final norm, as transformers' last_hidden_state does; a \
      layer's are its block's output before any norm. What was interrupted goes on when the same command is given again.

      With --per-episode every row of every episode (.npz) is encoded by itself, and --output is a folder of .npz files of the \
      same names, for world models: latent [rows, width] by --pool, tokens [rows, 1 + tokens, width] with the class token first \
      and that of a vector last, and action, reward, is_first, is_last and is_terminal as they were. A model that stacks frames \
      (mwm-tactile) gets those of the rows before, too.
      """)

  @Argument(help: ArgumentHelp("Videos and stills: files, folders, tar shards, lists.", valueName: "data")) var data: [String]
  @OptionGroup var checkpoint: CheckpointOption
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("File to write.", valueName: "file.safetensors|npy|csv"),
    transform: \.tidyPath)
  var output: String
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Block of the encoder, from 1 (default: the encoder's output).", valueName: "n"))
  var layer: Int?
  @Option(help: "The mean over the patches, the class token (of several their mean), or every patch token.") var pool = Pooling
    .mean
  @Flag(help: "Write the latents of every row of each episode, a file for each, into the folder --output.")
  var perEpisode = false
  @Option(parsing: .unconditional, help: "Clips of each video whose features are averaged.") var clips = 1
  @OptionGroup var frameRate: FrameRate
  @Option(parsing: .unconditional, help: "Samples that are encoded at once (default: 32 stills or 4 clips).") var batchSize: Int?
  @Flag(\.allowTruncated) var allowTruncated = false
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @Option(help: "How the summary is printed: text or json.") var format = TextFormat.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); expected at least 1") }
    if clips < 1 { throw ValidationError("--clips is \(clips); expected at least 1") }
    if perEpisode {
      if layer != nil { throw ValidationError("--layer goes without --per-episode, whose latents are the encoder's output") }
      if clips != 1 { throw ValidationError("--clips goes without --per-episode, which encodes every row") }
      return
    }
    guard Embedding.forms.contains(where: { output.hasSuffix("." + $0) }) else {
      let endings = Embedding.forms.map { "." + $0 }.joined(separator: ", ")
      throw ValidationError("--output is \(output); expected a name that ends in one of \(endings)")
    }
  }

  func run() throws {
    if perEpisode { return try writeEpisodes() }
    let extractor = try FeatureExtractor(
      checkpoint: checkpoint.path, weights: weights.options, layer: layer, pooling: pool, on: compute.kernels)
    for remark in extractor.remarks { Console.say(remark) }
    let manifest = try Search.manifest(data, frameRate: frameRate.fps, timeLimit: decodeTimeout.duration)
    Console.catchSignals(saves: false)
    let line = CountLine("embedded", "files")
    let summary = try Embedding(
      extractor, batchSize: batchSize, readers: ComputeOptions.cores, allowsTruncated: allowTruncated, clips: clips,
      timeLimit: decodeTimeout.duration, processes: Together.processes
    ).write(
      manifest, to: output, isCancelled: { StopSignal.requested != nil }
    ) { line.update($0, of: manifest.files.count) }
    line.close()
    guard let summary else {
      Console.say(
        "Interrupted; nothing was written yet, and the same command goes on from here: \(Shell.quoted(CommandLine.words))")
      throw ExitCode(.interrupted)
    }
    for remark in summary.remarks { Console.say(remark) }
    for bad in summary.bad { Console.error("\(bad.file): left out: \(bad.reason)") }
    switch format {
    case .text:
      Console.result("\(summary.features)  features \(summary.shape)")
      Console.result("\(summary.rows)  \(counted(summary.shape[0], "row")), \(counted(summary.bad.count, "file")) left out")
    case .json: Console.result(JSONText.indented(summary))
    }
  }

  private func writeEpisodes() throws {
    let embedding = try EpisodeEmbedding(
      checkpoint: checkpoint.path, weights: weights.options, pooling: pool, batchSize: batchSize, on: compute.kernels)
    for remark in embedding.remarks { Console.say(remark) }
    let manifest = try Search.manifest(data, frameRate: frameRate.fps, timeLimit: decodeTimeout.duration)
    Console.catchSignals(saves: false)
    let line = CountLine("embedded", "episodes")
    let summary = try embedding.write(manifest, to: output, isCancelled: { StopSignal.requested != nil }) {
      line.update($0, of: manifest.files.count)
    }
    line.close()
    for bad in summary.bad { Console.error("\(bad.file): left out: \(bad.reason)") }
    switch format {
    case .text:
      Console.result(
        "\(summary.folder)  latents of \(counted(summary.episodes, "episode")) with \(counted(summary.rows, "row")), "
          + "\(counted(summary.bad.count, "file")) left out")
    case .json: Console.result(JSONText.indented(summary))
    }
    if StopSignal.requested != nil { throw ExitCode(.interrupted) }
  }
}

extension Pooling: ExpressibleByArgument {
  /// The class token under its name in `mae finetune`, too.
  public init?(argument: String) { self.init(rawValue: argument == "class-token" ? Self.cls.rawValue : argument) }
}
