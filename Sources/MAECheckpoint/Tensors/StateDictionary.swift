/// Named tensors in the order of their file, with the file's notes.
public struct StateDictionary: Sendable {
  /// In the order of the file.
  public private(set) var names: [String] = []
  private var tensors: [String: StoredTensor] = [:]
  /// What the file says beside them; see ``WeightFile/metadata``.
  public var metadata: [String: String] = [:]

  /// No tensors yet.
  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Tensors.
  public var count: Int { names.count }
  /// Whether there is no tensor.
  public var isEmpty: Bool { names.isEmpty }

  /// A new name goes to the end; setting nil removes.
  public subscript(name: String) -> StoredTensor? {
    get { tensors[name] }
    set {
      if let newValue {
        if tensors.updateValue(newValue, forKey: name) == nil { names.append(name) }
      } else if tensors.removeValue(forKey: name) != nil {
        names.removeAll { $0 == name }
      }
    }
  }

  /// Values of all tensors together.
  public var valueCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The same tensors under other names, in the same order; a nil drops the tensor.
  public func renamed(_ name: (String) -> String?) -> StateDictionary {
    var result = StateDictionary(metadata: metadata)
    for old in names { if let new = name(old) { result[new] = tensors[old] } }
    return result
  }
}

extension StateDictionary {
  /// Entries of training checkpoints that hold settings.
  static let settings = ["args", "config", "cfg", "opt", "hparams", "hyper_parameters"]

  /// A setting of the program that trained the weights, as the file notes it: `mask_ratio`.
  func setting(_ name: String) -> String? { Self.settings.lazy.compactMap { metadata["\($0).\(name)"] }.first }
}

extension StateDictionary: Sequence {
  /// In the order of the file.
  public func makeIterator() -> AnyIterator<(name: String, tensor: StoredTensor)> {
    var index = 0
    return AnyIterator {
      guard index < names.count else { return nil }
      defer { index += 1 }
      return (names[index], tensors[names[index]]!)
    }
  }
}
