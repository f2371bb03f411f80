import Foundation
import MAEFoundation

/// When a folder got the names that it has: as long as nothing of this has changed, neither have they.
struct FolderStamp: Hashable, Sendable {
  /// Another folder may have been put in its place. The device is left out: its number changes when it is mounted again.
  private let inode: UInt64
  /// When names in it changed, in nanoseconds since 1970.
  private let changed: Int64
  /// When it was touched in any way: programs that copy folders set the other time back to what it was.
  private let touched: Int64

  init(_ status: stat) {
    inode = UInt64(status.st_ino)
    (changed, touched) = (Int64(status.st_mtim.nanoseconds), Int64(status.st_ctim.nanoseconds))
  }

  init?(from reader: inout RecordReader) {
    guard let inode = reader.number(UInt64.self), let changed = reader.number(Int64.self), let touched = reader.number(Int64.self)
    else { return nil }
    (self.inode, self.changed, self.touched) = (inode, changed, touched)
  }

  func write(to writer: inout RecordWriter) {
    writer.put(inode)
    writer.put(changed)
    writer.put(touched)
  }

  /// Whether its last change lies before a time, in nanoseconds since 1970.
  func isOlder(than time: Int) -> Bool { max(changed, touched) < time }
}
