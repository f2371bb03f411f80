/// Picks the weights out of what a pickle built and ties them to their bytes.
struct TorchStateBuilder {
  let heap: PickleHeap
  let file: FileBytes

  /// - Parameter block: where the numbers of a storage lie in the file.
  func state(
    _ root: PickleValue, block: (TorchStorage) throws(CheckpointError) -> Range<Int>
  ) throws(CheckpointError) -> StateDictionary {
    guard let entries = dictionary(root) else { throw .unusable(file.path, "holds no dictionary of weights") }
    var weights = entries
    for name in ["model", "module", "model_state", "state_dict"] {
      if let inner = dictionary(entries.last { $0.key == name }?.value), inner.contains(where: { isTensor($0.value) }) {
        weights = inner
        break
      }
    }
    var state = StateDictionary(metadata: notes(entries))
    // Views that are not contiguous are copied; a file that asks for many times its own size is not honest.
    var copyBudget = 4 * file.count + 16 << 20
    for (name, value) in weights {
      guard case .tensor(let number) = value else { continue }
      let tensor = heap.tensors[number]
      let range = try block(tensor.storage)
      let unit = tensor.storage.type?.size ?? 1
      guard (tensor.storage.offset + tensor.storage.count) <= range.count / unit else {
        throw .unusable(file.path, "its block of numbers is shorter than it says; the file is damaged", tensor: name)
      }
      let start = range.lowerBound + tensor.storage.offset * unit
      if isContiguous(tensor) {
        state[name] = StoredTensor(
          type: tensor.type, shape: tensor.shape, file: file, offset: start + tensor.offset * tensor.type.size)
      } else {
        let (bytes, overflow) = tensor.shape.reduce(1, *).multipliedReportingOverflow(by: tensor.type.size)
        guard !overflow, bytes <= copyBudget else {
          throw .unusable(file.path, "repeats its numbers more often than the size of the file allows", tensor: name)
        }
        copyBudget -= bytes
        state[name] = gather(tensor, start: start, byteCount: bytes)
      }
    }
    guard !state.isEmpty else { throw .unusable(file.path, "holds no weights") }
    return state.withoutWrapper
  }

  /// The entries with names, for dictionaries and for objects with attributes; the last of equal names counts.
  private func dictionary(_ value: PickleValue?) -> [(key: String, value: PickleValue)]? {
    var value = value
    if case .object(let number)? = value { value = heap.objects[number] }
    guard case .dictionary(let number)? = value else { return nil }
    return heap.dictionaries[number].compactMap { key, value in
      if case .text(let name) = key { (name, value) } else { nil }
    }
  }

  private func isTensor(_ value: PickleValue) -> Bool { if case .tensor = value { true } else { false } }

  private func notes(_ entries: [(key: String, value: PickleValue)]) -> [String: String] {
    let longest = 200
    var notes: [String: String] = [:]
    for (name, value) in entries {
      if let text = value.plainText, text.count <= longest { notes[name] = text }
      guard name == "args" || name == "config" || name == "cfg" else { continue }
      for (inner, value) in dictionary(value) ?? [] {
        if let text = value.plainText, text.count <= longest { notes["\(name).\(inner)"] = text }
      }
    }
    return notes
  }

  private func isContiguous(_ tensor: TorchTensor) -> Bool {
    var expected = 1
    for (side, stride) in zip(tensor.shape, tensor.strides).reversed() where side != 1 {
      if side == 0 { return true }
      guard stride == expected else { return false }
      expected *= side
    }
    return true
  }

  private func gather(_ tensor: TorchTensor, start: Int, byteCount: Int) -> StoredTensor {
    let size = tensor.type.size
    var bytes = [UInt8]()
    bytes.reserveCapacity(byteCount)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var place = tensor.offset
    while bytes.count < byteCount {
      for byte in 0..<size { bytes.append(file[start + place * size + byte]) }
      var dimension = tensor.shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        place += tensor.strides[dimension]
        if index[dimension] < tensor.shape[dimension] { break }
        place -= tensor.strides[dimension] * index[dimension]
        index[dimension] = 0
        dimension -= 1
      }
    }
    return StoredTensor(type: tensor.type, shape: tensor.shape, bytes: bytes)
  }
}
