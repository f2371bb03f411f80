import MAEFoundation

/// Whether the files of checkpoints are as they were written: the result of `mae inspect --verify`.
public struct Verification: Codable, Hashable, Sendable {
  /// A checkpoint whose files were read and compared.
  public struct Checkpoint: Codable, Hashable, Sendable {
    /// Its folder.
    public var path: String
    /// How many files are listed in its ``Checksums``; nil without them.
    public var files: Int?
    /// Bytes of these together.
    public var bytes: Int?
    /// What is wrong with it, a sentence; nil when all files are as they were written.
    public var damage: String?
  }

  /// Those of a run folder, oldest first, or the one that was named.
  public var checkpoints: [Checkpoint]

  /// Whether every checkpoint has checksums and agrees with them.
  public var isProven: Bool { checkpoints.allSatisfy { $0.damage == nil && $0.files != nil } }

  /// Reads every file of every checkpoint.
  ///
  /// - Parameter path: a run folder, a checkpoint folder or a file in one.
  /// - Throws: ``CheckpointError`` when there is nothing.
  public init(path: String) throws(CheckpointError) {
    guard exists(path) else { throw CheckpointError(.missing, file: path, reason: "there is no such file or folder") }
    let entries = [join(path, "checkpoints"), path].lazy.map { CheckpointStore(folder: $0).entries() }.first { !$0.isEmpty }
    let folder = Folder.exists(path) ? path : Folder.parent(of: path)
    let signs = Checksums.modelFiles.union([Checksums.fileName])
    guard entries != nil || signs.contains(where: { exists(join(folder, $0)) }) else {
      throw .unusable(
        path,
        """
        is no checkpoint and no folder of a run, so that there are no checksums to compare with; mae inspect without --verify \
        looks at weight files, mae check at videos and pictures
        """)
    }
    checkpoints = (entries?.map(\.path) ?? [folder]).map { path in
      // Damaged ones do not tell how many files they have.
      let checksums = try? Checksums(in: path)
      return Checkpoint(
        path: path, files: checksums?.fileCount, bytes: checksums?.byteCount,
        damage: CheckpointStore.damage(of: path)?.description)
    }
  }

  /// One line for each checkpoint.
  public var text: String {
    checkpoints.map { checkpoint in
      if let damage = checkpoint.damage { return "\(checkpoint.path): damaged: \(damage)\n" }
      guard let files = checkpoint.files, let bytes = checkpoint.bytes else {
        return "\(checkpoint.path): no \(Checksums.fileName), so nothing can be said\n"
      }
      return "\(checkpoint.path): \(counted(files, "file")), \(counted(bytes, "byte")), as they were written\n"
    }.joined()
  }
}
