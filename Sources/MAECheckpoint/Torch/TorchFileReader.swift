/// Reads what PyTorch's `torch.save` wrote: the zip form (since 1.6) and the older one. No Python is run.
enum TorchFileReader {
  /// - Throws: ``CheckpointError`` of kind `refused` when the file names a function that only an attack needs.
  static func read(_ file: FileBytes) throws(CheckpointError) -> TorchTensors {
    if isZip(file) { return try readArchive(file) }
    if let start = legacyStart(file) { return try readLegacy(file, from: start) }
    if file.count > 262, file.array(257..<262) == Array("ustar".utf8) {
      throw .unusable(
        file.path, "is a PyTorch file from before version 0.2, which is not supported; \(conversion)")
    }
    throw .unusable(file.path, "is not a PyTorch file")
  }

  /// What to do about a file whose form is not supported.
  static let conversion =
    #"open it in Python with the PyTorch that wrote it and save its weights alone: torch.save(model.state_dict(), "weights.pth")"#

  static func isZip(_ file: FileBytes) -> Bool {
    file.count >= 4 && file.littleEndianInteger(at: 0, as: UInt32.self) == 0x0403_4b50
  }

  /// The older form starts with a pickled magic number of ten bytes; from protocol 4 on the length of the pickle stands before
  /// it.
  static func isLegacy(_ file: FileBytes) -> Bool { legacyStart(file) != nil }

  /// Where the pickle after the magic number starts.
  private static func legacyStart(_ file: FileBytes) -> Int? {
    let magic: [UInt8] = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    return [2, 11].first { file.count >= $0 + magic.count && file.array($0..<$0 + magic.count) == magic }.map { $0 + magic.count }
  }

  private static func readArchive(_ file: FileBytes) throws(CheckpointError) -> TorchTensors {
    let archive = try ZipArchive(file)
    let pickles = archive.members.keys.filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }
    guard pickles.count == 1, let name = pickles.first else {
      throw .unusable(file.path, "is a zip archive, but not one that PyTorch wrote (it has no data.pkl)")
    }
    let prefix = String(name.dropLast("data.pkl".count))
    if archive.members[prefix + "constants.pkl"] != nil {
      throw .unusable(
        file.path,
        "is a TorchScript program, not weights; save those in Python: "
          + #"torch.save(torch.jit.load("\(file.path)").state_dict(), "weights.pth")"#)
    }
    if let order = archive.members[prefix + "byteorder"], file.array(try archive.verified(order)) != Array("little".utf8) {
      throw .unusable(file.path, "was written on a machine with another byte order, which is not supported; \(conversion)")
    }
    var machine = try PickleMachine(file, try archive.verified(archive.members[name]!))
    let root = try machine.run()
    return TorchTensors(root, machine.heap, file: file) { (storage) throws(CheckpointError) in
      let name = prefix + "data/" + storage.key
      guard let member = archive.members[name] else {
        throw .unusable(file.path, "its block of numbers \(name) is missing; the file is damaged")
      }
      return try archive.verified(member)
    }
  }

  /// Magic number, version, a description of the machine, the object, the names of the storages; then each storage as a count
  /// of eight bytes and its numbers.
  private static func readLegacy(_ file: FileBytes, from start: Int) throws(CheckpointError) -> TorchTensors {
    try file.prepare(start..<file.count)
    var machine = try PickleMachine(file, start..<file.count)
    guard case .integer(1001) = try machine.run() else {
      throw .unusable(file.path, "is a PyTorch file of an unknown version")
    }
    let machineInfo = try machine.run()
    if case .dictionary(let number) = machineInfo {
      for (key, value) in machine.heap.dictionaries[number] {
        if case .text("little_endian") = key, case .bool(false) = value {
          throw .unusable(file.path, "was written on a machine with another byte order, which is not supported; \(conversion)")
        }
      }
    }
    let root = try machine.run()
    guard case .sequence(let keys) = try machine.run() else {
      throw .unusable(file.path, "has no list of its blocks of numbers; the file is damaged")
    }
    // The size of a block's values is known only to the tensors that look at it.
    var sizes: [String: Int] = [:]
    for storage in machine.heap.storages { sizes[storage.key] = storage.unit }
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
    return TorchTensors(root, machine.heap, file: file) { (storage) throws(CheckpointError) in
      guard let range = found[storage.key] else {
        throw .unusable(file.path, "its block of numbers \(storage.key) is missing; the file is damaged")
      }
      return range
    }
  }
}
