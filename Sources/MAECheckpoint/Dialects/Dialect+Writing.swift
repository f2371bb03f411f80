import MAEModels

extension Dialect {
  /// Our weights under this dialect's names, in its shapes; split tensors share their memory.
  ///
  /// - Throws: when the dialect has no place for a parameter.
  package func names(for weights: StateDictionary, _ input: InputConfiguration, file: String) throws(CheckpointError)
    -> StateDictionary
  {
    var state = StateDictionary(metadata: weights.metadata)
    for (name, tensor) in weights {
      guard let (rule, block) = match(internalName: name) else {
        throw .unusable(file, "has no place in the form \(title)", tensor: name)
      }
      let rows = (tensor.shape.first ?? 0) / rule.pieces.count
      for (index, piece) in rule.pieces.enumerated() {
        guard case .named(let names) = piece else { continue }
        let part = rule.pieces.count == 1 ? tensor : tensor.rows(index * rows..<(index + 1) * rows)
        for name in names { state[Self.fill(name, block)] = part.reshaped(Self.shape(rule.shape, part, input)) }
      }
    }
    return state
  }

  private static func shape(_ shape: NameRule.PublicShape, _ tensor: StoredTensor, _ input: InputConfiguration) -> [Int] {
    switch shape {
    case .same: tensor.shape
    case .imageKernel: [tensor.shape[0], input.channels.count, input.patch, input.patch]
    case .clipKernel: [tensor.shape[0], input.channels.count, input.tubelet, input.patch, input.patch]
    case .pointwise: tensor.shape + [1, 1]
    }
  }
}
