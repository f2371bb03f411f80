import CKernels
import MAECore

/// All arithmetic on tensors: one pool of memory, one budget of threads, one level of instructions.
///
/// Belongs to the training thread.
public final class Kernels {
  /// Where tensors come from.
  public let pool: BufferPool
  /// What runs ranges at the same time.
  public let workers: WorkerPool
  /// The processor instructions that are used.
  public let level: InstructionLevel
  /// Of the operands of linear layers.
  public let precision: Precision

  /// That compute, the caller's included.
  public var threads: Int { workers.threads }

  /// Kernels with threads of their own.
  public convenience init(threads: Int, level: InstructionLevel = .current) {
    self.init(threads: threads, level: level, emulating: .float32)
  }

  /// Kernels with threads of their own, whose linear layers multiply in a precision.
  ///
  /// - Throws: ``PrecisionError`` where the processor has no instructions for it.
  public convenience init(threads: Int, precision: Precision, level: InstructionLevel = .current) throws(PrecisionError) {
    guard precision == .float32 || level.multipliesBF16 else { throw PrecisionError(precision, at: level) }
    self.init(threads: threads, level: level, emulating: precision)
  }

  /// Kernels that compute in a precision what a processor with instructions for it would, bit for bit; without them far too
  /// slowly for anything but tests.
  package init(threads: Int, level: InstructionLevel = .current, emulating precision: Precision) {
    pool = BufferPool()
    workers = WorkerPool(threads: threads)
    self.level = level
    self.precision = precision
  }

  /// Kernels that take memory as they would on so many threads, and leave the arithmetic undone: a step costs milliseconds, its
  /// memory is reserved and never touched, and ``BufferPool/reservedBytes`` says what the step will need.
  public init(planningFor threads: Int) {
    pool = BufferPool()
    workers = WorkerPool(threads: threads, isIdle: true)
    level = .current
    precision = .float32
  }

  /// The level's functions: rows in, rows out; whoever calls them splits the work and owns the memory.
  var table: mae_kernels { unsafe level.table }

  /// A tensor of unspecified content.
  public func empty(_ shape: [Int]) -> Tensor {
    Tensor(storage: pool.storage(for: shape.reduce(1, *)), shape: shape)
  }

  /// All values zero.
  public func zeros(_ shape: [Int]) -> Tensor {
    Tensor.zeros(shape.reduce(1, *), in: pool).reshaped(to: shape)
  }

  /// The values given, as many as the shape has.
  public func tensor(_ values: [Float], _ shape: [Int]) -> Tensor {
    let tensor = empty(shape)
    tensor.assign(values)
    return tensor
  }

  /// The same values in other memory.
  public func copy(_ source: Tensor) -> Tensor {
    let copy = empty(source.shape)
    self.copy(source, into: copy)
    return copy
  }

  func copy(_ source: Tensor, into destination: Tensor) {
    precondition(source.count == destination.count, "copy: \(source.shape) into \(destination.shape)")
    let (from, to) = (source.pointer, destination.pointer)
    workers.forEachRange(source.count, grain: elementGrain) { range in
      unsafe (to.base + range.lowerBound).update(from: from.base + range.lowerBound, count: range.count)
    }
  }

  /// Floats that one part of an element-wise pass covers: large enough to hide the hand-over, small enough for the cache.
  var elementGrain: Int { 1 << 15 }

  /// Rows that one part of a row-wise pass covers.
  func rowGrain(width: Int) -> Int { max(1, elementGrain / max(1, width)) }
}
