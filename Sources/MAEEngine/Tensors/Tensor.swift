/// Contiguous 32-bit floats in row-major order: a view into pooled memory.
///
/// Tensors share their memory when copied; operations that overwrite one say so.
public struct Tensor {
  let storage: Storage
  let offset: Int
  /// Outermost axis first.
  public let shape: [Int]

  init(storage: Storage, offset: Int = 0, shape: [Int]) {
    self.storage = storage
    self.offset = offset
    self.shape = shape
  }

  static func zeros(_ count: Int, in pool: BufferPool) -> Tensor {
    let tensor = Tensor(storage: pool.storage(for: count), shape: [count])
    unsafe tensor.pointer.base.update(repeating: 0, count: count)
    return tensor
  }

  /// Values.
  public var count: Int { shape.reduce(1, *) }
  /// Size of the last axis.
  public var width: Int { shape.last ?? 1 }
  /// Rows of `width` values.
  public var rows: Int { width == 0 ? 0 : count / width }

  /// Where the values are. Right as long as the tensor lives and the index stays below `count`.
  var pointer: RowPointer { unsafe RowPointer(storage.block.base + offset) }

  /// The same values under another shape.
  ///
  /// - Precondition: as many values.
  public func reshaped(_ shape: Int...) -> Tensor { reshaped(to: shape) }

  func reshaped(to shape: [Int]) -> Tensor {
    let view = Tensor(storage: storage, offset: offset, shape: shape)
    precondition(view.count == count, "Tensor.reshaped: \(self.shape) to \(shape)")
    return view
  }

  /// Consecutive rows; shares memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Tensor.rows: \(range) of \(rows) rows")
    return Tensor(storage: storage, offset: offset + range.lowerBound * width, shape: [range.count, width])
  }

  /// Consecutive values under a shape; shares memory.
  public func values(_ range: Range<Int>, shape: [Int]) -> Tensor {
    precondition(range.upperBound <= count && shape.reduce(1, *) == range.count, "Tensor.values: \(range) as \(shape)")
    return Tensor(storage: storage, offset: offset + range.lowerBound, shape: shape)
  }

  /// A copy of the values.
  public func floats() -> [Float] {
    let count = count
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if count > 0 { unsafe buffer.baseAddress!.initialize(from: pointer.base, count: count) }
      initialized = count
    }
  }

  /// The first value.
  public var scalar: Float { unsafe pointer.base[0] }

  /// Lets `body` change the values in place.
  package func update<Failure: Error>(_ body: (inout MutableSpan<Float>) throws(Failure) -> Void) throws(Failure) {
    var span = unsafe MutableSpan(_unsafeStart: pointer.base, count: count)
    try body(&span)
  }

  /// Overwrites all values.
  public func assign(_ values: [Float]) {
    precondition(values.count == count, "Tensor.assign: \(values.count) values into \(shape)")
    unsafe values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe pointer.base.update(from: base, count: values.count)
    }
  }
}

/// The memory of a tensor, to be read as bytes.
///
/// It is not a copy: whoever hands it to another thread sees to it that nothing writes to the tensor meanwhile.
package struct TensorMemory: @unchecked Sendable {
  // Reads only; see above.
  private let tensor: Tensor

  package init(_ tensor: Tensor) { self.tensor = tensor }

  /// - Precondition: the tensor has the bytes of `range`.
  package func withBytes<R, E: Error>(_ range: Range<Int>, _ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    let all = unsafe RawSpan(_unsafeStart: tensor.pointer.base, byteCount: tensor.count * MemoryLayout<Float>.size)
    return try body(all.extracting(range))
  }
}

/// A pointer to floats that may cross threads.
@safe struct RowPointer: @unchecked Sendable {
  // Ranges handed to different workers never overlap; see WorkerPool.forEachRange.
  let base: UnsafeMutablePointer<Float>

  init(_ base: UnsafeMutablePointer<Float>) { unsafe self.base = base }
}
