import CFFmpeg
import Foundation
import MAEFoundation

/// Opens a file; tests put failures here.
package typealias FileOpening = @Sendable (_ path: String) throws(SystemError) -> PatientFile

extension PatientFile {
  static let opening: FileOpening = { (path) throws(SystemError) in try Shards.open(path) }
}

/// Gives FFmpeg the bytes of a file, so that an error in the middle of it is never taken for its end.
///
/// FFmpeg's demuxers go on after a read that failed, as if the file were shorter. Here ``failure`` stays, and whatever was read
/// around it is not to be used.
@safe final class InputBytes {
  let path: String
  /// Holds the callbacks; freed with this object.
  let context: UnsafeMutablePointer<AVIOContext>
  private(set) var failure: SystemError?
  private var file: PatientFile
  private let deadline: Deadline
  let size: Int64
  private var position: Int64 = 0

  /// - Throws: ``MediaError`` when the file cannot be opened or is not a file of bytes.
  init(_ path: String, open: FileOpening, deadline: Deadline) throws(MediaError) {
    self.path = path
    self.deadline = deadline
    file = try MediaError.reading(path) { () throws(SystemError) in try open(path) }
    size = Int64(file.size)
    let buffer = unsafe av_malloc(Self.bufferSize)
    guard let buffer = unsafe buffer,
      let context = unsafe avio_alloc_context(
        buffer.assumingMemoryBound(to: UInt8.self), Int32(Self.bufferSize), 0, nil,
        { opaque, buffer, count in
          unsafe Unmanaged<InputBytes>.fromOpaque(opaque!).takeUnretainedValue().read(into: buffer, Int(count))
        }, nil,
        { opaque, offset, whence in
          unsafe Unmanaged<InputBytes>.fromOpaque(opaque!).takeUnretainedValue().seek(offset, whence)
        })
    else { fatalError("out of memory for a file's buffer") }
    unsafe self.context = context
    unsafe context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
    deadline.restart()
  }

  deinit {
    unsafe av_free(context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = unsafe context
    unsafe avio_context_free(&context)
  }

  /// As FFmpeg's own for files.
  private static let bufferSize = 32 << 10

  /// - Throws: ``MediaError`` if a read failed so far, or nothing got on for too long.
  func check(doing: @autoclosure () -> String) throws(MediaError) {
    if let failure { throw MediaError(code: FFmpegCode(-failure.number), path: path, doing: doing()) }
    try deadline.check(path, doing: doing())
  }

  /// Bytes of the file wherever FFmpeg reads; fewer at its end, none when they cannot be read.
  func peek(at offset: Int64, _ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        guard let read = unsafe try? file.read(into: rest, at: Int(offset) + filled), read > 0 else { return }
        filled += read
      }
    }
  }

  private func read(into buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int32 {
    if let failure { return -failure.number }
    if deadline.hasPassed { return mae_error_exit }
    do throws(SystemError) {
      let read = unsafe try file.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count), at: Int(position))
      // What came too late counts as if it had not come.
      if deadline.hasPassed { return mae_error_exit }
      deadline.restart()
      // A file that ends before its end was cut while it was read.
      if read == 0, position < size { throw SystemError(EIO) }
      position += Int64(read)
      return read == 0 ? mae_error_end : Int32(read)
    } catch {
      failure = error
      return -error.number
    }
  }

  private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    switch whence & ~AVSEEK_FORCE {
    case AVSEEK_SIZE: return size
    case SEEK_SET: position = offset
    case SEEK_CUR: position += offset
    case SEEK_END: position = size + offset
    default: return Int64(-EINVAL)
    }
    guard position >= 0 else {
      position = 0
      return Int64(-EINVAL)
    }
    return position
  }
}
