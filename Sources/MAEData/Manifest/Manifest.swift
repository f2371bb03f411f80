import MAECore
import MAEFoundation

/// The media files of a run, in a fixed order, and what was left out.
public struct Manifest: Codable, Hashable, Sendable {
  /// Files that were found and not taken.
  public struct Ignored: Codable, Hashable, Sendable {
    /// Files that are no media, by what their names end in (empty: nothing).
    public var others: [String: Int]
    /// Stills in a run on videos.
    public var stills = 0
    /// Videos in a run on stills.
    public var videos = 0

    /// None unless given.
    public init(others: [String: Int] = [:]) { self.others = others }

    /// Files that are no media.
    public var other: Int { others.values.reduce(0, +) }

    /// The kinds of the files that are no media, the most frequent first, e.g. `3 .txt, 1 .json`; nil when there are none.
    public var otherKinds: String? {
      let sorted = others.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      guard !sorted.isEmpty else { return nil }
      let shown = sorted.prefix(5).map { "\($0.value) \($0.key.isEmpty ? "without an ending" : "." + $0.key)" }
      return shown.joined(separator: ", ") + (sorted.count > 5 ? ", …" : "")
    }
  }

  /// Videos and stills, sorted by path unless a list gives their order.
  public var files: [ManifestFile]
  /// Files that are unreadable or hold something else than their names say.
  public var bad: [BadFile]
  /// Folders and shards whose content could not be listed, or not all of it.
  public var unlisted: [BadFile] = []
  /// Tar archives that files are members of; see ``Shard``.
  public var shards: [Shard] = []
  /// Lists that files were named in.
  public var lists: [String] = []
  /// What was left out without being bad.
  public var ignored: Ignored
  /// How lists were read, and what is odd about shards.
  public var notes: [String] = []

  /// Files that are known already; nothing is searched.
  public init(files: [ManifestFile], bad: [BadFile] = [], ignored: Ignored = Ignored()) {
    self.files = files
    self.bad = bad
    self.ignored = ignored
  }

  /// Everything that is read where the files are: those themselves, what they lie or are named in, and rewards beside them.
  package var sources: [String] {
    var sources = files.map(\.path) + bad.map(\.file)
    sources += shards.map(\.path) + lists
    sources += files.filter { $0.kind == .video }.compactMap { EpisodeNumbers.file(beside: $0.path) }
    return sources
  }

  /// What a person should know of the search: ``notes``, and what could not be listed.
  public var warnings: [String] {
    guard let first = unlisted.first else { return notes }
    return notes + ["\(placesUnlisted) cannot be listed, first \(first.file): \(first.reason)"]
  }

  /// Good and bad media files.
  public var mediaCount: Int { files.count + bad.count }

  /// Files of a kind.
  public func count(of kind: ManifestFile.Kind) -> Int { files.count { $0.kind == kind } }

  /// Labels that occur, in byte order.
  public var labels: [String] {
    Set(files.compactMap(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The number of each label, for objectives: the label itself where all are whole numbers from 0 on, else its place in
  /// ``labels``.
  public var labelNumbers: [String: Int] {
    let labels = self.labels
    let numbers = labels.compactMap { Int($0) }.filter { $0 >= 0 }
    return Dictionary(zip(labels, numbers.count == labels.count ? numbers : Array(labels.indices))) { first, _ in first }
  }

  /// The largest share of the files that may be left out because they are of the other kind than most.
  public static let largestMinority = 0.1

  /// The kind of nearly all files: what a run is on when nobody says it.
  ///
  /// - Throws: ``DataError`` of kind `usage` when more than a tenth are of the other kind.
  public func prevailingKind() throws(DataError) -> ManifestFile.Kind {
    let (stills, videos) = (count(of: .still), count(of: .video))
    guard Double(min(stills, videos)) <= Self.largestMinority * Double(files.count) else {
      throw DataError(
        .usage,
        """
        The data are \(counted(stills, "still")) and \(counted(videos, "video")), and a run is on one kind; \
        choose with --kind stills or --kind videos
        """)
    }
    return stills > videos ? .still : .video
  }

  /// The part of the manifest that a run on `kind` uses; files of the other kind are counted as ignored.
  ///
  /// - Parameter advice: what to do where there is none; nil = choose another method.
  /// - Throws: ``DataError`` of kind `unusable` when nothing remains.
  public func selecting(_ kind: ManifestFile.Kind, otherwise advice: String? = nil) throws(DataError) -> Manifest {
    var selection = self
    selection.files = files.filter { $0.kind == kind }
    switch kind {
    case .video: selection.ignored.stills += files.count - selection.files.count
    case .still: selection.ignored.videos += files.count - selection.files.count
    }
    guard !selection.files.isEmpty else {
      let (wanted, found) = kind == .video ? ("videos", "stills") : ("stills", "videos")
      throw DataError(
        .unusable,
        "No \(wanted) among the data, but \(files.count) \(found); \(advice ?? "choose a method for \(found) or other data")")
    }
    return selection
  }

  /// A number that changes when files, their order, their labels, their spans or their shards do.
  public var fingerprint: String {
    var hash = FNV1a()
    for file in files {
      hash.add("\(file.path)\0\(file.kind.rawValue)\0\(file.label ?? "")\0")
      if let span = file.span { hash.add("\(span.start)+\(span.count ?? -1)") }
      for (name, number) in file.numbers.sorted(by: { $0.key < $1.key }) { hash.add("\0\(name)=\(number)") }
      hash.add("\n")
    }
    for shard in shards { hash.add("\(shard.path)\0\(shard.version.size)\0\(shard.version.changed)\n") }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
