import MAEData
import MAEMedia
import MAERecipes

extension DataDefaults {
  /// Pictures whose sizes are looked at, spread evenly.
  private static let looked = 16

  /// For stills by the median of a few pictures; nil where none can be read, or there are so many files that the paper's recipe
  /// is for them.
  ///
  /// - Throws: ``DataError`` when the storage does not answer.
  public init?(_ manifest: Manifest, of kind: ManifestFile.Kind, timeLimit: Duration = .seconds(60)) throws(DataError) {
    guard kind == .still else {
      self.init(videos: manifest.count(of: .video))
      return
    }
    let stills = manifest.files.filter { $0.kind == .still }
    let count = min(Self.looked, stills.count)
    let paths = (0..<count).map { stills[$0 * stills.count / count].path }
    let sides = try WatchedReads<Int?>(
      of: paths, threads: Pretraining.defaultWorkers, limit: timeLimit, givenUp: { _ in nil },
      read: { try? DecodedStill(path: paths[$0], timeLimit: timeLimit).size.shorterSide }
    ).values().compactMap(\.self).sorted()
    guard !sides.isEmpty else { return nil }
    self.init(shorterSide: sides[sides.count / 2], pictures: stills.count)
  }
}
