import MAEModels

/// A model's weights among the tensors of a file: whose names they are, and behind which keys and wrappers.
///
/// Nothing is assumed about keys and prefixes. Every name is read in every dialect at every part (see ``KnownNames``), names with
/// the same dialect and prefix make a candidate, and the candidate that explains most names is taken.
struct FoundWeights {
  let dialect: Dialect
  /// Keys and wrappers before the names; empty or ending in a dot.
  let prefix: String
  /// Names of the dialect, and the tensors that they are.
  let names: [(known: String, entry: TensorEntry)]
  let adapters: LowRankAdapters
  /// All tensors of the dictionaries that hold the model.
  let entries: [TensorEntry]
  /// Names that nothing explains, without the prefix.
  let unknownNames: [String]
  /// Prefixes of other copies of a model in the file.
  let others: [String]

  /// - Parameters:
  ///   - path: of the file, for errors.
  ///   - method: preferred where names leave it open, from a configuration beside the file.
  ///   - key: that the weights have to stand under; nil takes those that fit best.
  /// - Throws: when no dialect knows the patch embedding and the first block of a model, or none stands under `key`.
  init(_ file: WeightFile, path: String, method: Method? = nil, key: String? = nil) throws(CheckpointError) {
    let groups = NameGroup.all(of: file.entries.filter { !LowRankAdapters.isPart($0.name) })
    let models = groups.filter(\.hasEncoder).sorted { $0.isBetter(than: $1, method) }
    let allowed = models.filter { model in key.map { model.prefix.hasPrefix("\($0).") } ?? true }
    guard let best = allowed.first else {
      guard let key, !models.isEmpty else { throw Self.noModel(in: file, path) }
      let places = Set(models.map(\.title)).sorted().joined(separator: ", ")
      throw CheckpointError(
        .usage, file: path, reason: "holds no weights of a model under \(key) (--weights-key); there are some under \(places)")
    }
    dialect = best.dialect
    prefix = best.prefix
    // A decoder can stand under a key of its own.
    let decoder = best.hasDecoder ? nil : groups.first { $0.number == best.number && $0.hasDecoder && !$0.hasEncoder }
    var names: [(known: String, entry: TensorEntry)] = []
    for (known, readings) in best.names + (decoder?.names ?? []).filter({ best.isDecoder($0.known) }) {
      let exact = readings.filter(\.isExact)
      let entries = (exact.isEmpty ? readings : exact).map(\.entry)
      guard entries.count == 1 || best.dialect.ignoredPart(known) != nil else {
        throw .unusable(
          path, "may be \(known), and \(entries[1].name) too; save the weights without one of them", tensor: entries[0].name)
      }
      names.append((known, entries[0]))
    }
    self.names = names
    adapters = LowRankAdapters(file.entries, dialect: best.number, prefix: best.prefix)
    let used = Set(names.map(\.entry.name)).union(adapters.entryNames)
    let containers = Set(names.map(\.entry.container))
    entries = file.entries.filter { containers.contains($0.container) }
    unknownNames = entries.filter { !used.contains($0.name) }.map { [prefix] in String($0.name.trimmingPrefix(prefix)) }
    var anchors: Set = [best.anchor]
    others = models.filter { anchors.insert($0.anchor).inserted }.map(\.title)
  }

  /// Weights under the names of our parameters, exactly.
  init(_ file: WeightFile, own dialect: Dialect) {
    self.dialect = dialect
    let known = dialect.publicNames
    names = file.entries.filter { known.contains($0.name) }.map { ($0.name, $0) }
    entries = file.entries
    unknownNames = file.entries.map(\.name).filter { !known.contains($0) }
    (prefix, adapters, others) = ("", LowRankAdapters([], dialect: 0, prefix: ""), [])
  }

  /// The weights under the dialect's names, adapters merged.
  func state(of file: WeightFile, path: String, scale: AdapterScale) throws(CheckpointError) -> StateDictionary {
    for (known, entry) in names {
      guard let oddity = entry.oddity, dialect.ignoredPart(known) == nil else { continue }
      throw .unusable(
        path, "is \(oddity), which is not supported; save it as plain numbers (dense, dequantised) in Python", tensor: entry.name)
    }
    let readable = names.filter { $0.entry.oddity == nil }
    let stored = try file.state(of: readable.map(\.entry.name))
    var state = StateDictionary(metadata: file.metadata)
    for (known, entry) in readable { state[known] = stored[entry.name] }
    try adapters.merge(into: &state, of: file, path: path, scale: scale)
    return state
  }

