import Foundation
import MAEFoundation
import MAEModels

/// The checkpoints of a run: one folder per step, `step-000500`, each there as a whole or not at all.
///
/// A folder is filled under a temporary name, every file in it is synced, and it is renamed into place; a run that is killed
/// or a full disk leaves the older checkpoints as they were. ``Checksums`` of the files tell damage that comes later. The link
/// `last` points to the checkpoint that was written last.
public struct CheckpointStore: Sendable {
  /// A checkpoint of a run.
  public struct Entry: Hashable, Sendable {
    /// Updates of the weights so far.
    public let step: Int
    /// Its folder.
    public let path: String
  }

  /// The link to the newest checkpoint, so that other programs find it: `from_pretrained("run/checkpoints/last")`.
  public static let last = "last"
  /// The link to the checkpoint that did best on labelled files, where a run judges on some.
  public static let best = "best"

  /// Where the checkpoint folders lie.
  public let folder: String

  /// - Parameter folder: need not exist yet.
  public init(folder: String) { self.folder = folder }

  /// Makes the checkpoint of `step`, replacing one of the same step, and removes those that need not stay.
  ///
  /// - Parameters:
  ///   - keeping: which of the others stay; nil: ``CheckpointKeeping/usual`` as far as there is room.
  ///   - pinned: steps that are never removed.
  ///   - damaged: steps that are never removed, and that do not count.
  ///   - fill: writes the files into the folder it is given.
  /// - Throws: what `fill` throws, or ``FileError``; the older checkpoints are then untouched.
  @discardableResult
  public func write(
    step: Int, keeping: CheckpointKeeping? = .newest(2), pinned: Set<Int> = [], damaged: Set<Int> = [],
    _ fill: (_ folder: String) throws -> Void
  ) throws -> Entry {
    try Folder.make(folder)
    let entry = Entry(step: step, path: join(folder, Self.name(step)))
    let partial = temporaryName(step, "partial")
    try Folder.make(partial)
    do {
      try fill(partial)
      try Checksums(of: partial).write(to: partial)
      try Folder.syncContents(of: partial)
      try put(partial, at: entry)
    } catch {
      Folder.remove(partial)
      throw error
    }
    // Before anything goes, so that the link never leads nowhere.
    point(Self.last, at: step)
    let counted = entries().filter { $0.step == step || !damaged.contains($0.step) }
    let kept = (keeping ?? usualKeeping(size: Folder.byteCount(of: entry.path), count: counted.count)).kept(
      of: counted.map(\.step))
    for other in counted where other.step != step && !kept.contains(other.step) && !pinned.contains(other.step) { remove(other) }
    return entry
  }

  /// The checkpoints, oldest first.
  public func entries() -> [Entry] {
    names().compactMap { name in
      Self.step(of: name).map { Entry(step: $0, path: join(folder, name)) }
    }.sorted { $0.step < $1.step }
  }

  /// The newest checkpoint whose files are as they were written; damaged ones are passed over.
  ///
  /// - Parameter isUsable: a further condition, for instance that the configuration fits.
  public func newest(where isUsable: (Entry) -> Bool = { _ in true }) -> Entry? { search(where: isUsable).entry }

  /// As ``newest(where:)``, with what is wrong with the newer ones that are damaged.
  ///
  /// - Parameter files: those that matter; nil: all.
  package func search(
    _ files: Set<String>? = nil, where isUsable: (Entry) -> Bool = { _ in true }
  ) -> (entry: Entry?, damaged: [(entry: Entry, error: CheckpointError)]) {
    var damaged: [(entry: Entry, error: CheckpointError)] = []
    for entry in entries().reversed() {
      if let error = Self.damage(of: entry.path, files) {
        damaged.append((entry, error))
      } else if isUsable(entry) {
        return (entry, damaged)
      }
    }
    return (nil, damaged)
  }

  /// Removes what a killed run left behind, and finishes a replacement that was interrupted.
  public func clean() {
    for name in names() where name.hasPrefix(".step-") {
      let path = join(folder, name)
      let parts = name.dropFirst().split(separator: ".")
      if parts.count == 3, parts[1] == "old", let step = Self.step(of: String(parts[0])) {
        let place = join(folder, Self.name(step))
        if !Folder.isAnything(at: place), Folder.move(path, to: place) == 0 { continue }
      }
      Folder.remove(path)
    }
  }

  /// What is wrong with the files in a checkpoint folder; nil when they are as they were written, as far as that can be told:
  /// without ``Checksums``, every safetensors file has all its bytes and every JSON file can be read.
  ///
  /// - Parameter files: those that matter; nil: all.
  public static func damage(of path: String, _ files: Set<String>? = nil) -> CheckpointError? {
    do throws(CheckpointError) {
      if let checksums = try Checksums(in: path) {
        try checksums.verify(files, in: path)
        return nil
      }
      let names = Folder.names(in: path) ?? []
      guard !names.isEmpty else { throw .unusable(path, "holds no files") }
      for name in names {
        if name.hasSuffix(".safetensors") { _ = try SafeTensorsReader.header(path: join(path, name)) }
        if name.hasSuffix(".json") { _ = try JSONValue.read(path: join(path, name)) }
      }
      return nil
    } catch { return error }
  }

  /// `step-000500`
  public static func name(_ step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private static func step(of name: String) -> Int? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0, Self.name(step) == name else { return nil }
    return step
  }

  private func names() -> [String] { Folder.names(in: folder) ?? [] }

  private func temporaryName(_ step: Int, _ purpose: String) -> String {
    join(folder, ".\(Self.name(step)).\(purpose).\(UInt32.random(in: .min ... .max))")
  }

  private func put(_ partial: String, at entry: Entry) throws(FileError) {
    var old: String?
    if Folder.isAnything(at: entry.path) {
      let name = temporaryName(entry.step, "old")
      try move(entry.path, to: name)
      old = name
    }
    try move(partial, to: entry.path)
    try Folder.sync(folder)
    if let old { Folder.remove(old) }
  }

  private func move(_ path: String, to place: String) throws(FileError) {
    let code = Folder.move(path, to: place)
    guard code == 0 else { throw FileError(.cannotCreate, place, "cannot be put in place", code: code) }
  }

  private func remove(_ entry: Entry) {
    // Renamed first, so that a kill in the middle leaves no half checkpoint under a good name.
    let doomed = temporaryName(entry.step, "gone")
    if Folder.move(entry.path, to: doomed) == 0 { Folder.remove(doomed) }
  }

  private func usualKeeping(size: Int, count: Int) -> CheckpointKeeping {
    .usual(size: size, room: Folder.freeBytes(at: folder) + size * count)
  }

  /// Lets a link point to a checkpoint; on file systems without links there is none.
  public func point(_ name: String, at step: Int) {
    let link = temporaryName(step, "link")
    guard unsafe link.withPath({ unsafe symlink(Self.name(step), $0) }) == 0 else { return }
    if Folder.move(link, to: join(folder, name)) != 0 { Folder.remove(link) }
  }
}
