/// Reads forward through a part of a file; running over the end is an error, not a trap.
struct ByteReader {
  let file: FileBytes
  private(set) var position: Int
  let end: Int

  init(_ file: FileBytes, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    self.file = file
    position = range.lowerBound
    end = range.upperBound
  }

  var remaining: Int { end - position }

  mutating func byte() throws(CheckpointError) -> UInt8 { file[try advance(1)] }

  mutating func integer<I: FixedWidthInteger>(_ type: I.Type) throws(CheckpointError) -> I {
    file.littleEndianInteger(at: try advance(MemoryLayout<I>.size))
  }

  /// - Parameter count: what the file claims, so anything.
  mutating func bytes(_ count: UInt64) throws(CheckpointError) -> [UInt8] {
    guard count <= UInt64(remaining) else { throw tooShort() }
    let start = try advance(Int(count))
    return file.array(start..<position)
  }

  mutating func text(_ count: UInt64) throws(CheckpointError) -> String { String(decoding: try bytes(count), as: UTF8.self) }

  /// Up to the next line feed, which is skipped.
  mutating func line() throws(CheckpointError) -> String {
    var stop = position
    while stop < end, file[stop] != 0x0a { stop += 1 }
    guard stop < end else { throw tooShort() }
    defer { position = stop + 1 }
    return String(decoding: file.array(position..<stop), as: UTF8.self)
  }

  mutating func skip(_ count: UInt64) throws(CheckpointError) {
    guard count <= UInt64(remaining) else { throw tooShort() }
    position += Int(count)
  }

  /// The offset before moving on by `count`.
  private mutating func advance(_ count: Int) throws(CheckpointError) -> Int {
    guard count <= remaining else { throw tooShort() }
    defer { position += count }
    return position
  }

  private func tooShort() -> CheckpointError {
    .unusable(file.path, "ends in the middle of its description; the file is cut off or damaged")
  }
}
