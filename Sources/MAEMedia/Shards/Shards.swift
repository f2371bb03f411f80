import Foundation
import MAEFoundation
import Synchronization

/// Shards: tar archives of samples, as WebDataset has them.
///
/// A member is named `train-000.tar:000123.jpg` wherever the path of a media file stands: in a manifest, a list, an error, a
/// cache, an argument. What reads media opens it through ``open(_:)``, and nothing else needs to know of shards.
package enum Shards {
  /// Whether a file is taken for a shard, by its name.
  package static func isShard(_ path: String) -> Bool { path.hasSuffix(".tar") }

  /// Whether a file is a shard that was compressed, by its name.
  package static func isCompressed(_ path: String) -> Bool {
    let ending = path.fileExtension
    if ["tgz", "tbz2", "txz", "tzst"].contains(ending) { return true }
    let isPacked = ["gz", "bz2", "xz", "zst", "lz4", "lz"].contains(ending)
    return isPacked && String(path.dropLast(ending.count + 1)).fileExtension == "tar"
  }

  /// Why a compressed shard is not read.
  package static let compressed =
    """
    it is a compressed tar, whose members cannot be read one by one, as random order and exact continuation need; unpack it, or \
    only take the compression away (gunzip, unzstd, …)
    """

  /// Opens the media file that a path names: a file, or a member of a shard.
  ///
  /// - Throws: ``SystemError``; `ENOENT` for a member that the shard does not have.
  package static func open(_ path: String) throws(SystemError) -> PatientFile {
    guard let (shard, member) = parts(of: path) else { return try PatientFile(path: path) }
    var file = try PatientFile(path: shard)
    guard let found = try index(of: &file)[member] else { throw SystemError(ENOENT) }
    return file.part(found.range)
  }

  /// The shard and the name of its member; nil for the path of a file.
  package static func parts(of path: String) -> (shard: String, member: String)? {
    let bytes = path.utf8
    for colon in bytes.indices
    where bytes[colon] == UInt8(ascii: ":") && bytes[..<colon].suffix(4).elementsEqual(".tar".utf8) {
      let shard = String(Substring(bytes[..<colon]))
      if Folder.isAnything(at: shard), !Folder.exists(shard), !Folder.isAnything(at: path) {
        return (shard, String(Substring(bytes[bytes.index(after: colon)...])))
      }
    }
    return nil
  }

  private struct Known {
    var version: FileVersion
    var index: TarIndex
  }

  /// By the bytes of paths: texts that look alike are equal and name different files.
  private static let known = Mutex<[[UInt8]: Known]>([:])

  /// What an open shard holds; its headers are read once for each version of it.
  package static func index(of file: inout PatientFile) throws(SystemError) -> TarIndex {
    let (path, version) = (file.path.pathBytes, file.version)
    if let found = known.withLock({ $0[path] }), found.version == version { return found.index }
    // Not under the lock: a read that does not return would hold up everybody.
    let index = try TarIndex(&file)
    known.withLock { $0[path] = Known(version: version, index: index) }
    return index
  }
}
