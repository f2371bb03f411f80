import MAEEngine

/// A tensor as it lies in a file: contiguous, row-major, little endian, of any element type.
///
/// Tensors read from a file point into the mapped file; nothing is copied until values are asked for. Those of a model that is
/// being trained point into its memory.
public struct StoredTensor: Sendable {
  private enum Source: Sendable {
    case file(FileBytes, offset: Int)
    case bytes([UInt8], offset: Int)
    case floats([Float], offset: Int)
    case memory(TensorMemory, offset: Int)
  }

  /// Of the values.
  public let type: ElementType
  /// Outermost axis first; of a single number empty.
  public let shape: [Int]
  private let source: Source

  /// - Precondition: `bytes` has the size that type and shape give.
  public init(type: ElementType, shape: [Int], bytes: [UInt8]) {
    precondition(
      elementCount(shape).map { $0 * type.size } == bytes.count, "StoredTensor: \(bytes.count) bytes for \(type) \(shape)")
    self.init(type, shape, .bytes(bytes, offset: 0))
  }

  /// A tensor of 32-bit floats.
  ///
  /// - Precondition: as many values as the shape has.
  public init(shape: [Int], floats: [Float]) {
    precondition(elementCount(shape) == floats.count, "StoredTensor: \(floats.count) values for \(shape)")
    self.init(.float32, shape, .floats(floats, offset: 0))
  }

  /// A tensor of 32-bit floats that shares the memory of `tensor`: it is to be written before that changes.
  ///
  /// - Precondition: as many values as the shape has.
  package init(shape: [Int], sharing tensor: Tensor) {
    precondition(elementCount(shape) == tensor.count, "StoredTensor: \(tensor.count) values for \(shape)")
    self.init(.float32, shape, .memory(TensorMemory(tensor), offset: 0))
  }

  /// - Precondition: the tensor lies inside the file.
  init(type: ElementType, shape: [Int], file: FileBytes, offset: Int) {
    self.init(type, shape, .file(file, offset: offset))
    precondition(offset >= 0 && offset + byteCount <= file.count, "StoredTensor: outside \(file.path)")
  }

  private init(_ type: ElementType, _ shape: [Int], _ source: Source) {
    self.type = type
    self.shape = shape
    self.source = source
  }

  /// Number of values.
  public var count: Int { shape.reduce(1, *) }
  /// Of the values as they are stored.
  public var byteCount: Int { count * type.size }

  /// A copy of the bytes.
  public var bytes: [UInt8] { withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } } }

  /// The bytes without a copy.
  public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    switch source {
    case .file(let file, let offset): return try file.withBytes(offset..<offset + byteCount, body)
    case .bytes(let array, let offset): return try unsafe body(array.span.bytes.extracting(offset..<offset + byteCount))
    case .floats(let array, let offset): return try unsafe body(array.span.bytes.extracting(offset..<offset + byteCount))
    case .memory(let memory, let offset): return try memory.withBytes(offset..<offset + byteCount, body)
    }
  }

  /// Rows along the first dimension; shares the memory.
  ///
  /// - Precondition: the tensor has a first dimension that holds `range`.
  public func rows(_ range: Range<Int>) -> StoredTensor {
    precondition(
      !shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0], "StoredTensor: rows \(range) of \(shape)")
    let rowBytes = shape[1...].reduce(type.size, *)
    let skipped = range.lowerBound * rowBytes
    let source: Source =
      switch source {
      case .file(let file, let offset): .file(file, offset: offset + skipped)
      case .bytes(let array, let offset): .bytes(array, offset: offset + skipped)
      case .floats(let array, let offset): .floats(array, offset: offset + skipped)
      case .memory(let memory, let offset): .memory(memory, offset: offset + skipped)
      }
    return StoredTensor(type, [range.count] + shape[1...], source)
  }

  /// The same values under another shape; shares the memory.
  ///
  /// - Precondition: both shapes have the same number of values.
  public func reshaped(_ shape: [Int]) -> StoredTensor {
    precondition(elementCount(shape) == count, "StoredTensor: \(self.shape) as \(shape)")
    return StoredTensor(type, shape, source)
  }

  /// Whether type, shape and every byte agree.
  public func isIdentical(to other: StoredTensor) -> Bool {
    guard type == other.type, shape == other.shape else { return false }
    return withBytes { left in
      other.withBytes { right in
        unsafe left.withUnsafeBytes { a in unsafe right.withUnsafeBytes { b in unsafe a.elementsEqual(b) } }
      }
    }
  }
}
