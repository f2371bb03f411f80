/// Runs the part of Python's pickle language that weight files need, protocols 0 to 5.
///
/// Calls are not made: functions on the list of ``TorchGlobal`` are replaced by our own building of the value, and any other
/// name ends the reading. Every step takes at least one byte of the file and makes at most one value, or pays for the values
/// it copies from a budget, so time and memory stay in proportion to the file.
struct PickleMachine {
  private let file: FileBytes
  private var reader: ByteReader
  private var stack: [PickleValue] = []
  /// Heights of the stack where a group of arguments starts.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var copyBudget = 20_000_000

  private(set) var sequences: [[PickleValue]] = []
  private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private(set) var tensors: [TorchTensor] = []
  private(set) var storages: [TorchStorage] = []
  private(set) var objects: [PickleValue] = []
  /// Element types that stand as bare values in the file, by the arena number of their object.
  private var dtypes: [Int: ElementType] = [:]

  /// Far more instructions than any list of weights takes (about a hundred per tensor).
  private static let maximumSteps = 5_000_000

  /// - Parameter range: the pickle, or several in a row.
  init(_ file: FileBytes, _ range: Range<Int>) throws(CheckpointError) {
    self.file = file
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
    throw damaged("is longer than any list of weights")
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

    case UInt8(ascii: ")"), UInt8(ascii: "]"), 0x8f: stack.append(sequence([]))
    case UInt8(ascii: "t"), UInt8(ascii: "l"), 0x91: stack.append(sequence(try popMark()))
    case 0x85: stack.append(sequence(try pop(count: 1)))
    case 0x86: stack.append(sequence(try pop(count: 2)))
    case 0x87: stack.append(sequence(try pop(count: 3)))
    case UInt8(ascii: "}"): stack.append(dictionary([]))
    case UInt8(ascii: "d"): stack.append(dictionary(try pairs(try popMark())))
    case UInt8(ascii: "a"): try extend(with: try pop(count: 1))
    case UInt8(ascii: "e"), 0x90: try extend(with: try popMark())
    case UInt8(ascii: "s"): try set(pairs(try pop(count: 2)))
    case UInt8(ascii: "u"): try set(pairs(try popMark()))

    case UInt8(ascii: "p"): memo[try index(try reader.line())] = try top()
    case UInt8(ascii: "q"): memo[Int(try reader.byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.integer(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "g"): stack.append(try recall(try index(try reader.line())))
    case UInt8(ascii: "h"): stack.append(try recall(Int(try reader.byte())))
    case UInt8(ascii: "j"): stack.append(try recall(Int(try reader.integer(UInt32.self))))

    case UInt8(ascii: "c"):
      let module = try reader.line()
      stack.append(try global(module, try reader.line()))
    case 0x93:
      let names = try pop(count: 2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw damaged() }
      stack.append(try global(module, name))
    case UInt8(ascii: "Q"): stack.append(try storage(try pop()))
    case UInt8(ascii: "R"), 0x81:
      let parts = try pop(count: 2)
      stack.append(try call(parts[0], try elements(parts[1])))
    case 0x92:
      let parts = try pop(count: 3)
      stack.append(try call(parts[0], try elements(parts[1])))
    case UInt8(ascii: "o"):
      let parts = try popMark()
      guard let first = parts.first else { throw damaged() }
      stack.append(try call(first, Array(parts.dropFirst())))
    case UInt8(ascii: "i"):
      let module = try reader.line()
      let function = try global(module, try reader.line())
      stack.append(try call(function, try popMark()))
    case UInt8(ascii: "b"):
      let state = try pop()
      // Attributes of dictionaries and tensors (hooks, versions) say nothing about the weights.
      if case .object(let number) = try top(), case .none = objects[number] { objects[number] = state }
    default: throw damaged("holds the instruction 0x\(String(code, radix: 16)), which weight files do not use")
    }
  }

  // MARK: Stack and memo

  private func damaged(_ reason: String = "contradicts itself; it is damaged") -> CheckpointError {
    .unusable(file.path, "its description of the weights \(reason)")
  }

  private func top() throws(CheckpointError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw damaged() }
    return value
  }

  private mutating func pop() throws(CheckpointError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(count: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw damaged() }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw damaged() }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recall(_ index: Int) throws(CheckpointError) -> PickleValue {
    guard let value = memo[index] else { throw damaged() }
    return value
  }

