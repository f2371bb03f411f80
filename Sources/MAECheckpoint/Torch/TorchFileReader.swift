/// Reads weights that PyTorch's `torch.save` wrote: the zip form (since 1.6) and the older one.
///
/// No Python is run. The state dictionary is the entry `model`, `module`, `model_state` or `state_dict`, else the root; a
/// prefix of every name that a wrapper added (`module.` of distributed training) is removed. Optimizer and argument objects are skipped; plain
/// values beside the weights go into the metadata (`epoch`, `args.mask_ratio`).
public enum TorchFileReader {
  /// - Throws: ``CheckpointError`` of kind `refused` when the file names a function that weights do not need.
  public static func read(path: String) throws(CheckpointError) -> StateDictionary {
    try read(FileBytes(path: path))
  }

  static func read(_ file: FileBytes) throws(CheckpointError) -> StateDictionary {
    if isZip(file) { return try readArchive(file) }
    if isLegacy(file) { return try readLegacy(file) }
    if file.count > 262, file.array(257..<262) == Array("ustar".utf8) {
      throw .unusable(
        file.path, "is a PyTorch file from before version 0.2, which is not supported; save it again with a newer one")
    }
    throw .unusable(file.path, "is not a PyTorch file")
  }

  static func isZip(_ file: FileBytes) -> Bool {
    file.count >= 4 && file.littleEndianInteger(at: 0, as: UInt32.self) == 0x0403_4b50
  }

  /// The older form starts with a pickled magic number of ten bytes.
  static func isLegacy(_ file: FileBytes) -> Bool { file.count >= 15 && file.array(0..<15) == legacyMagic }

  private static let legacyMagic: [UInt8] = [
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
  ]

  private static func readArchive(_ file: FileBytes) throws(CheckpointError) -> StateDictionary {
    let archive = try ZipArchive(file)
    let pickles = archive.members.keys.filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }
    guard pickles.count == 1, let name = pickles.first else {
      throw .unusable(file.path, "is a zip archive, but not one that PyTorch wrote (it has no data.pkl)")
    }
    let prefix = String(name.dropLast("data.pkl".count))
    if archive.members[prefix + "constants.pkl"] != nil {
      throw .unusable(file.path, "is a TorchScript program, not weights; save the model's state_dict instead")
    }
    if let order = archive.members[prefix + "byteorder"], file.array(try archive.verified(order)) != Array("little".utf8) {
      throw .unusable(file.path, "was written on a machine with another byte order, which is not supported")
    }
    var machine = try PickleMachine(file, try archive.verified(archive.members[name]!))
    let root = try machine.run()
    var verified: [String: Range<Int>] = [:]
    return try TorchStateBuilder(heap: machine.heap, file: file).state(root) { (storage) throws(CheckpointError) in
      let name = prefix + "data/" + storage.key
      if let range = verified[name] { return range }
      guard let member = archive.members[name] else {
        throw .unusable(file.path, "its block of numbers \(name) is missing; the file is damaged")
      }
      let range = try archive.verified(member)
      verified[name] = range
      return range
    }
  }

  /// Magic number, version, a description of the machine, the object, the names of the storages; then each storage as a count
  /// of eight bytes and its numbers.
  private static func readLegacy(_ file: FileBytes) throws(CheckpointError) -> StateDictionary {
    var machine = try PickleMachine(file, legacyMagic.count..<file.count)
    guard case .integer(1001) = try machine.run() else {
      throw .unusable(file.path, "is a PyTorch file of an unknown version")
    }
    let machineInfo = try machine.run()
    if case .dictionary(let number) = machineInfo {
      for (key, value) in machine.heap.dictionaries[number] {
        if case .text("little_endian") = key, case .bool(false) = value {
          throw .unusable(file.path, "was written on a machine with another byte order, which is not supported")
        }
      }
    }
    let root = try machine.run()
    guard case .sequence(let keys) = try machine.run() else {
      throw .unusable(file.path, "has no list of its blocks of numbers; the file is damaged")
    }
    // The size of a block's values is known only to the tensors that look at it.
    var sizes: [String: Int] = [:]
    for storage in machine.heap.storages { sizes[storage.key] = storage.type?.size ?? 1 }
    var reader = ByteReader(file, machine.position..<file.count)
    var blocks: [String: Range<Int>] = [:]
    for key in machine.heap.sequences[keys] {
      guard case .text(let key) = key, let size = sizes[key] else {
        throw .unusable(file.path, "lists a block of numbers that no tensor uses; the file is damaged")
      }
      let count = try reader.integer(UInt64.self)
      let (bytes, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
      guard !overflow, bytes <= UInt64(reader.remaining) else {
        throw .unusable(file.path, "ends inside its numbers; the file is cut off, copy or download it again")
      }
      blocks[key] = reader.position..<reader.position + Int(bytes)
      try reader.skip(bytes)
    }
    let found = blocks
    return try TorchStateBuilder(heap: machine.heap, file: file).state(root) { (storage) throws(CheckpointError) in
      guard let range = found[storage.key] else {
        throw .unusable(file.path, "its block of numbers \(storage.key) is missing; the file is damaged")
      }
      return range
    }
  }
}
