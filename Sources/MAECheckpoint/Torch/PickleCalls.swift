/// What the functions and classes that weight files name stand for.
extension PickleHeap {
  /// Names that are not known stand for values without meaning; the few that only an attack needs end the reading.
  func global(_ module: String, _ name: String) throws(CheckpointError) -> PickleValue {
    guard !TorchGlobal.isHostile(module: module, name: name) else {
      let shown = "\(module).\(name)".unicodeScalars.prefix(120).map { $0.properties.isWhitespace ? "_" : String($0) }.joined()
      throw CheckpointError(
        .refused, file: file.path,
        reason: "asks to run the Python function \(shown), which no weights need; nothing was run. Do not open it with Python "
          + "either; where you trust its author, ask for the weights as safetensors")
    }
    return .global(TorchGlobal(module: module, name: name))
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
      guard arguments.count >= 7 else { throw damaged() }
      guard case .global(.elementType(let type)) = arguments[6] else { return .oddTensor("of an element type without support") }
      return try tensor(arguments, type: type)
    case .rebuildParameter:
      guard let first = arguments.first else { throw damaged() }
      return first.isTensor ? first : object()
    case .rebuildFromType:
      // Subclasses of tensors; those without a storage of their own come out as odd.
      guard arguments.count >= 3, case .global(let inner) = arguments[0], inner != .rebuildFromType,
        case .sequence(let number) = arguments[2]
      else { return object() }
      return try call(arguments[0], sequences[number])
    case .oddTensor(let kind): return .oddTensor(kind)
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .sequence:
      guard let first = arguments.first else { return sequence([]) }
      guard case .sequence(let number) = first else { return object() }
      try countCopies(sequences[number].count)
      return sequence(sequences[number])
    case .encode:
      guard case .text(let text)? = arguments.first else { return object() }
      try countCopies(text.utf8.count)
      return .bytes(Array(text.utf8))
    case .storage, .untypedStorage, .elementType, .unknown: return object()
    }
  }

  /// `OrderedDict()`, `OrderedDict(dictionary)` or `OrderedDict([[key, value], …])`.
  private mutating func orderedDictionary(_ arguments: [PickleValue]) throws(CheckpointError) -> PickleValue {
    switch arguments.first {
    case nil: return dictionary([])
    case .dictionary(let number)?:
      try countCopies(dictionaries[number].count)
      return dictionary(dictionaries[number])
    case .sequence(let number)?:
      let items = sequences[number]
      try countCopies(items.count)
      var pairs = [(key: PickleValue, value: PickleValue)]()
      for item in items {
        guard case .sequence(let pair) = item, sequences[pair].count == 2 else { return object() }
        pairs.append((sequences[pair][0], sequences[pair][1]))
      }
      return dictionary(pairs)
    default: return object()
    }
  }

  /// `('storage', type, key, device, count[, view])`, or of older whole modules `('module', class, file, source)`.
  mutating func persistent(_ reference: PickleValue) throws(CheckpointError) -> PickleValue {
    let parts = try elements(reference)
    if parts.count >= 2, case .text("module") = parts[0] { return parts[1] }
    guard parts.count >= 5, case .text("storage") = parts[0], case .global(let kind) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw damaged("refers to something that is not a tensor's storage") }
    var storage: TorchStorage
    switch kind {
    case .storage(let type, let size, let oddity):
      storage = TorchStorage(type: type, unit: size, oddity: type == nil ? oddity : nil, key: key, count: count)
    case .untypedStorage: storage = TorchStorage(type: nil, unit: 1, key: key, count: count)
    default: storage = TorchStorage(type: nil, unit: 1, oddity: "of an element type without support", key: key, count: count)
    }
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
    let storage = storages[number]
    if let oddity = storage.oddity { return .oddTensor(oddity) }
    let shape = try integers(arguments[2])
    let strides = try integers(arguments[3])
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
