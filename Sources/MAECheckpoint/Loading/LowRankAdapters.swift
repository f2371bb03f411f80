import MAEFoundation

/// Low-rank changes of weights beside the weights themselves (Hu et al. 2021, LoRA): `W + scale · B · A`.
///
/// Names are those of the libraries peft and loralib: `….qkv.lora_A.weight` `[rank, inputs]` and `….qkv.lora_B.weight`
/// `[outputs, rank]`; others say `lora_down` and `lora_up`.
struct LowRankAdapters {
  /// The change of one matrix.
  private struct Adapter {
    /// Entries by what stands after `lora_`: `A`, `B`, `down`, `up`, `magnitude_vector` …
    var parts: [String: [TensorEntry]] = [:]
    /// Tensors that give its scale: `alpha` (times 1/rank) or `scaling`.
    var alpha, scaling: TensorEntry?
  }

  /// By the dialect's name of the matrix.
  private var adapters: [String: Adapter] = [:]
  /// Names in the file of all parts.
  private(set) var entryNames: Set<String> = []

  static func isPart(_ name: String) -> Bool { place(in: name.split(separator: ".")) != nil }

  /// - Parameters:
  ///   - dialect: place in ``Dialect/all`` of the one that names the matrices.
  ///   - prefix: before the names of the matrices; adapters of a file of their own may have another one.
  init(_ entries: [TensorEntry], dialect: Int, prefix: String) {
    var names: [String: String] = [:]
    for entry in entries {
      let parts = entry.name.split(separator: ".")
      guard let place = Self.place(in: parts) else { continue }
      let owner = parts[..<place].joined(separator: ".")
      let readings = KnownNames.all.readings(of: owner + ".weight").filter { $0.dialect == dialect }
      guard let known = (readings.first { $0.prefix == prefix } ?? readings.first)?.known else { continue }
      names[owner] = known
      adapters[known, default: Adapter()].parts[String(parts[place].dropFirst("lora_".count)), default: []].append(entry)
      entryNames.insert(entry.name)
    }
    guard !names.isEmpty else { return }
    for entry in entries {
      guard let dot = entry.name.lastIndex(of: "."), let known = names[String(entry.name[..<dot])] else { continue }
      switch entry.name[dot...] {
      case ".alpha", ".lora_alpha": adapters[known]?.alpha = entry
      case ".scaling", ".lora_scaling": adapters[known]?.scaling = entry
      default: continue
      }
      entryNames.insert(entry.name)
    }
  }

  var isEmpty: Bool { adapters.isEmpty }

  /// What was done, for people; nil when there are none.
  var remark: String? {
    adapters.isEmpty ? nil : "LoRA adapters were merged into \(NamePattern.counts(of: adapters.keys.sorted()))."
  }

  /// Adds every change to its matrix.
  ///
  /// - Throws: when a change cannot be understood, or nothing tells its scale.
  func merge(
    into state: inout StateDictionary, of file: WeightFile, path: String, scale: AdapterScale
  ) throws(CheckpointError) {
    for (known, adapter) in adapters.sorted(by: { $0.key < $1.key }) {
      func refusal(_ reason: String) -> CheckpointError {
        .unusable(path, "\(reason) merge it in Python (merge_and_unload of peft) and save the result", tensor: known)
      }
      let parts = adapter.parts
      guard parts.count == 2, let down = parts["A"] ?? parts["a"] ?? parts["down"],
        let up = parts["B"] ?? parts["b"] ?? parts["up"],
        down.count == 1, up.count == 1, scale.isPlain
      else { throw refusal("has an adapter that is not plain LoRA, or several;") }
      guard let base = state[known] else { throw refusal("is missing, although an adapter changes it;") }
      let (outputs, rank) = (base.shape.first ?? 0, down[0].shape.first ?? 0)
      guard outputs > 0, rank > 0, down[0].oddity == nil, up[0].oddity == nil,
        elementCount(down[0].shape) == elementCount([rank, base.count / outputs]),
        elementCount(up[0].shape) == elementCount([outputs, rank])
      else { throw refusal("has an adapter of \(up[0].shape) and \(down[0].shape), which does not fit \(base.shape);") }
      let tensors = try file.state(of: [down[0].name, up[0].name] + [adapter.alpha, adapter.scaling].compactMap { $0?.name })
      func number(_ entry: TensorEntry?) -> Double? {
        guard let entry, let tensor = tensors[entry.name], tensor.count == 1 else { return nil }
        return Double(tensor.floats()[0])
      }
      let factor = number(adapter.scaling) ?? number(adapter.alpha).map { $0 / Double(rank) } ?? scale.value(rank: rank)
      guard let factor else {
        throw refusal(
          "has an adapter (LoRA) whose scale nothing tells; put its adapter_config.json (lora_alpha, r) beside the weights, or")
      }
      state[known] = Self.merged(
        base, up: tensors[up[0].name]!.floats(), down: tensors[down[0].name]!.floats(), rank: rank, factor: Float(factor))
    }
  }

  /// `base + factor · up · down`.
  private static func merged(_ base: StoredTensor, up: [Float], down: [Float], rank: Int, factor: Float) -> StoredTensor {
    var values = base.floats()
    let inputs = values.count / (up.count / rank)
    for (place, weight) in up.enumerated() {
      let (row, source) = (place / rank * inputs, place % rank * inputs)
      for column in 0..<inputs { values[row + column] += factor * weight * down[source + column] }
    }
    return StoredTensor(shape: base.shape, floats: values)
  }

  /// Which part of a name begins with `lora_`.
  private static func place(in parts: [Substring]) -> Int? { parts.firstIndex { $0.hasPrefix("lora_") } }
}

/// What is known about the scale of adapters beside their own tensors: from the `adapter_config.json` of peft, or the notes of
/// the program that trained them.
struct AdapterScale {
  /// The scale is this over the rank, or over its square root.
  private var alpha: Double?
  private var isRankStabilised = false
  private var fixed: Double?
  /// Whether the change is a product of two matrices and nothing else.
  private(set) var isPlain = true

  /// - Parameter folder: of the weights; nil when nothing in it is about them.
  init(folder: String?, _ metadata: [String: String]) throws(CheckpointError) {
    if let path = folder.map({ join($0, "adapter_config.json") }), exists(path) {
      guard let object = try JSONValue.read(path: path).object else { throw .unusable(path, "is not a JSON object") }
      let fields = ConfigurationObject(object: object, file: path)
      let hasPatterns = ["alpha_pattern", "rank_pattern"].contains { object[$0]?.object?.keys.isEmpty == false }
      let (isDecomposed, isTransposed) = (try fields.bool("use_dora", false), try fields.bool("fan_in_fan_out", false))
      isPlain = !hasPatterns && !isDecomposed && !isTransposed && object["peft_type"]?.text ?? "LORA" == "LORA"
      isRankStabilised = try fields.bool("use_rslora", false)
      alpha = object["lora_alpha"]?.number
    } else {
      let notes = StateDictionary(metadata: metadata)
      alpha = notes.setting("lora_alpha").flatMap(Double.init)
      fixed = (notes.setting("lora_scaling") ?? notes.setting("lora_scale")).flatMap(Double.init)
    }
  }

  func value(rank: Int) -> Double? {
    fixed ?? alpha.map { $0 / (isRankStabilised ? Double(rank).squareRoot() : Double(rank)) }
  }
}
