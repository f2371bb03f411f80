import Foundation
import MAEFoundation

/// What became of something that one process did for all.
private enum Shared<Value: Codable>: Codable {
  case value(Value)
  case failure(kind: String, sentence: String)

  init(_ result: Result<Value, any Error>) {
    switch result {
    case .success(let value): self = .value(value)
    case .failure(let error):
      let explained = error as? any ExplainedError
      self = .failure(
        kind: (explained?.kind ?? .unexpected).rawValue, sentence: explained?.description ?? String(describing: error))
    }
  }

  func get() throws(ProcessError) -> Value {
    switch self {
    case .value(let value): return value
    case .failure(let kind, let sentence): throw ProcessError(FailureKind(rawValue: kind) ?? .unexpected, sentence)
    }
  }
}

extension Processes {
  /// The values of all processes, in the order of ranks.
  public func all<Value: Codable>(_ value: Value) throws(ProcessError) -> [Value] {
    guard count > 1 else { return [value] }
    var values: [Value] = []
    for bytes in try gather(Self.bytes(of: value)) { values.append(try Self.value(of: bytes)) }
    return values
  }

  /// What the first process finds, in every process; the others do not look for it. Where it fails, all fail with its sentence.
  public func decided<Value: Codable>(_ body: () throws -> Value) throws -> Value {
    guard count > 1 else { return try body() }
    let own = isFirst ? Result { try body() } : nil
    let received = try gather(own.map { Self.bytes(of: Shared($0)) } ?? [])[0]
    if let own { return try own.get() }
    return try (Self.value(of: received) as Shared<Value>).get()
  }

  /// What every process does for itself. Where some fail, all fail: they with their own error, the others with the sentence of
  /// the first of them.
  public func together<Value>(_ body: () throws -> Value) throws -> Value {
    guard count > 1 else { return try body() }
    let own = Result { try body() }
    let outcome = own.map { _ in true }
    for (other, shared) in try all(Shared(outcome)).enumerated() {
      do { _ = try shared.get() } catch {
        if case .failure(let ownError) = own { throw ownError }
        throw ProcessError(error.kind, named(error.description, rank: other))
      }
    }
    return try own.get()
  }

  /// Does something in the first process alone; the others wait for it.
  public func first(_ body: () throws -> Void) throws {
    _ = try decided {
      try body()
      return true
    }
  }

  /// The bytes of the first process, in every process, however many there are.
  public func spread(_ bytes: [UInt8]) throws(ProcessError) -> [UInt8] {
    guard count > 1 else { return bytes }
    return try gatherLong(isFirst ? bytes : [])[0]
  }

  /// The bytes of every process, in the order of ranks, however many there are.
  public func gatherLong(_ bytes: [UInt8]) throws(ProcessError) -> [[UInt8]] {
    let (longest, piece) = (try all(bytes.count).max() ?? 0, (1 << 30) / count)
    var gathered = [[UInt8]](repeating: [], count: count)
    for start in stride(from: 0, to: longest, by: piece) {
      let own = start < bytes.count ? Array(bytes[start..<min(bytes.count, start + piece)]) : []
      for (rank, part) in try gather(own).enumerated() { gathered[rank] += part }
    }
    return gathered
  }

  /// The values of every process, in the order of ranks; as many as each has.
  public func gather(_ values: [Float]) throws(ProcessError) -> [[Float]] {
    try gather(unsafe values.withUnsafeBytes { unsafe Array($0) }).map { bytes in
      let count = bytes.count / MemoryLayout<Float>.size
      return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        unsafe UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
        initialized = count
      }
    }
  }

  /// The sums over all processes, each added up in the order of ranks; infinities and what is no number included.
  public func sums(_ values: [Double]) throws(ProcessError) -> [Double] {
    guard count > 1 else { return values }
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) } }
    var sums: [Double]?
    for other in try gather(bytes) {
      let numbers = values.indices.map { index in
        Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(other[8 * index + $1]) << UInt64(8 * $1) })
      }
      sums = sums.map { zip($0, numbers).map { $0 + $1 } } ?? numbers
    }
    return sums ?? values
  }

  /// A sentence that says whose it is.
  public func named(_ sentence: String, rank: Int? = nil) -> String {
    guard count > 1 else { return sentence }
    let own = rank ?? self.rank
    return "process \(own) of \(count)\(own == self.rank ? " on \(Host.name)" : ""): \(sentence)"
  }

  /// Refuses processes that differ in what must be the same for all, given by names.
  ///
  /// - Throws: ``ProcessError`` of kind `usage`.
  public func requireSame(_ facts: [String: String]) throws(ProcessError) {
    let everyone = try all(facts)
    for name in facts.keys.sorted() {
      guard let other = everyone.indices.first(where: { everyone[$0][name] != everyone[0][name] }) else { continue }
      throw ProcessError(
        .usage,
        """
        the processes differ in \(name): \(everyone[0][name] ?? "none") in process 0, \(everyone[other][name] ?? "none") in \
        process \(other); start all with the same program, command and files\
        \(name == "instructions" ? ", with MAE_CPU_LEVEL set to the lower of the levels" : "")
        """)
    }
  }

  private static func bytes(of value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    // An array, since not every value is a text of JSON by itself.
    guard let data = try? encoder.encode([value]) else { preconditionFailure("Processes: \(type(of: value)) cannot be sent") }
    return [UInt8](data)
  }

  private static func value<Value: Decodable>(of bytes: [UInt8]) throws(ProcessError) -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let value = (try? decoder.decode([Value].self, from: Data(bytes)))?.first else {
      throw ProcessError(.unexpected, "another process sent something else than \(Value.self); start all with the same program")
    }
    return value
  }
}

/// The machine that a process runs on.
enum Host {
  /// As the kernel has it.
  static let name: String = {
    let text = (try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)) ?? "this machine"
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }()
}
