import Foundation

/// Keeps freed blocks of floats by size, so that a training step that repeats its shapes allocates nothing.
///
/// Blocks are aligned to 64 bytes; large ones to 2 MiB, and the kernel is asked for huge pages. Belongs to one thread.
public final class BufferPool {
  private var free: [Int: [Block]] = [:]

  /// Blocks that were taken from the system rather than from the pool.
  public private(set) var misses = 0
  /// Bytes taken from the system and not given back to it.
  public private(set) var reservedBytes = 0
  public private(set) var bytesInUse = 0
  public private(set) var peakBytesInUse = 0
  /// Whether a request may get a free block of up to four times its size: right while nothing is kept for long, as in backward,
  /// where forward's largest buffers lie idle.
  var lendsLargerBlocks = false

  public init() {}

  deinit { releaseFreeBlocks() }

  /// A block for at least `count` floats, of unspecified content; it returns to the pool when the storage is released.
  func storage(for count: Int) -> Storage {
    let capacity = Self.capacity(for: count)
    let block = free[capacity]?.popLast() ?? larger(than: capacity) ?? allocate(capacity)
    bytesInUse += block.capacity * 4
    peakBytesInUse = max(peakBytesInUse, bytesInUse)
    return Storage(block, returningTo: self)
  }

  /// The smallest free block that may be lent for a request.
  private func larger(than capacity: Int) -> Block? {
    guard lendsLargerBlocks else { return nil }
    let fitting = free.lazy.filter { $0.key > capacity && $0.key <= 4 * capacity && !$0.value.isEmpty }.map(\.key).min()
    return fitting.flatMap { free[$0]?.popLast() }
  }

  func takeBack(_ block: Block) {
    bytesInUse -= block.capacity * 4
    free[block.capacity, default: []].append(block)
  }

  /// Gives unused blocks back to the system.
  public func releaseFreeBlocks() {
    for block in free.values.joined() {
      reservedBytes -= block.capacity * 4
      unsafe Foundation.free(block.base)
    }
    free.removeAll()
  }

  /// Sizes are rounded up to a sixteenth of their power of two, so that nearly equal shapes share blocks.
  static func capacity(for count: Int) -> Int {
    let power = count > 0 ? 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount) : 1
    let granule = max(16, power / 16)
    return max(granule, (count + granule - 1) / granule * granule)
  }

  private func allocate(_ capacity: Int) -> Block {
    let bytes = capacity * 4
    let isLarge = bytes >= 4 << 20
    let alignment = isLarge ? 2 << 20 : 64
    var pointer: UnsafeMutableRawPointer?
    let code = unsafe posix_memalign(&pointer, alignment, bytes)
    guard code == 0, let base = unsafe pointer else {
      fatalError("out of memory: a buffer of \(bytes) bytes was refused by the system; reduce the batch size or the model")
    }
    if isLarge { unsafe _ = madvise(base, bytes, MADV_HUGEPAGE) }
    misses += 1
    reservedBytes += bytes
    return unsafe Block(base: base.bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
  }
}

/// Memory that belongs either to the pool or to one storage.
@safe struct Block {
  let base: UnsafeMutablePointer<Float>
  let capacity: Int
}

/// Owns a block while tensors refer to it.
final class Storage {
  let block: Block
  private let pool: BufferPool

  init(_ block: Block, returningTo pool: BufferPool) {
    self.block = block
    self.pool = pool
  }

  deinit { pool.takeBack(block) }
}