  private func index(_ text: String) throws(CheckpointError) -> Int {
    guard let index = Int(text) else { throw damaged() }
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
      guard let value = Double(line) else { throw damaged() }
      return .number(value)
    }
    let digits = line.hasSuffix("L") ? String(line.dropLast()) : line
    guard let value = Int(digits) else { throw damaged() }
    return .integer(value)
  }

  private mutating func sequence(_ values: [PickleValue]) -> PickleValue {
    sequences.append(values)
    return .sequence(sequences.count - 1)
  }

  private mutating func dictionary(_ pairs: [(key: PickleValue, value: PickleValue)]) -> PickleValue {
    dictionaries.append(pairs)
    return .dictionary(dictionaries.count - 1)
  }

  private mutating func object(_ state: PickleValue = .none) -> PickleValue {
    objects.append(state)
    return .object(objects.count - 1)
  }

  private func pairs(_ values: [PickleValue]) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw damaged() }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  private func elements(_ value: PickleValue) throws(CheckpointError) -> [PickleValue] {
    guard case .sequence(let number) = value else { throw damaged() }
    return sequences[number]
  }

  private mutating func extend(with values: [PickleValue]) throws(CheckpointError) {
    switch try top() {
    case .sequence(let number): sequences[number].append(contentsOf: values)
    case .object: break
    default: throw damaged()
    }
  }

  private mutating func set(_ pairs: [(key: PickleValue, value: PickleValue)]) throws(CheckpointError) {
    switch try top() {
    case .dictionary(let number): dictionaries[number].append(contentsOf: pairs)
    case .object(let number):
      // A class derived from dict: its items are its attributes.
      if case .dictionary(let items) = objects[number] {
        dictionaries[items].append(contentsOf: pairs)
      } else {
        objects[number] = dictionary(pairs)
      }
    default: throw damaged()
    }
  }

  private mutating func pay(_ count: Int) throws(CheckpointError) {
    copyBudget -= count
    guard copyBudget >= 0 else { throw damaged("makes copies of copies without end") }
  }

  // MARK: Calls

  private mutating func global(_ module: String, _ name: String) throws(CheckpointError) -> PickleValue {
    guard let global = TorchGlobal(module: module, name: name) else {
      let shown = "\(module).\(name)".unicodeScalars.prefix(120).map { $0.properties.isWhitespace ? "_" : String($0) }.joined()
      throw CheckpointError(
        .refused, file: file.path,
        reason: "asks for the Python function or class \(shown), which no weights need; nothing was run, and the file was refused"
      )
    }
    if module == "torch", let type = TorchGlobal.dtypes[name] {
      let value = object()
      dtypes[objects.count - 1] = type
      return value
    }
    return .global(global)
  }

  /// What `function(arguments)` stands for.
  private mutating func call(_ function: PickleValue, _ arguments: [PickleValue]) throws(CheckpointError) -> PickleValue {
    guard case .global(let global) = function else {
      if case .object = function { return object() }
      throw damaged()
    }
    switch global {
    case .rebuildTensor: return try tensor(arguments, type: nil)
    case .rebuildTensorWithType:
      guard arguments.count >= 7, case .object(let number) = arguments[6], let type = dtypes[number] else {
        throw damaged("has a tensor of an element type that is not supported")
      }
      return try tensor(arguments, type: type)
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { throw damaged() }
      return arguments[0]
    case .rebuildFromType:
      guard arguments.count >= 3, case .global(let inner) = arguments[0], inner != .rebuildFromType else { throw damaged() }
      return try call(arguments[0], try elements(arguments[2]))
    case .orderedDictionary:
      guard let first = arguments.first else { return dictionary([]) }
      if case .dictionary(let number) = first {
        try pay(dictionaries[number].count)
        return dictionary(dictionaries[number])
      }
      let items = try elements(first)
      try pay(items.count)
      var pairs = [(key: PickleValue, value: PickleValue)]()
      for item in items {
        let pair = try elements(item)
        guard pair.count == 2 else { throw damaged() }
        pairs.append((pair[0], pair[1]))
      }
      return dictionary(pairs)
    case .sequence:
      guard let first = arguments.first else { return sequence([]) }
      let values = try elements(first)
      try pay(values.count)
      return sequence(values)
    case .encode:
      guard case .text(let text)? = arguments.first else { throw damaged() }
      try pay(text.utf8.count)
      return .bytes(Array(text.utf8))
    case .ignored: return object()
    case .storage, .untypedStorage: throw damaged("calls a storage type, which weight files do not do")
    }
  }

  /// `('storage', type, key, device, count[, view])`
  private mutating func storage(_ reference: PickleValue) throws(CheckpointError) -> PickleValue {
    let parts = try elements(reference)
    guard parts.count >= 5, case .text("storage") = parts[0], case .global(let kind) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw damaged("refers to something that is not a tensor's storage") }
    let type: ElementType?
    switch kind {
    case .storage(let element): type = element
    case .untypedStorage: type = nil
    default: throw damaged("has a tensor of an element type that is not supported")
    }
    var storage = TorchStorage(type: type, key: key, count: count)
    if parts.count > 5, case .sequence(let number) = parts[5] {
      let view = sequences[number]
      guard view.count == 3, case .integer(let offset) = view[1], case .integer(let length) = view[2], offset >= 0, length >= 0,
        offset <= count, length <= count - offset
      else { throw damaged() }
      storage.offset = offset
      storage.count = length
    }
    storages.append(storage)
    return .storage(storages.count - 1)
  }

  /// `(storage, offset, size, stride, …)`
  private mutating func tensor(_ arguments: [PickleValue], type: ElementType?) throws(CheckpointError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let number) = arguments[0], case .integer(let offset) = arguments[1], offset >= 0
    else { throw damaged() }
    let shape = try integers(arguments[2])
    let strides = try integers(arguments[3])
    let storage = storages[number]
    guard let type = type ?? storage.type, storage.type.map({ $0.size == type.size }) ?? true, shape.count == strides.count,
      shape.count <= 64, let count = elementCount(shape), strides.allSatisfy({ $0 >= 0 })
    else { throw damaged("has a tensor with an impossible shape") }
    let places = storage.type == nil ? storage.count / type.size : storage.count
    // The place of the last value; an empty tensor has none.
    var last = count == 0 ? offset - 1 : offset
    var fits = last < places
    for (side, stride) in zip(shape, strides) where fits && count > 0 {
      let (reach, overflow) = (side - 1).multipliedReportingOverflow(by: stride)
      fits = !overflow && reach < places - last
      if fits { last += reach }
    }
    guard fits else { throw damaged("has a tensor that reaches beyond its storage") }
    tensors.append(TorchTensor(storage: storage, type: type, offset: offset, shape: shape, strides: strides))
    return .tensor(tensors.count - 1)
  }

  private func integers(_ value: PickleValue) throws(CheckpointError) -> [Int] {
    var integers = [Int]()
    for element in try elements(value) {
      guard case .integer(let integer) = element else { throw damaged() }
      integers.append(integer)
    }
    return integers
  }
}
