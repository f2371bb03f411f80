/// The tensors in what a pickle built, wherever they stand, tied to their bytes when they are asked for.
///
/// Names are the keys that lead to a tensor, joined by dots: in `{"model": {"norm.weight": …}}` it is `model.norm.weight`. A
/// module that was saved whole has the names of its `state_dict`.
struct TorchTensors: TensorSource {
  let entries: [TensorEntry]
  let metadata: [String: String]
  private let file: FileBytes
  private let tensors: [String: TorchTensor]
  private let block: @Sendable (TorchStorage) throws(CheckpointError) -> Range<Int>

  /// - Parameter block: where the numbers of a storage lie in the file.
  init(
    _ root: PickleValue, _ heap: PickleHeap, file: FileBytes,
    block: @escaping @Sendable (TorchStorage) throws(CheckpointError) -> Range<Int>
  ) {
    let walk = PickleWalk(root, heap)
    entries = walk.entries
    tensors = walk.tensors
    metadata = walk.notes(root)
    self.file = file
    self.block = block
  }

  func endReading() { file.endReading() }

  func state(of names: [String]) throws(CheckpointError) -> StateDictionary {
    var state = StateDictionary(metadata: metadata)
    var blocks: [String: Range<Int>] = [:]
    // Views that are not contiguous are copied; a file that asks for many times its own size is not honest.
    var copyBudget = 4 * file.count + 16 << 20
    for name in names {
      let tensor = tensors[name]!
      let range: Range<Int>
      if let known = blocks[tensor.storage.key] { range = known } else { range = try block(tensor.storage) }
      blocks[tensor.storage.key] = range
      let unit = tensor.storage.unit
      guard tensor.storage.offset + tensor.storage.count <= range.count / unit else {
        throw .unusable(file.path, "its block of numbers is shorter than it says; the file is damaged", tensor: name)
      }
      let start = range.lowerBound + tensor.storage.offset * unit + tensor.offset * tensor.type.size
      if tensor.isContiguous {
        state[name] = StoredTensor(type: tensor.type, shape: tensor.shape, file: file, offset: start)
      } else {
        let (bytes, overflow) = tensor.shape.reduce(1, *).multipliedReportingOverflow(by: tensor.type.size)
        guard !overflow, bytes <= copyBudget else {
          throw .unusable(file.path, "repeats its numbers more often than the size of the file allows", tensor: name)
        }
        copyBudget -= bytes
        state[name] = gather(tensor, start: start, byteCount: bytes)
      }
    }
    return state
  }

  /// The values of a view in their order.
  private func gather(_ tensor: TorchTensor, start: Int, byteCount: Int) -> StoredTensor {
    let size = tensor.type.size
    var bytes = [UInt8]()
    bytes.reserveCapacity(byteCount)
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var place = start
    while bytes.count < byteCount {
      for byte in 0..<size { bytes.append(file[place + byte]) }
      var dimension = tensor.shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        place += tensor.strides[dimension] * size
        if index[dimension] < tensor.shape[dimension] { break }
        place -= tensor.strides[dimension] * index[dimension] * size
        index[dimension] = 0
        dimension -= 1
      }
    }
    return StoredTensor(type: tensor.type, shape: tensor.shape, bytes: bytes)
  }
}

extension TorchTensor {
  fileprivate var isContiguous: Bool {
    var expected = 1
    for (side, stride) in zip(shape, strides).reversed() where side != 1 {
      if side == 0 { return true }
      guard stride == expected else { return false }
      expected *= side
    }
    return true
  }
}
