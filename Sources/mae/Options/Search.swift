import MaskedAutoencoders

/// The search for media, which says how far it is where it takes long, and how lists were read; processes that work together
/// search once.
enum Search {
  /// - Parameter hasBanner: whether a ``Banner`` will say how lists were read.
  static func manifest(
    _ paths: [String], excluding excluded: [String] = [], frameRate: Double? = nil, cache: String? = nil, timeLimit: Duration,
    hasBanner: Bool = false
  ) throws -> Manifest {
    let line = SearchLine(paths)
    defer { line.close() }
    let manifest = try Together.processes.decided {
      try Manifest(
        paths, excluding: excluded, frameRate: frameRate, cache: cache, timeLimit: timeLimit, progress: line.update)
    }
    line.close()
    if !hasBanner { for note in manifest.warnings { Console.say(note) } }
    return manifest
  }
}
