/// Runs the part of Python's pickle language that weight files need, protocols 0 to 5.
///
/// Calls are not made: functions that ``TorchGlobal`` knows are replaced by our own building of the value, all others by values
/// without meaning. Every step takes at least one byte of the file and makes at most one value, or pays for the values
/// it copies from a budget, so time and memory stay in proportion to the file.
struct PickleMachine {
  /// What has been built.
  private(set) var heap: PickleHeap
  private var reader: ByteReader
  private var stack: [PickleValue] = []
  /// Heights of the stack where a group of arguments starts.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Far more instructions than any list of weights takes (about a hundred per tensor).
  private static let maximumSteps = 5_000_000

  /// - Parameter range: the pickle, or several in a row.
  init(_ file: FileBytes, _ range: Range<Int>) throws(CheckpointError) {
    heap = PickleHeap(file)
    reader = ByteReader(file, range)
  }

  /// Where the next pickle starts.
  var position: Int { reader.position }

  /// Reads one pickle.
  mutating func run() throws(CheckpointError) -> PickleValue {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    for _ in 0..<Self.maximumSteps {
      let code = try reader.byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try step(code)
    }
    throw heap.damaged("is longer than any list of weights")
  }

  // MARK: Opcodes

  private mutating func step(_ code: UInt8) throws(CheckpointError) {
    switch code {
    case 0x80: try reader.skip(1)  // PROTO
    case 0x95: try reader.skip(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try reader.byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try reader.integer(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try reader.integer(Int32.self))))
    case 0x8a: stack.append(longInteger(try reader.bytes(UInt64(try reader.byte()))))
    case 0x8b: stack.append(longInteger(try reader.bytes(UInt64(try reader.integer(UInt32.self)))))
    case UInt8(ascii: "G"): stack.append(.number(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped)))
    case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"): stack.append(try textNumber(code))

    case UInt8(ascii: "X"), UInt8(ascii: "T"): stack.append(.text(try reader.text(UInt64(try reader.integer(UInt32.self)))))
    case 0x8c, UInt8(ascii: "U"): stack.append(.text(try reader.text(UInt64(try reader.byte()))))
    case 0x8d: stack.append(.text(try reader.text(try reader.integer(UInt64.self))))
    case UInt8(ascii: "V"): stack.append(.text(try reader.line()))
    case UInt8(ascii: "S"): stack.append(.text(String(try reader.line().drop { "'\"".contains($0) }.dropLast())))
    case UInt8(ascii: "C"): stack.append(.bytes(try reader.bytes(UInt64(try reader.byte()))))
    case UInt8(ascii: "B"): stack.append(.bytes(try reader.bytes(UInt64(try reader.integer(UInt32.self)))))
    case 0x8e, 0x96: stack.append(.bytes(try reader.bytes(try reader.integer(UInt64.self))))

    case UInt8(ascii: ")"), UInt8(ascii: "]"), 0x8f: stack.append(heap.sequence([]))
    case UInt8(ascii: "t"), UInt8(ascii: "l"), 0x91: stack.append(heap.sequence(try popMark()))
    case 0x85: stack.append(heap.sequence(try pop(count: 1)))
    case 0x86: stack.append(heap.sequence(try pop(count: 2)))
    case 0x87: stack.append(heap.sequence(try pop(count: 3)))
    case UInt8(ascii: "}"): stack.append(heap.dictionary([]))
    case UInt8(ascii: "d"): stack.append(heap.dictionary(try heap.pairs(try popMark())))
    case UInt8(ascii: "a"):
      let values = try pop(count: 1)
      try heap.extend(try top(), with: values)
    case UInt8(ascii: "e"), 0x90:
      let values = try popMark()
      try heap.extend(try top(), with: values)
    case UInt8(ascii: "s"):
      let pairs = try heap.pairs(try pop(count: 2))
      try heap.set(pairs, in: try top())
    case UInt8(ascii: "u"):
      let pairs = try heap.pairs(try popMark())
      try heap.set(pairs, in: try top())

    case UInt8(ascii: "p"): memo[try index(try reader.line())] = try top()
    case UInt8(ascii: "q"): memo[Int(try reader.byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.integer(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "g"): stack.append(try recall(try index(try reader.line())))
    case UInt8(ascii: "h"): stack.append(try recall(Int(try reader.byte())))
    case UInt8(ascii: "j"): stack.append(try recall(Int(try reader.integer(UInt32.self))))

    case UInt8(ascii: "c"):
      let module = try reader.line()
      stack.append(try heap.global(module, try reader.line()))
    case 0x93:
      let names = try pop(count: 2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw heap.damaged() }
      stack.append(try heap.global(module, name))
    case UInt8(ascii: "Q"): stack.append(try heap.persistent(try pop()))
    case UInt8(ascii: "R"), 0x81:
      let parts = try pop(count: 2)
      stack.append(try heap.call(parts[0], try heap.elements(parts[1])))
    case 0x92:
      let parts = try pop(count: 3)
      stack.append(try heap.call(parts[0], try heap.elements(parts[1])))
    case UInt8(ascii: "o"):
      let parts = try popMark()
      guard let first = parts.first else { throw heap.damaged() }
      stack.append(try heap.call(first, Array(parts.dropFirst())))
    case UInt8(ascii: "i"):
      let module = try reader.line()
      let function = try heap.global(module, try reader.line())
      stack.append(try heap.call(function, try popMark()))
    case UInt8(ascii: "b"):
      let state = try pop()
      // Attributes of dictionaries and tensors (hooks, versions) say nothing about the weights.
      heap.describe(try top(), by: state)
    default: throw heap.damaged("holds the instruction 0x\(String(code, radix: 16)), which weight files do not use")
    }
  }

  // MARK: Stack and memo

  private func top() throws(CheckpointError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw heap.damaged() }
    return value
  }

  private mutating func pop() throws(CheckpointError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(count: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw heap.damaged() }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw heap.damaged() }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recall(_ index: Int) throws(CheckpointError) -> PickleValue {
    guard let value = memo[index] else { throw heap.damaged() }
    return value
  }

  private func index(_ text: String) throws(CheckpointError) -> Int {
    guard let index = Int(text) else { throw heap.damaged() }
    return index
  }

  // MARK: Values

  private func longInteger(_ bytes: [UInt8]) -> PickleValue {
    guard bytes.count <= 8 else { return .bytes(bytes) }
    let isNegative = (bytes.last ?? 0) & 0x80 != 0
    var value: UInt64 = isNegative ? ~0 : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  private mutating func textNumber(_ code: UInt8) throws(CheckpointError) -> PickleValue {
    let line = try reader.line()
    if code == UInt8(ascii: "I"), line == "00" || line == "01" { return .bool(line == "01") }
    if code == UInt8(ascii: "F") {
      guard let value = Double(line) else { throw heap.damaged() }
      return .number(value)
    }
    let digits = line.hasSuffix("L") ? String(line.dropLast()) : line
    if let value = Int(digits) { return .integer(value) }
    // Seeds and the like that do not fit.
    guard let value = Double(digits) else { throw heap.damaged() }
    return .number(value)
  }
}
