import Foundation

/// Walks folders: recursive, in byte order of names, without hidden files, each folder once however many links lead to it.
struct FileTree {
  enum Entry: Hashable {
    case file, folder
    /// A device, a pipe, a socket: opening it could wait for ever.
    case special
  }

  private struct FolderID: Hashable {
    var device: Int
    var number: Int
  }

  private var visited: Set<FolderID> = []

  /// Leaves the folders at `excluded` out, whatever leads to them.
  init(excluding excluded: [String] = []) {
    for path in excluded { _ = visit(path) }
  }

  /// What is at `path`, links followed; nil when nothing is.
  static func entry(at path: String) -> Entry? {
    switch attributes(at: path)?[.type] as? FileAttributeType {
    case nil: nil
    case .typeRegular: .file
    case .typeDirectory: .folder
    default: .special
    }
  }

  /// Paths of the regular files below `folder`, each with the name of the folder it lies in, nil directly below `folder`.
  mutating func files(below folder: String) -> [(path: String, parent: String?)] {
    var found: [(path: String, parent: String?)] = []
    guard visit(folder) else { return found }
    walk(folder, parent: nil, into: &found)
    return found
  }

  private mutating func walk(_ folder: String, parent: String?, into found: inout [(path: String, parent: String?)]) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !name.hasPrefix(".") {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      switch Self.entry(at: path) {
      case .file: found.append((path, parent))
      case .folder: if visit(path) { walk(path, parent: name, into: &found) }
      case .special, nil: continue
      }
    }
  }

  /// Whether the folder was not visited before.
  private mutating func visit(_ path: String) -> Bool {
    guard let attributes = Self.attributes(at: path),
      let device = attributes[.systemNumber] as? NSNumber, let number = attributes[.systemFileNumber] as? NSNumber
    else { return false }
    return visited.insert(FolderID(device: device.intValue, number: number.intValue)).inserted
  }

  private static func attributes(at path: String) -> [FileAttributeKey: Any]? {
    let manager = FileManager.default
    guard let attributes = try? manager.attributesOfItem(atPath: path) else { return nil }
    guard attributes[.type] as? FileAttributeType == .typeSymbolicLink else { return attributes }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let resolved = try? manager.attributesOfItem(atPath: target) else { return nil }
    return resolved[.type] as? FileAttributeType == .typeSymbolicLink ? nil : resolved
  }
}
