import Foundation
import MAEFoundation

/// The tensors of a file or a folder of any supported form, decided by content rather than by extension.
public struct WeightFile: Sendable {
  /// The forms in which weights are stored.
  public enum Form: String, Hashable, Sendable {
    case safetensors
    case torch = "PyTorch"
  }

  /// In which form it was stored.
  public let form: Form
  /// The files that the tensors came from; several when the weights are sharded.
  public let files: [String]
  /// All tensors, under the keys that lead to them.
  public let entries: [TensorEntry]
  /// What the file says about itself: the `__metadata__` of safetensors; for PyTorch files the plain values beside the
  /// weights (`epoch`, `args.mask_ratio` …).
  public let metadata: [String: String]
  private let sources: [(source: any TensorSource, names: Set<String>)]

  /// All tensors with plain numbers.
  public var state: StateDictionary {
    get throws(CheckpointError) { try state(of: entries.filter { $0.oddity == nil }.map(\.name)) }
  }

  /// The tensors of some names, in that order.
  ///
  /// - Precondition: they are among the ``entries``, and not odd.
  func state(of names: [String]) throws(CheckpointError) -> StateDictionary {
    var parts = StateDictionary()
    for (source, held) in sources {
      for (name, tensor) in try source.state(of: names.filter(held.contains)) { parts[name] = tensor }
    }
    var state = StateDictionary(metadata: metadata)
    for name in names { state[name] = parts[name] }
    return state
  }

  /// Lets go of the open files; tensors that were asked for can still be read.
  func endReading() { for (source, _) in sources { source.endReading() } }

  /// Reads safetensors, PyTorch files, and folders with `model.safetensors` or `pytorch_model.bin`, sharded or not, or with
  /// one weight file of another name.
  public static func read(path: String) throws(CheckpointError) -> WeightFile {
    var status = stat()
    guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else {
      throw CheckpointError(.missing, file: path, reason: "there is no such file or folder")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try readFile(path) }
    return try readFolder(path)
  }

  private init(_ form: Form, _ path: String, _ source: any TensorSource) {
    self.form = form
    files = [path]
    entries = source.entries
    metadata = source.metadata
    sources = [(source, Set(source.entries.map(\.name)))]
  }

  private static func readFile(_ path: String) throws(CheckpointError) -> WeightFile {
    if path.hasSuffix(".index.json") { return try readShards(path) }
    return try read(FileBytes(path: path))
  }

  package static func read(_ file: FileBytes) throws(CheckpointError) -> WeightFile {
    let path = file.path
    try file.prepare(0..<min(file.count, 512))
    let start = file.array(0..<min(file.count, 512))
    let isArchive = start.count > 262 && start[257..<262].elementsEqual("ustar".utf8)
    if TorchFileReader.isZip(file) || TorchFileReader.isLegacy(file) || isArchive {
      return WeightFile(.torch, path, try TorchFileReader.read(file))
    }
    if start.starts(with: Array("version https://git-lfs".utf8)) {
      throw .unusable(path, "is a Git LFS pointer, not the weights; fetch them with \"git lfs pull\"")
    }
    // The header is a JSON object after eight bytes of length.
    if start.count >= 9, start[8...].first(where: { $0 != 0x20 }) == UInt8(ascii: "{") {
      return WeightFile(.safetensors, path, try SafeTensorsFile(file))
    }
    if start.isEmpty { throw .unusable(path, "is empty") }
    if start.first == 0x80 {
      throw .unusable(
        path, "is a Python pickle, but not one that torch.save wrote, or it is damaged; \(TorchFileReader.conversion)")
    }
    throw .unusable(path, "is neither a safetensors nor a PyTorch file")
  }

  private static func readFolder(_ folder: String) throws(CheckpointError) -> WeightFile {
    let names = Folder.names(in: folder) ?? []
    for name in standardNames where names.contains(name) {
      let weights = try readFile(join(folder, name))
      // As transformers does: adapters of peft in the same folder belong to them.
      guard names.contains("adapter_config.json"), let adapter = adapterNames.first(where: names.contains) else { return weights }
      return weights.joined(with: try readFile(join(folder, adapter)))
    }
    let endings = [".safetensors", ".pth", ".pt", ".pyth", ".bin", ".ckpt"]
    let candidates = names.filter { name in
      name != "optimizer.safetensors" && endings.contains { name.hasSuffix($0) }
    }.sorted()
    guard let only = candidates.first else {
      throw CheckpointError(.missing, file: folder, reason: "holds no weights (no model.safetensors, no pytorch_model.bin)")
    }
    guard candidates.count == 1 else {
      throw .unusable(folder, "holds several weight files (\(candidates.prefix(4).joined(separator: ", "))); name one of them")
    }
    return try readFile(join(folder, only))
  }

  /// Names under which the weights of a model folder lie, beside the `config.json` that belongs to them.
  static let standardNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]

  private static let adapterNames = ["adapter_model.safetensors", "adapter_model.bin"]

  private func joined(with other: WeightFile) -> WeightFile {
    WeightFile(
      form: form, files: files + other.files, entries: entries + other.entries,
      metadata: metadata.merging(other.metadata) { old, _ in old }, sources: sources + other.sources)
  }

  /// Whether the weights have the names of a model folder, so that a `config.json` beside them is theirs.
  var isModelFolder: Bool { files.count > 1 || Self.standardNames.contains(String(files[0].split(separator: "/").last ?? "")) }

  /// Reads the files that an index names.
  private static func readShards(_ path: String) throws(CheckpointError) -> WeightFile {
    guard let map = try JSONValue.read(path: path).object?["weight_map"]?.object else {
      throw .unusable(path, "has no weight_map")
    }
    let folder = Folder.parent(of: path)
    var shards: [String: WeightFile] = [:]
    var entries: [String: [String: TensorEntry]] = [:]
    var names: [String: Set<String>] = [:]
    var files: [String] = []
    for name in map.keys {
      guard let file = map[name]!.text, !file.isEmpty, !file.contains("/"), file != "..", !file.hasSuffix(".index.json") else {
        throw .unusable(path, "is mapped to something that is not a file in the same folder", tensor: name)
      }
      if shards[file] == nil {
        let shard = try readFile(join(folder, file))
        shards[file] = shard
        entries[file] = Dictionary(shard.entries.map { ($0.name, $0) }) { $1 }
        files.append(file)
      }
      guard entries[file]![name] != nil else {
        throw .unusable(join(folder, file), "is missing, although the index names it", tensor: name)
      }
      names[file, default: []].insert(name)
    }
    guard let first = files.first else { throw .unusable(path, "names no weights") }
    return WeightFile(
      form: shards[first]!.form, files: files.map { join(folder, $0) },
      entries: map.keys.map { name in
        var entry = entries[map[name]!.text!]![name]!
        // The dictionaries of all shards are one.
        entry.container = 0
        return entry
      },
      metadata: files.reduce(into: [:]) { $0.merge(shards[$1]!.metadata) { old, _ in old } },
      sources: files.map { (shards[$0]!.sources[0].source, names[$0]!) })
  }

  private init(
    form: Form, files: [String], entries: [TensorEntry], metadata: [String: String],
    sources: [(source: any TensorSource, names: Set<String>)]
  ) {
    (self.form, self.files, self.entries, self.metadata, self.sources) = (form, files, entries, metadata, sources)
  }
}

func join(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }

/// Whether there is something at a path.
func exists(_ path: String) -> Bool { Folder.isAnything(at: path) }
