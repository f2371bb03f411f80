import CZlib

/// Unpacks deflated bytes (RFC 1950 and 1951), as files of MATLAB and zip archives hold them.
enum Inflate {
  /// What a stream cannot be.
  struct Damaged: Error {}

  /// What stands around the blocks; values are zlib's `windowBits`.
  enum Wrapping: Int32 {
    /// A header of two bytes, and a checksum, which is compared.
    case zlib = 15
    /// Nothing.
    case none = -15
  }

  /// The bytes of a stream.
  ///
  /// - Parameters:
  ///   - count: bytes that are wanted of its beginning; nil = all.
  ///   - limit: of all, more bytes than this are not unpacked.
  /// - Throws: ``Damaged`` when it is none, is cut short, gives fewer bytes than wanted, or more than the limit.
  static func bytes(
    of packed: ArraySlice<UInt8>, _ wrapping: Wrapping, first count: Int? = nil, limit: Int = 1 << 28
  ) throws(Damaged) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe mae_inflate_init(&stream, wrapping.rawValue) == Z_OK else { throw Damaged() }
    defer { _ = unsafe inflateEnd(&stream) }
    var source = Array(packed)
    var (taken, written) = (0, 0)
    var result = [UInt8](repeating: 0, count: count ?? min(limit, 4 * source.count + 64))
    // zlib counts in 32 bits.
    let most = 1 << 30
    while true {
      if written == result.count {
        guard count == nil else { return result }
        guard written < limit else { throw Damaged() }
        result += [UInt8](repeating: 0, count: min(written, limit - written))
      }
      let (from, to) = (min(most, source.count - taken), min(most, result.count - written))
      let code = unsafe source.withUnsafeMutableBufferPointer { input in
        unsafe result.withUnsafeMutableBufferPointer { output in
          guard let start = input.baseAddress, let end = output.baseAddress else { return Z_BUF_ERROR }
          unsafe stream.next_in = start + taken
          unsafe stream.avail_in = UInt32(from)
          unsafe stream.next_out = end + written
          unsafe stream.avail_out = UInt32(to)
          return unsafe inflate(&stream, Z_NO_FLUSH)
        }
      }
      let (read, made) = unsafe (from - Int(stream.avail_in), to - Int(stream.avail_out))
      (taken, written) = (taken + read, written + made)
      if code == Z_STREAM_END {
        guard count == nil || written == count else { throw Damaged() }
        return Array(result[..<written])
      }
      guard code == Z_OK, read + made > 0 else { throw Damaged() }
    }
  }
}
