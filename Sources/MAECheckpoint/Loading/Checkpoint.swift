import Foundation
import MAECore
import MAEFoundation
import MAEModels

/// A model as it lies in a file or folder: its weights under our names, and the values that they belong to.
public struct Checkpoint: Sendable {
  /// The folder or file that was found; for a run folder its newest checkpoint.
  public let path: String
  /// In which form of file the weights lie.
  public let form: WeightFile.Form
  /// The weight files, with their paths.
  public let files: [String]
  /// Whose names the tensors have.
  public let dialect: Dialect
  /// The model, as a configuration beside the weights or they themselves tell.
  public internal(set) var configuration: ModelConfiguration
  /// How pictures are prepared for it.
  public let preprocessor: PreprocessorConfiguration
  /// Weights under our names and shapes; values are read when asked for.
  public internal(set) var weights: StateDictionary
  /// Of a classifier on the encoder, under our names; ``weights`` has them where the configuration has that classifier.
  let classifier: StateDictionary
  /// Names of its classes, where a `config.json` beside the weights gives them.
  let classNames: [String]?
  /// Names in the file without a place in the model, with what they are.
  public let ignored: [(name: String, part: String)]
  /// Names in the file that no dialect explains.
  public let unknown: [String]
  /// What had to be assumed about the model, one sentence each.
  public let assumptions: [String]
  /// What people should know before they use it, one sentence each: which weights of several were taken, what was merged, what
  /// was left aside, what was assumed, which damaged checkpoints were passed over.
  public internal(set) var remarks: [String]
  /// The tensors in the file that the weights were looked for among.
  let entries: [TensorEntry]
  /// Stacks whose number of heads nothing tells: `encoder`, `decoder`.
  let undecided: Set<String>
  /// Whether the normalisation of targets is one of them.
  public let assumesNormalization: Bool
  /// Where names of methods and maskings were looked up.
  package let catalogue: Catalogue

  /// Notes that the file carries.
  public var metadata: [String: String] { weights.metadata }
  /// Whether there are weights of a decoder.
  public var hasDecoder: Bool { weights.names.contains { $0.hasPrefix("decoder.") } }

  /// Reads a weight file with the `config.json` beside it, a model folder, or the newest checkpoint of a run folder; bytes are
  /// compared with their ``Checksums`` where there are any.
  ///
  /// - Throws: ``CheckpointError`` when there is nothing, it is damaged, its names are of no known model, or names, shapes and
  ///   configuration do not fit together.
  public static func read(path: String, options: WeightOptions = WeightOptions()) throws(CheckpointError) -> Checkpoint {
    let place = try CheckpointPlace(path)
    let file = try WeightFile.read(path: place.path)
    defer { file.endReading() }
    var checkpoint = try Checkpoint(path: place.path, file, options)
    checkpoint.remarks = place.remarks + checkpoint.remarks
    return checkpoint
  }

  /// - Parameter path: where `file` was read; a configuration is looked for in it or beside it.
  init(path: String, _ file: WeightFile, _ options: WeightOptions = WeightOptions()) throws(CheckpointError) {
    let folder = Folder.exists(path) ? path : Folder.parent(of: path)
    let noted = try DescribedModel(metadata: file.metadata, file: path, in: options.catalogue)
    do throws(CheckpointError) {
      self = try Checkpoint(path: path, file, try noted.beside(folder), options)
    } catch {
      // Beside weights with a name of their own the configuration may be of something else.
      guard !file.isModelFolder, exists(join(folder, "config.json")) else { throw error }
      self = try Checkpoint(path: path, file, noted.without(folder), options)
    }
  }

  /// Weights whose configuration is known from elsewhere.
  package init(path: String, _ file: WeightFile, configuration: ModelConfiguration) throws(CheckpointError) {
    self = try Checkpoint(path: path, file, DescribedModel(configuration), WeightOptions())
  }

