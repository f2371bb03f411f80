/// Small files that are there as a whole or not at all, and survive a loss of power once written.
public enum DurableFile {
  /// Replaces the file at `path` in one step.
  ///
  /// - Throws: ``CheckpointError`` when it cannot be written; the old file is then untouched.
  public static func write(_ text: String, to path: String) throws(CheckpointError) {
    let file = try AtomicFile(path: path)
    try file.write(Array(text.utf8))
    try file.commit()
  }
}
