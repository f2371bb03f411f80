import Foundation

/// Reads event files as TensorFlow describes them, with nothing of the code that writes them.
package struct EventReader {
  /// One record.
  package struct Event {
    package var step = 0
    package var time = 0.0
    package var version: String?
    package var scalars: [String: Float] = [:]
    /// PNG files with width and height.
    package var pictures: [String: (png: Data, width: Int, height: Int)] = [:]
    /// Ends of ranges and counts.
    package var histograms: [String: (limits: [Double], counts: [Double])] = [:]
  }

  package private(set) var events: [Event] = []

  package enum Damage: Error { case length, content, torn }

  /// - Throws: ``Damage`` at the first record that is not whole.
  package init(_ data: Data) throws {
    var rest = [UInt8](data)[...]
    while !rest.isEmpty {
      guard rest.count >= 12 else { throw Damage.torn }
      let head = rest.prefix(8)
      guard Self.number(rest.dropFirst(8).prefix(4)) == UInt64(Self.checksum(head)) else { throw Damage.length }
      let count = Int(Self.number(head))
      rest = rest.dropFirst(12)
      guard rest.count >= count + 4 else { throw Damage.torn }
      let content = rest.prefix(count)
      guard Self.number(rest.dropFirst(count).prefix(4)) == UInt64(Self.checksum(content)) else { throw Damage.content }
      rest = rest.dropFirst(count + 4)
      events.append(Self.event(content))
    }
  }

  /// The events of steps, without the one that names the version.
  package var steps: [Event] { events.filter { $0.version == nil } }

  /// Bit by bit, as RFC 3720 defines it, then turned and moved.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    }
    crc = ~crc
    return (crc >> 15 | crc << 17) &+ 0xa282_ead8
  }

  private static func number(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private static func fields(_ message: ArraySlice<UInt8>) -> [(field: Int, value: Value)] {
    var (rest, found) = (message, [(field: Int, value: Value)]())
    func variable() -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let key = variable()
      switch key & 7 {
      case 0: found.append((Int(key >> 3), .number(variable())))
      case 1:
        found.append((Int(key >> 3), .number(number(rest.prefix(8)))))
        rest = rest.dropFirst(8)
      case 5:
        found.append((Int(key >> 3), .number(number(rest.prefix(4)))))
        rest = rest.dropFirst(4)
      default:
        let count = Int(variable())
        found.append((Int(key >> 3), .bytes(rest.prefix(count))))
        rest = rest.dropFirst(count)
      }
    }
    return found
  }

  private static func doubles(_ bytes: ArraySlice<UInt8>) -> [Double] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { Double(bitPattern: number(bytes[$0..<$0 + 8])) }
  }

  private static func event(_ message: ArraySlice<UInt8>) -> Event {
    var event = Event()
    for (field, value) in fields(message) {
      switch (field, value) {
      case (1, .number(let bits)): event.time = Double(bitPattern: bits)
      case (2, .number(let step)): event.step = Int(step)
      case (3, .bytes(let text)): event.version = String(decoding: text, as: UTF8.self)
      case (5, .bytes(let summary)):
        for case (1, .bytes(let entry)) in fields(summary) { add(fields(entry), to: &event) }
      default: break
      }
    }
    return event
  }

  private static func add(_ entry: [(field: Int, value: Value)], to event: inout Event) {
    var tag = ""
    for (field, value) in entry {
      switch (field, value) {
      case (1, .bytes(let text)): tag = String(decoding: text, as: UTF8.self)
      case (2, .number(let bits)): event.scalars[tag] = Float(bitPattern: UInt32(bits))
      case (4, .bytes(let image)):
        var (png, size) = (Data(), [1: 0, 2: 0])
        for (field, value) in fields(image) {
          switch value {
          case .number(let number): size[field] = Int(number)
          case .bytes(let bytes): png = Data(bytes)
          }
        }
        event.pictures[tag] = (png, size[2]!, size[1]!)
      case (5, .bytes(let histogram)):
        var lists: [Int: [Double]] = [:]
        for case (let field, .bytes(let bytes)) in fields(histogram) { lists[field] = doubles(bytes) }
        event.histograms[tag] = (lists[6] ?? [], lists[7] ?? [])
      default: break
      }
    }
  }
}
