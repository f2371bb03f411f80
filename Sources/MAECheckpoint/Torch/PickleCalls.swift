/// What the few functions that weight files name stand for.
extension PickleHeap {
  mutating func global(_ module: String, _ name: String) throws(CheckpointError) -> PickleValue {
    guard let global = TorchGlobal(module: module, name: name) else {
      let shown = "\(module).\(name)".unicodeScalars.prefix(120).map { $0.properties.isWhitespace ? "_" : String($0) }.joined()
      throw CheckpointError(
        .refused, file: file.path,
        reason: "asks for the Python function or class \(shown), which no weights need; nothing was run, and the file was refused"
      )
    }
    if module == "torch", let type = TorchGlobal.dtypes[name] {
      return elementType(type)
    }
    return .global(global)
  }

  /// What `function(arguments)` stands for.
  mutating func call(_ function: PickleValue, _ arguments: [PickleValue]) throws(CheckpointError) -> PickleValue {
    guard case .global(let global) = function else {
      if case .object = function { return object() }
      throw damaged()
    }
    switch global {
    case .rebuildTensor: return try tensor(arguments, type: nil)
    case .rebuildTensorWithType:
      guard arguments.count >= 7, case .object(let number) = arguments[6], let type = dtypes[number] else {
        throw damaged("has a tensor of an element type that is not supported")
      }
      return try tensor(arguments, type: type)
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { throw damaged() }
      return arguments[0]
    case .rebuildFromType:
      guard arguments.count >= 3, case .global(let inner) = arguments[0], inner != .rebuildFromType else { throw damaged() }
      return try call(arguments[0], try elements(arguments[2]))
    case .orderedDictionary:
      guard let first = arguments.first else { return dictionary([]) }
      if case .dictionary(let number) = first {
        try pay(dictionaries[number].count)
        return dictionary(dictionaries[number])
      }
      let items = try elements(first)
      try pay(items.count)
      var pairs = [(key: PickleValue, value: PickleValue)]()
      for item in items {
        let pair = try elements(item)
        guard pair.count == 2 else { throw damaged() }
        pairs.append((pair[0], pair[1]))
      }
      return dictionary(pairs)
    case .sequence:
      guard let first = arguments.first else { return sequence([]) }
      let values = try elements(first)
      try pay(values.count)
      return sequence(values)
    case .encode:
      guard case .text(let text)? = arguments.first else { throw damaged() }
      try pay(text.utf8.count)
      return .bytes(Array(text.utf8))
    case .ignored: return object()
    case .storage, .untypedStorage: throw damaged("calls a storage type, which weight files do not do")
    }
  }

  /// `('storage', type, key, device, count[, view])`
  mutating func storage(_ reference: PickleValue) throws(CheckpointError) -> PickleValue {
    let parts = try elements(reference)
    guard parts.count >= 5, case .text("storage") = parts[0], case .global(let kind) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw damaged("refers to something that is not a tensor's storage") }
    let type: ElementType?
    switch kind {
    case .storage(let element): type = element
    case .untypedStorage: type = nil
    default: throw damaged("has a tensor of an element type that is not supported")
    }
    var storage = TorchStorage(type: type, key: key, count: count)
    if parts.count > 5, case .sequence(let number) = parts[5] {
      let view = sequences[number]
      guard view.count == 3, case .integer(let offset) = view[1], case .integer(let length) = view[2], offset >= 0, length >= 0,
        offset <= count, length <= count - offset
      else { throw damaged() }
      storage.offset = offset
      storage.count = length
    }
    storages.append(storage)
    return .storage(storages.count - 1)
  }

  /// `(storage, offset, size, stride, …)`
  private mutating func tensor(_ arguments: [PickleValue], type: ElementType?) throws(CheckpointError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let number) = arguments[0], case .integer(let offset) = arguments[1], offset >= 0
    else { throw damaged() }
    let shape = try integers(arguments[2])
    let strides = try integers(arguments[3])
    let storage = storages[number]
    guard let type = type ?? storage.type, storage.type.map({ $0.size == type.size }) ?? true, shape.count == strides.count,
      shape.count <= 64, let count = elementCount(shape), strides.allSatisfy({ $0 >= 0 })
    else { throw damaged("has a tensor with an impossible shape") }
    let places = storage.type == nil ? storage.count / type.size : storage.count
    // The place of the last value; an empty tensor has none.
    var last = count == 0 ? offset - 1 : offset
    var fits = last < places
    for (side, stride) in zip(shape, strides) where fits && count > 0 {
      let (reach, overflow) = (side - 1).multipliedReportingOverflow(by: stride)
      fits = !overflow && reach < places - last
      if fits { last += reach }
    }
    guard fits else { throw damaged("has a tensor that reaches beyond its storage") }
    tensors.append(TorchTensor(storage: storage, type: type, offset: offset, shape: shape, strides: strides))
    return .tensor(tensors.count - 1)
  }

  private func integers(_ value: PickleValue) throws(CheckpointError) -> [Int] {
    var integers = [Int]()
    for element in try elements(value) {
      guard case .integer(let integer) = element else { throw damaged() }
      integers.append(integer)
    }
    return integers
  }
}
