/// The bytes of a protocol-buffer message, as far as event files need them (protobuf.dev, "Encoding").
///
/// Every field begins with `number << 3 | wire type`; texts and messages inside are bytes behind their length.
struct ProtocolMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case variable = 0
    case eightBytes = 1
    case counted = 2
    case fourBytes = 5
  }

  mutating func add(_ field: Int, _ value: Int) {
    begin(field, .variable)
    add(variable: UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Double) {
    begin(field, .eightBytes)
    add(littleEndian: value.bitPattern)
  }

  mutating func add(_ field: Int, _ value: Float) {
    begin(field, .fourBytes)
    add(littleEndian: value.bitPattern)
  }

  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  mutating func add(_ field: Int, _ message: ProtocolMessage) { add(field, message.bytes) }

  /// A repeated field in its packed form.
  mutating func add(_ field: Int, _ values: [Double]) {
    var packed = ProtocolMessage()
    for value in values { packed.add(littleEndian: value.bitPattern) }
    add(field, packed)
  }

  mutating func add(_ field: Int, _ content: [UInt8]) {
    begin(field, .counted)
    add(variable: UInt64(content.count))
    bytes += content
  }

  private mutating func begin(_ field: Int, _ type: WireType) { add(variable: UInt64(field) << 3 | type.rawValue) }

  /// Seven bits in each byte, the lowest first; the highest bit says that another byte follows.
  private mutating func add(variable value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func add(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
