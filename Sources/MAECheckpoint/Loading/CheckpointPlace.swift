import MAEFoundation

/// Where the weights lie that a path stands for, once their bytes have been compared with their ``Checksums``.
struct CheckpointPlace {
  /// The path itself; for a run folder its newest checkpoint that is whole.
  let path: String
  /// What people should know, one sentence each: what is damaged, and what cannot be told.
  let remarks: [String]

  /// - Throws: ``CheckpointError`` when what the path names is damaged; of a run, when all its checkpoints are.
  init(_ path: String) throws(CheckpointError) {
    for folder in [join(path, "checkpoints"), path] where Folder.exists(folder) {
      let found = CheckpointStore(folder: folder).search(Checksums.modelFiles)
      if let entry = found.entry {
        self.path = entry.path
        remarks =
          found.damaged.map { "\($0.error); step \(entry.step) is taken instead" } + Self.doubts(about: entry.path)
        return
      }
      if let newest = found.damaged.first {
        throw .unusable(
          newest.entry.path, "is the newest checkpoint, but neither it nor an older one is whole (\(newest.error))")
      }
    }
    let isFolder = Folder.exists(path)
    let folder = isFolder ? path : Folder.parent(of: path)
    let name = isFolder ? nil : path.split(separator: "/").last.map(String.init)
    do throws(CheckpointError) {
      try Checksums(in: folder)?.verify(Checksums.modelFiles.union([name].compactMap(\.self)), in: folder)
    } catch {
      var error = error
      error.reason += "; take another checkpoint or copy it again, or remove \(Checksums.fileName) if it was changed on purpose"
      throw error
    }
    self.path = path
    remarks = Self.doubts(about: folder)
  }

  private static func doubts(about folder: String) -> [String] {
    // Foreign models have none, and nobody expects one.
    guard exists(join(folder, "state.json")), !exists(join(folder, Checksums.fileName)) else { return [] }
    return [
      "\(folder): has no \(Checksums.fileName), as earlier versions wrote it, so damage among its numbers would not be seen"
    ]
  }
}
