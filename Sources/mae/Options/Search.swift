import MaskedAutoencoders

/// The search for media, which says that it goes on where it takes long; processes that work together search once.
enum Search {
  static func manifest(
    _ paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, timeLimit: Duration
  ) throws -> Manifest {
    try WaitingLine.during("searching \(paths.count == 1 ? paths[0] : counted(paths.count, "path"))") {
      try Together.processes.decided {
        try Manifest(paths, excluding: excluded, frameRate: frameRate, timeLimit: timeLimit)
      }
    }
  }
}
