import Foundation

/// What tells a file from what it was before without reading it: its size, and when its content was last changed.
public struct FileVersion: Codable, Hashable, Sendable {
  /// In bytes.
  public var size: Int
  /// In nanoseconds since 1970.
  public var changed: Int

  /// A size and a time.
  public init(size: Int, changed: Int) { (self.size, self.changed) = (size, changed) }

  /// Of the file at `path` as it is now, links followed; nil when nothing is there.
  package init?(of path: String) {
    var status = stat()
    guard unsafe path.withPath({ unsafe stat($0, &status) }) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) { self.init(size: Int(status.st_size), changed: status.st_mtim.nanoseconds) }
}

extension timespec {
  /// Since 1970, where it is such a time; file systems may say anything.
  package var nanoseconds: Int { Int(tv_sec) &* 1_000_000_000 &+ Int(tv_nsec) }
}
