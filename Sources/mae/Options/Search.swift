import MaskedAutoencoders

/// The search for media, which says how far it is where it takes long; processes that work together search once.
enum Search {
  static func manifest(
    _ paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, cache: String? = nil, timeLimit: Duration
  ) throws -> Manifest {
    let line = SearchLine(paths)
    defer { line.close() }
    return try Together.processes.decided {
      try Manifest(
        paths, excluding: excluded, frameRate: frameRate, cache: cache, timeLimit: timeLimit, progress: line.update)
    }
  }
}
