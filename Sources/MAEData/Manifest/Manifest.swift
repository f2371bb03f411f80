import MAECore
import MAEFoundation

/// The media files of a run, in a fixed order, and what was left out.
public struct Manifest: Hashable, Sendable {
  /// Files that were found and not taken.
  public struct Ignored: Hashable, Sendable {
    /// Files that are no media.
    public var other = 0
    /// Stills in a run on videos.
    public var stills = 0
    /// Videos in a run on stills.
    public var videos = 0

    public init() {}
  }

  public var files: [ManifestFile]
  /// Media that turned out to be unreadable while they were looked at.
  public var bad: [BadFile]
  public var ignored: Ignored

  public init(files: [ManifestFile], bad: [BadFile] = [], ignored: Ignored = Ignored()) {
    self.files = files
    self.bad = bad
    self.ignored = ignored
  }

  /// Good and bad media files.
  public var mediaCount: Int { files.count + bad.count }

  public func count(of kind: ManifestFile.Kind) -> Int { files.count { $0.kind == kind } }

  /// Labels that occur, in byte order.
  public var labels: [String] {
    Set(files.compactMap(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The part of the manifest that a run on `kind` uses; files of the other kind are counted as ignored.
  ///
  /// - Throws: ``DataError`` of kind `unusable` when nothing remains.
  public func selecting(_ kind: ManifestFile.Kind) throws(DataError) -> Manifest {
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
        "No \(wanted) among the data, but \(files.count) \(found); choose a method for \(found) or other data")
    }
    return selection
  }

  /// A number that changes when files, their order, their labels or their spans do.
  public var fingerprint: String {
    var hash = FNV1a()
    for file in files {
      hash.add("\(file.path)\0\(file.kind.rawValue)\0\(file.label ?? "")\0")
      if let span = file.span { hash.add("\(span.start)+\(span.count ?? -1)") }
      hash.add("\n")
    }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