  private init(
    path: String, _ file: WeightFile, _ described: DescribedModel, _ options: WeightOptions
  ) throws(CheckpointError) {
    let found: FoundWeights
    if let known = described.configuration, known.names == .own {
      try known.checkSizes(file: path)
      found = FoundWeights(file, own: .own(known))
    } else {
      found = try FoundWeights(file, path: path, method: described.configuration?.method, key: options.key)
    }
    var translated = try found.dialect.translate(
      try found.state(of: file, path: path, scale: AdapterScale(folder: described.folder, file.metadata)), file: path)
    var inference = ConfigurationInference(translated, found.dialect, file: path)
    var configuration: ModelConfiguration
    if let known = described.configuration { configuration = known } else { configuration = try inference.configuration() }
    var undecided = inference.undecided
    if let heads = options.heads {
      configuration.encoder.blocks.heads = heads
      undecided.remove("encoder")
    }
    if let heads = options.decoderHeads {
      configuration.decoder?.blocks.heads = heads
      undecided.remove("decoder")
    }
    var preprocessor = PreprocessorConfiguration(configuration)
    if let path = described.folder.map({ join($0, "preprocessor_config.json") }), exists(path) {
      preprocessor = try PreprocessorConfiguration(
        path: path, standard: preprocessor, channels: configuration.input.channels.count)
      configuration.input.mean = preprocessor.mean
      configuration.input.deviation = preprocessor.deviation
    }
    try configuration.checkSizes(file: path)
    let assumptions = inference.assumptions + (described.isComplete ? [] : configuration.makeMaskingUsable())
    self.path = path
    catalogue = options.catalogue
    (form, files, dialect, entries) = (file.form, file.files, found.dialect, found.entries)
    (self.configuration, self.preprocessor) = (configuration, preprocessor)
    if configuration.classifier != nil { translated.takeClassifier(of: found.dialect) }
    (weights, ignored, classifier) = (translated.weights, translated.ignored, translated.classifier)
    classNames = described.classNames
    unknown = found.unknownNames
    (self.assumptions, self.undecided) = (assumptions, undecided)
    assumesNormalization = inference.assumesNormalization
    remarks = found.remarks + described.remarks + assumptions
    try WeightFit(weights, configuration).check(file: path)
  }

  /// Makes sure that the numbers of heads are known, without which nothing can be computed from the weights.
  ///
  /// - Parameter decoder: whether that of the decoder is needed, too.
  /// - Throws: ``CheckpointError`` that names the option to give.
  public func requireHeads(decoder: Bool) throws(CheckpointError) {
    var stacks = [("encoder", configuration.encoder.blocks.width, "--heads")]
    if decoder, let blocks = configuration.decoder?.blocks { stacks.append(("decoder", blocks.width, "--decoder-heads")) }
    for (stack, width, flag) in stacks where undecided.contains(stack) {
      let possible = (1...32).filter { width % $0 == 0 && width / $0 >= 4 }.map(String.init).joined(separator: ", ")
      throw CheckpointError(
        .usage, file: path,
        reason:
          "weights do not tell how many heads the \(stack) of width \(width) has (\(possible) would fit); say it with \(flag)")
    }
  }
}

extension ModelConfiguration {
  /// Replaces a method's usual masking where it leaves nothing visible or nothing hidden of a small grid.
  ///
  /// - Returns: what was assumed.
  fileprivate mutating func makeMaskingUsable() -> [String] {
    let usual = MaskingConfiguration(kind: .random, ratio: masking.ratio)
    let candidates = [masking, usual] + [0.75, 0.5].map { MaskingConfiguration(kind: .random, ratio: $0) }
    let usable = candidates.first {
      (try? $0.strategy(for: grid, patch: input.patch)) != nil
    }
    guard let usable, usable != masking else { return [] }
    defer { masking = usable }
    return [
      "Masking is taken to be \(usable.kind) at \(usable.ratio), because the method's own leaves nothing of \(grid) tokens."
    ]
  }
}