  /// What people should know about the choice, one sentence each.
  var remarks: [String] {
    var remarks: [String] = []
    if !others.isEmpty {
      let place = prefix.isEmpty ? "at the root" : "under \(prefix.dropLast())"
      remarks.append(
        "The file holds several models; the weights \(place) were taken, not those under \(others.joined(separator: ", ")) "
          + "(--weights-key takes others).")
    }
    if let remark = adapters.remark { remarks.append(remark) }
    if !unknownNames.isEmpty {
      let isInside = unknownNames.contains { $0.hasPrefix(dialect.blockPrefix) }
      remarks.append(
        "Not used: \(NamePattern.counts(of: unknownNames))."
          + (isInside ? " Another program computes something else with those inside the blocks." : ""))
    }
    return remarks
  }

  private static func noModel(in file: WeightFile, _ path: String) -> CheckpointError {
    let adapters = file.entries.contains { LowRankAdapters.isPart($0.name) }
    guard !adapters else {
      return .unusable(
        path, "holds adapters (LoRA) without the weights that they change; in Python, merge_and_unload() gives whole weights")
    }
    let names = NamePattern.counts(of: file.entries.map(\.name))
    return .unusable(
      path, "its \(file.entries.count) tensors (\(names.isEmpty ? "none" : names)) are not those of a model that is known here")
  }
}

/// Tensors whose names have one dialect and one prefix.
private struct NameGroup {
  struct Place {
    var entry: TensorEntry
    var isExact: Bool
  }

  /// Place of the dialect in ``Dialect/all``.
  let number: Int
  let prefix: String
  /// Among the groups of the file.
  let place: Int
  private(set) var names: [(known: String, readings: [Place])] = []
  private var places: [String: Int] = [:]

  static func all(of entries: [TensorEntry]) -> [NameGroup] {
    struct Key: Hashable {
      var dialect: Int
      var prefix: String
    }
    var groups: [NameGroup] = []
    var numbers: [Key: Int] = [:]
    for entry in entries {
      for reading in KnownNames.all.readings(of: entry.name) {
        let key = Key(dialect: reading.dialect, prefix: reading.prefix)
        let group = numbers[key] ?? groups.count
        if group == groups.count {
          numbers[key] = group
          groups.append(NameGroup(number: reading.dialect, prefix: reading.prefix, place: group))
        }
        groups[group].add(reading.known, Place(entry: entry, isExact: reading.isExact))
      }
    }
    return groups
  }

  private init(number: Int, prefix: String, place: Int) {
    (self.number, self.prefix, self.place) = (number, prefix, place)
  }

  var dialect: Dialect { Dialect.all[number] }
  /// For people.
  var title: String { prefix.isEmpty ? "the root" : String(prefix.dropLast()) }
  /// The patch embedding in the file; copies of a model differ in it.
  var anchor: String { entry(of: "encoder.patch_embed.proj.weight")?.name ?? "" }

  private mutating func add(_ known: String, _ place: Place) {
    if let index = places[known] {
      names[index].readings.append(place)
    } else {
      places[known] = names.count
      names.append((known, [place]))
    }
  }

  /// Whether it explains more names; of equal groups that of the dialect listed earlier, then the first in the file.
  func isBetter(than other: NameGroup, _ method: Method?) -> Bool {
    func score(_ group: NameGroup) -> Int { 2 * group.names.count + (group.dialect.method == method ? 1 : 0) }
    return (score(self), -number, -place) > (score(other), -other.number, -other.place)
  }

  /// Whether patch embedding and first block are there; image and clip models differ in the shape of their patches.
  var hasEncoder: Bool {
    guard let kernel = entry(of: "encoder.patch_embed.proj.weight"), entry(of: "encoder.blocks.0.attn.qkv.weight") != nil,
      entry(of: "encoder.blocks.0.attn.proj.weight") != nil
    else { return false }
    return switch dialect.match(internalName: "encoder.patch_embed.proj.weight")?.rule.shape {
    case .imageKernel: kernel.shape.count == 4
    case .clipKernel: kernel.shape.count == 5
    default: true
    }
  }

  var hasDecoder: Bool { entry(of: "decoder.pred.weight") != nil }

  func isDecoder(_ known: String) -> Bool {
    dialect.match(publicName: known)?.rule.internalName.hasPrefix("decoder.") ?? false
  }

  private func entry(of internalName: String) -> TensorEntry? {
    guard let (rule, block) = dialect.match(internalName: internalName), case .named(let candidates)? = rule.pieces.first else {
      return nil
    }
    return candidates.lazy.compactMap { places[Dialect.fill($0, block)] }.first.map { names[$0].readings[0].entry }
  }
}
