import Foundation

/// Weights from a file or a folder of any supported form, decided by content rather than by extension.
public struct WeightFile: Sendable {
  public enum Form: String, Hashable, Sendable {
    case safetensors
    case torch = "PyTorch"
  }

  public let form: Form
  /// The files that the tensors came from; several when the weights are sharded.
  public let files: [String]
  public let state: StateDictionary

  /// Reads safetensors, PyTorch files, and folders with `model.safetensors` or `pytorch_model.bin`, sharded or not, or with
  /// one weight file of another name.
  public static func read(path: String) throws(CheckpointError) -> WeightFile {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw CheckpointError(.missing, file: path, reason: "there is no such file or folder")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try readFile(path) }
    return try readFolder(path)
  }

  private static func readFile(_ path: String) throws(CheckpointError) -> WeightFile {
    if path.hasSuffix(".index.json") { return try readShards(path) }
    let file = try FileBytes(path: path)
    if TorchFileReader.isZip(file) || TorchFileReader.isLegacy(file) {
      return WeightFile(form: .torch, files: [path], state: try TorchFileReader.read(file))
    }
    let start = file.array(0..<min(file.count, 512))
    if start.starts(with: Array("version https://git-lfs".utf8)) {
      throw .unusable(path, "is a Git LFS pointer, not the weights; fetch them with \"git lfs pull\"")
    }
    // The header is a JSON object after eight bytes of length.
    if start.count >= 9, start[8...].first(where: { $0 != 0x20 }) == UInt8(ascii: "{") {
      return WeightFile(form: .safetensors, files: [path], state: try SafeTensorsReader.read(file))
    }
    if start.isEmpty { throw .unusable(path, "is empty") }
    if start.first == 0x80 {
      throw .unusable(path, "is a Python pickle, but not one that torch.save wrote, or it is damaged")
    }
    if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) { return try readTorch(file) }
    throw .unusable(path, "is neither a safetensors nor a PyTorch file")
  }

  private static func readTorch(_ file: FileBytes) throws(CheckpointError) -> WeightFile {
    WeightFile(form: .torch, files: [file.path], state: try TorchFileReader.read(file))
  }

  private static func readFolder(_ folder: String) throws(CheckpointError) -> WeightFile {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"]
    where names.contains(name) {
      return try readFile(join(folder, name))
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

  /// Reads the files that an index names.
  private static func readShards(_ path: String) throws(CheckpointError) -> WeightFile {
    guard let map = try JSONValue.read(path: path).object?["weight_map"]?.object else {
      throw .unusable(path, "has no weight_map")
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var shards: [String: WeightFile] = [:]
    var files = [String]()
    var state = StateDictionary()
    for name in map.keys {
      guard let file = map[name]!.text, !file.isEmpty, !file.contains("/"), file != "..", !file.hasSuffix(".index.json") else {
        throw .unusable(path, "is mapped to something that is not a file in the same folder", tensor: name)
      }
      if shards[file] == nil {
        let shard = try readFile(join(folder, file))
        shards[file] = shard
        files.append(shard.files[0])
        state.metadata.merge(shard.state.metadata) { old, _ in old }
      }
      guard let tensor = shards[file]!.state[name] else {
        throw .unusable(join(folder, file), "is missing, although the index names it", tensor: name)
      }
      state[name] = tensor
    }
    guard let first = shards.values.first else { throw .unusable(path, "names no weights") }
    return WeightFile(form: first.form, files: files, state: state)
  }
}

func join(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }
