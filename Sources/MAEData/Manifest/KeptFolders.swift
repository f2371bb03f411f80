import Foundation
import MAEFoundation

/// What a search found in the folders below one place, kept in a file of the `--cache` folder for the next search of it.
///
/// A folder counts as it was as long as its ``FolderStamp`` is the same; of its files it is then known what they are, and nobody
/// lists it or looks at them. Any other folder is listed anew, it alone. What may change without a folder's time is looked at
/// each time: folders in it, links that lead to none, and files that are bad or whose name promises media they do not hold. A
/// file that is changed in place is noticed when it is opened, by its ``FileVersion``.
///
/// Nothing that changed within two seconds before the search is kept: another change in the same tick of the clock (two seconds
/// on the coarsest file systems) would not show.
///
/// Several processes may share the folder: a file is put in its place as a whole and read as a whole, nobody waits for anybody,
/// and of two searches of one place that end together the later one's file stays, which says the same or is corrected by the
/// next.
struct KeptFolders: Sendable {
  /// What is known of a file.
  struct Known: Hashable, Sendable {
    /// Never bad.
    var kind: FileClass
    /// When that was found.
    var version: FileVersion
  }

  private struct Content {
    var stamp: FolderStamp
    var count: Int
    /// At the first name. Until the walk ends all names are held once more as these bytes, about forty of them a file, and
    /// never as texts: a name becomes the path of a file when its folder is entered.
    var names: RecordReader
  }

  private var folders: [[UInt8]: Content] = [:]

  /// What was kept of a place; nil when nothing was, or it cannot be read.
  init?(of place: String, in cache: String) {
    guard let bytes = try? DurableFile.bytes(of: Self.path(of: place, in: cache)) else { return nil }
    var reader = RecordReader(bytes)
    guard reader.number(UInt64.self) == Self.header, reader.array(UInt8.self) == place.pathBytes else { return nil }
    while !reader.isAtEnd {
      Progress.current?.advance()
      guard let path = reader.array(UInt8.self), let stamp = FolderStamp(from: &reader), let count = reader.number(UInt32.self)
      else { return nil }
      folders[path] = Content(stamp: stamp, count: Int(count), names: reader)
      for _ in 0..<count { guard Self.name(from: &reader) != nil else { return nil } }
    }
  }

  /// The names in a folder in byte order, the last one first, with what is known of each; nil when the folder has changed, or was
  /// never seen.
  func names(in folder: String, _ stamp: FolderStamp) -> [FileTree.Name]? {
    guard var content = folders[folder.pathBytes], content.stamp == stamp else { return nil }
    var names: [FileTree.Name] = []
    names.reserveCapacity(content.count)
    for _ in 0..<content.count {
      guard let (name, known) = Self.name(from: &content.names) else { return nil }
      names.append(FileTree.Name(bytes: Array(name), entry: known == nil ? nil : .file, known: known))
    }
    names.reverse()
    return names
  }

  /// The bytes of a file that keeps folders.
  ///
  /// - Parameters:
  ///   - files: of the search, to which the folders' numbers belong.
  ///   - known: what may be kept of a file, by its number.
  static func bytes(
    of place: String, folders: some Sequence<FileTree.Visit>, files: [ManifestFile], known: (Int) -> Known?
  ) -> [UInt8] {
    var writer = RecordWriter()
    writer.put(header)
    writer.put(place.pathBytes)
    for folder in folders {
      writer.put(folder.path.pathBytes)
      folder.stamp.write(to: &writer)
      writer.put(UInt32(folder.parts.reduce(0) { $0 + $1.count }))
      for part in folder.parts {
        switch part {
        case .other(let name):
          writer.put(name)
          writer.put(UInt8(0))
        case .files(let numbers):
          for number in numbers {
            let path = files[number].path.pathBytes
            writer.put(Array(path[(path.lastIndex(of: UInt8(ascii: "/"))! + 1)...]))
            put(known(number), to: &writer)
          }
        }
      }
    }
    writer.finish()
    return writer.bytes
  }

  /// Puts such bytes in their place; where that cannot be done the next search looks at everything anew.
  static func store(_ bytes: [UInt8], of place: String, in cache: String) {
    try? Folder.make(cache)
    try? DurableFile.write(bytes, to: path(of: place, in: cache))
    AtomicFile.removeOldLeftovers(in: cache)
  }

  private static func path(of place: String, in cache: String) -> String {
    var name = FNV1a()
    name.add(place.pathBytes)
    return "\(cache)/\(String(name.value, radix: 16)).folders"
  }

  /// Names the format and its version, which is another one whenever the same content counts as something else than before.
  private static let header: UInt64 = 0x6d61_652d_666f_0002

  // MARK: - Names

  /// By their numbers in the file, from 1 on; 0 is what is not known.
  private static let kinds: [FileClass] = [.still, .video, .notMedia]

  private static func put(_ known: Known?, to writer: inout RecordWriter) {
    guard let known, let kind = kinds.firstIndex(of: known.kind) else { return writer.put(UInt8(0)) }
    writer.put(UInt8(kind + 1))
    writer.put(Int64(known.version.size))
    writer.put(Int64(known.version.changed))
  }

  private static func name(from reader: inout RecordReader) -> (ArraySlice<UInt8>, Known?)? {
    guard let name = reader.text(), let kind = reader.number(UInt8.self), kind <= kinds.count else { return nil }
    guard kind > 0 else { return (name, nil) }
    guard let size = reader.number(Int64.self), let changed = reader.number(Int64.self) else { return nil }
    return (name, Known(kind: kinds[Int(kind) - 1], version: FileVersion(size: Int(size), changed: Int(changed))))
  }
}
