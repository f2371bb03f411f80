import MAEModels

/// The tensors of a file under our names, and what was not used.
struct TranslatedWeights: Sendable {
  var weights: StateDictionary
  /// The shape of the patch embedding in the file, which tells channels, tubelet and patch.
  var kernel: [Int] = []
  /// Of a classifier on the encoder, under our names; they have no place in a model that is pretrained.
  var classifier = StateDictionary()
  /// Names without a place in a model, with what they are.
  var ignored: [(name: String, part: String)] = []
}

extension TranslatedWeights {
  /// Makes what a classifier consists of a part of the model.
  mutating func takeClassifier(of dialect: Dialect) {
    for (name, tensor) in classifier { weights[name] = tensor }
    ignored.removeAll { dialect.match(publicName: $0.name).map { Dialect.isOfClassifier($0.rule.internalName) } ?? false }
  }
}

extension Dialect {
  /// Renames, reshapes and joins the tensors of a file.
  ///
  /// - Parameter state: under names of this dialect.
  /// - Throws: when a part of a tensor is missing, or two names for the same thing disagree.
  func translate(_ state: StateDictionary, file: String) throws(CheckpointError) -> TranslatedWeights {
    var result = TranslatedWeights(weights: StateDictionary(metadata: state.metadata))
    var parts: [String: [Int: (name: String, tensor: StoredTensor)]] = [:]
    var found: [(name: String, rule: NameRule, block: String?)] = []
    for (name, tensor) in state {
      guard let (rule, piece, block) = match(publicName: name) else {
        result.ignored.append((name, ignoredPart(name) ?? "unknown"))
        continue
      }
      let internalName = Self.fill(rule.internalName, block)
      if Self.isOfClassifier(internalName), let part = ignoredPart(name) { result.ignored.append((name, part)) }
      if parts[internalName] == nil { found.append((internalName, rule, block)) }
      if let other = parts[internalName]?[piece], !agree(other.tensor, tensor) {
        throw .unusable(
          file, "differs from \(other.name), which means the same; keep the one that the model was trained with", tensor: name)
      }
      parts[internalName, default: [:]][piece] = (name, tensor)
    }
    for (name, rule, block) in found {
      let tensor = try join(rule, parts[name]!, block, file: file)
      if name == "encoder.patch_embed.proj.weight" { result.kernel = tensor.shape }
      if Self.isOfClassifier(name) {
        result.classifier[name] = tensor
      } else {
        result.weights[name] = try ours(tensor, rule, file: file)
      }
    }
    return result
  }

  private func agree(_ left: StoredTensor, _ right: StoredTensor) -> Bool {
    left.isIdentical(to: right) || left.shape == right.shape && left.floats() == right.floats()
  }

  private func join(
    _ rule: NameRule, _ parts: [Int: (name: String, tensor: StoredTensor)], _ block: String?, file: String
  ) throws(CheckpointError) -> StoredTensor {
    let (firstName, first) = parts.min { $0.key < $1.key }!.value
    guard rule.pieces.count > 1 else { return first }
    var tensors = [StoredTensor?]()
    for (index, piece) in rule.pieces.enumerated() {
      if let (name, tensor) = parts[index] {
        guard tensor.shape == first.shape, !tensor.shape.isEmpty else {
          throw .unusable(file, "has the shape \(tensor.shape), but \(firstName) has \(first.shape)", tensor: name)
        }
        tensors.append(tensor)
      } else if case .named(let names) = piece {
        throw .unusable(file, "is missing, although \(firstName) is there", tensor: Self.fill(names[0], block))
      } else {
        tensors.append(nil)
      }
    }
    return StoredTensor(joiningRows: tensors, like: first)
  }

  private func ours(_ tensor: StoredTensor, _ rule: NameRule, file: String) throws(CheckpointError) -> StoredTensor {
    switch rule.shape {
    case .same: return tensor
    case .imageKernel, .clipKernel, .pointwise:
      guard tensor.shape.count >= 2, let rows = tensor.shape.first, rows > 0, !tensor.shape.contains(0) else {
        throw .unusable(file, "has the shape \(tensor.shape), which is not that of a convolution", tensor: rule.internalName)
      }
      return tensor.reshaped([rows, tensor.count / rows])
    }
  }
}

extension StoredTensor {
  /// Tensors of equal shape one below the other; nil stands for zeros. Of mixed element types the result has 32-bit floats.
  init(joiningRows tensors: [StoredTensor?], like first: StoredTensor) {
    let shape = [first.shape[0] * tensors.count] + first.shape[1...]
    guard tensors.allSatisfy({ $0 == nil || $0!.type == first.type }) else {
      self.init(shape: shape, floats: tensors.flatMap { $0?.floats() ?? [Float](repeating: 0, count: first.count) })
      return
    }
    var bytes = [UInt8]()
    bytes.reserveCapacity(first.byteCount * tensors.count)
    for tensor in tensors {
      if let tensor {
        bytes.append(contentsOf: tensor.bytes)
      } else {
        bytes.append(contentsOf: repeatElement(0, count: first.byteCount))
      }
    }
    self.init(type: first.type, shape: shape, bytes: bytes)
  }
}
