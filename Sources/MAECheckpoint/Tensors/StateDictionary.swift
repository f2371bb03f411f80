/// Named tensors in the order of their file, with the file's notes.
public struct StateDictionary: Sendable {
  public private(set) var names: [String] = []
  private var tensors: [String: StoredTensor] = [:]
  /// What the file says about itself: the `__metadata__` of safetensors; for PyTorch files the plain values beside the
  /// weights (`epoch`, `args.mask_ratio` …).
  public var metadata: [String: String] = [:]

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  public var count: Int { names.count }
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
  /// Without a prefix of all names that tells only what the model was wrapped in: distributed training, compilation, or a
  /// classifier.
  var withoutWrapper: StateDictionary {
    for prefix in ["module.", "_orig_mod.", "backbone."] where !isEmpty && names.allSatisfy({ $0.hasPrefix(prefix) }) {
      return renamed { String($0.dropFirst(prefix.count)) }.withoutWrapper
    }
    return self
  }
}

extension StateDictionary: Sequence {
  public func makeIterator() -> AnyIterator<(name: String, tensor: StoredTensor)> {
    var index = 0
    return AnyIterator {
      guard index < names.count else { return nil }
      defer { index += 1 }
      return (names[index], tensors[names[index]]!)
    }
  }
}
