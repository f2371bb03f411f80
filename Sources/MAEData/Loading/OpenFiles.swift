/// The files a worker keeps open, the one used last at the end, within a budget of files and bytes.
struct OpenFiles {
  private var sources: [(file: Int, source: any SampleSource)] = []
  let maximumCount: Int
  let maximumMemory: Int

  init(maximumCount: Int, maximumMemory: Int) {
    self.maximumCount = maximumCount
    self.maximumMemory = maximumMemory
  }

  /// The open source of a file, which counts as used now.
  mutating func source(of file: Int) -> (any SampleSource)? {
    guard let index = sources.firstIndex(where: { $0.file == file }) else { return nil }
    let entry = sources.remove(at: index)
    sources.append(entry)
    return entry.source
  }

  /// Keeps a source open and closes those that were not used for longest until the budget is met; the new one always stays.
  mutating func keep(_ source: any SampleSource, of file: Int) {
    sources.append((file, source))
    var memory = sources.reduce(0) { $0 + $1.source.memory }
    while sources.count > 1, sources.count > maximumCount || memory > maximumMemory {
      memory -= sources.removeFirst().source.memory
    }
  }

  mutating func close(_ file: Int) { sources.removeAll { $0.file == file } }
}
