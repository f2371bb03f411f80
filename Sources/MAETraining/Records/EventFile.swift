import Foundation
import MAEFoundation

/// An event file that TensorBoard reads: one event per step, appended as a whole.
///
/// A record is its length in eight bytes, a masked CRC-32C of these, the event, and a masked CRC-32C of that (tensorflow's
/// `record_writer.cc`). The file ends at a whole record whatever happens: what a kill or a full disk left behind is cut.
public final class EventFile {
  private let file: LogFile
  /// Bytes of whole records.
  private var length: Int

  /// Opens the file of a run that has `step` steps behind it: events of later steps, written by a part that was lost, are cut.
  ///
  /// - Parameter step: nil for a run that begins: all is cut.
  /// - Throws: ``FileError``.
  public init(path: String, continuingAfter step: Int?) throws(FileError) {
    let bytes = Folder.isAnything(at: path) ? try DurableFile.bytes(of: path) : []
    let kept = step.map { Self.length(of: bytes, upTo: $0) } ?? 0
    file = try LogFile(path: path)
    if kept < bytes.count { try file.truncate(to: kept) }
    length = kept
    if kept == 0 {
      try write(step: 0, time: Date().timeIntervalSince1970) { $0.add(3, "brain.Event:2") }
    }
  }

  /// Appends the event of a step.
  ///
  /// - Parameter time: seconds since 1970.
  /// - Throws: ``FileError``; nothing of the event is in the file then.
  public func append(step: Int, time: Double = Date().timeIntervalSince1970, _ values: [EventValue]) throws(FileError) {
    guard !values.isEmpty else { return }
    var summary = ProtocolMessage()
    for value in values { summary.add(1, value.message) }
    try write(step: step, time: time) { $0.add(5, summary) }
  }

  /// `Event` of tensorflow's `event.proto`: time 1, step 2, version of the file 3, summary 5.
  private func write(step: Int, time: Double, _ content: (inout ProtocolMessage) -> Void) throws(FileError) {
    var event = ProtocolMessage()
    event.add(1, time)
    event.add(2, step)
    content(&event)
    let record = Self.record(event.bytes)
    do {
      try unsafe file.append(record.span.bytes)
    } catch {
      try? file.truncate(to: length)
      throw error
    }
    length += record.count
  }

  // MARK: Records

  private static func record(_ event: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(event.count))
    return length + littleEndian(checksum(length)) + event + littleEndian(checksum(event))
  }

  /// CRC-32C, turned by 15 bits and moved on, so that checksums of records that hold checksums stay different.
  static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
    let value = unsafe CRC32.checksum(Array(bytes).span.bytes, .castagnoli)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    stride(from: 0, to: Value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Bytes of the records from the first on that are whole and belong to the first `step` steps.
  private static func length(of bytes: [UInt8], upTo step: Int) -> Int {
    var place = 0
    while place + 16 <= bytes.count {
      let count = number(bytes[place..<place + 8])
      guard number(bytes[place + 8..<place + 12]) == UInt64(checksum(bytes[place..<place + 8])),
        count <= UInt64(bytes.count - place - 16)
      else { break }
      let event = bytes[place + 12..<place + 12 + Int(count)]
      guard number(bytes[event.endIndex..<event.endIndex + 4]) == UInt64(checksum(event)), let found = Self.step(of: event),
        found <= step
      else { break }
      place = event.endIndex + 4
    }
    return place
  }

  /// The step of an event of ours, which stands behind nine bytes of time.
  private static func step(of event: ArraySlice<UInt8>) -> Int? {
    let rest = event.dropFirst(9)
    guard event.first == 1 << 3 | 1, rest.first == 2 << 3 else { return nil }
    var step = 0
    for (index, byte) in rest.dropFirst().prefix(9).enumerated() {
      step |= Int(byte & 0x7f) << (7 * index)
      if byte < 0x80 { return step }
    }
    return nil
  }
}
