import Foundation

/// Gives out memory for floats and takes it back, so that a training step that repeats its shapes asks the system for none.
///
/// Blocks are cut from large regions at the smallest free place that fits, and neighbours that are free become one again: a step
/// needs little more than what it has in use at its peak. A region is address space; memory comes with the first touch, in huge
/// pages where the system has them. Belongs to one thread.
public final class BufferPool {
  private var regions: [Region] = []

  /// Times that memory was taken that had not been used before.
  public private(set) var misses = 0
  /// Bytes that have been used at least once and not been given back to the system.
  public var reservedBytes: Int { regions.reduce(0) { $0 + $1.reserved * 4 } }
  /// Of buffers that are not back in the pool.
  public private(set) var bytesInUse = 0
  /// The most that there were at a time.
  public private(set) var peakBytesInUse = 0

  /// Without memory; it grows with what is asked for.
  public init() {}

  deinit { releaseFreeRegions() }

  /// A block for at least `count` floats, of unspecified content; it returns to the pool when the storage is released.
  func storage(for count: Int) -> Storage {
    // Whole cache lines.
    let count = (max(1, count) + 15) / 16 * 16
    let block = freeBlock(count) ?? newBlock(count)
    bytesInUse += count * 4
    peakBytesInUse = max(peakBytesInUse, bytesInUse)
    return Storage(block, returningTo: self)
  }

  func takeBack(_ block: Block) {
    bytesInUse -= block.count * 4
    // Regions are few: a large model has one or two for each gigabyte.
    for index in regions.indices where regions[index].contains(block) { return regions[index].takeBack(block) }
  }

  /// Gives regions of which nothing is in use back to the system.
  public func releaseFreeRegions() {
    for region in regions where region.isFree { region.unmap() }
    regions.removeAll { $0.isFree }
  }

  /// The beginning of the smallest free place that is large enough.
  private func freeBlock(_ count: Int) -> Block? {
    var best: (region: Int, size: Int)?
    for (index, region) in regions.enumerated() {
      if let size = region.smallestFree(for: count), size < best?.size ?? .max { best = (index, size) }
    }
    return best.map { regions[$0.region].take(count, ofSize: $0.size) }
  }

  /// A block at the end of what has been used of a region.
  private func newBlock(_ count: Int) -> Block {
    misses += 1
    let index =
      regions.firstIndex { $0.hasRoom(for: count) }
      ?? {
        regions.append(Region(atLeast: count))
        return regions.count - 1
      }()
    return regions[index].extend(by: count)
  }
}

/// A piece of address space that blocks are cut from. Counts are floats.
@safe private struct Region {
  private let base: UnsafeMutablePointer<Float>
  private let capacity: Int
  /// What has been used at least once: the first so many.
  private(set) var reserved = 0
  /// Places below `reserved` that are free, ascending; no two touch.
  private var free: [Range<Int>] = []

  init(atLeast count: Int) {
    // A gigabyte costs nothing until it is touched; where address space is limited, what is needed has to do.
    for capacity in [max(1 << 28, count), count] {
      // Huge pages start at multiples of 2 MiB.
      let slack = 2 << 20
      let address = unsafe mmap(
        nil, capacity * 4 + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      guard let address = unsafe address, unsafe address != MAP_FAILED else { continue }
      let start = unsafe address.alignedUp(toMultipleOf: slack)
      unsafe munmap(address, start - address)
      let end = unsafe start + capacity * 4
      unsafe munmap(end, address + capacity * 4 + slack - end)
      unsafe madvise(start, capacity * 4, MADV_HUGEPAGE)
      unsafe base = start.bindMemory(to: Float.self, capacity: capacity)
      self.capacity = capacity
      return
    }
    fatalError("out of memory: a buffer of \(count * 4) bytes was refused by the system; reduce the batch size or the model")
  }

  var isFree: Bool { free.reduce(0) { $0 + $1.count } == reserved }

  func unmap() { unsafe munmap(base, capacity * 4) }

  func contains(_ block: Block) -> Bool { unsafe block.base >= base && block.base < base + capacity }

  func smallestFree(for count: Int) -> Int? { free.lazy.map(\.count).filter { $0 >= count }.min() }

  /// Cuts a block from the first free place of exactly this size.
  mutating func take(_ count: Int, ofSize size: Int) -> Block {
    let index = free.firstIndex { $0.count == size }!
    let start = free[index].lowerBound
    if size == count {
      free.remove(at: index)
    } else {
      free[index] = start + count..<start + size
    }
    return block(start, count)
  }

  func hasRoom(for count: Int) -> Bool { unused + count <= capacity }

  /// A block behind the last one in use.
  mutating func extend(by count: Int) -> Block {
    let start = unused
    if start < reserved { free.removeLast() }
    reserved = start + count
    return block(start, count)
  }

  mutating func takeBack(_ block: Block) {
    let start = unsafe block.base - base
    var range = start..<start + block.count
    var index = free.firstIndex { $0.lowerBound > start } ?? free.count
    if index < free.count, free[index].lowerBound == range.upperBound {
      range = range.lowerBound..<free.remove(at: index).upperBound
    }
    if index > 0, free[index - 1].upperBound == range.lowerBound {
      index -= 1
      range = free.remove(at: index).lowerBound..<range.upperBound
    }
    free.insert(range, at: index)
  }

  /// Where the free end of what is reserved starts.
  private var unused: Int { free.last.map { $0.upperBound == reserved ? $0.lowerBound : reserved } ?? reserved }

  private func block(_ start: Int, _ count: Int) -> Block { unsafe Block(base: base + start, count: count) }
}

/// Memory that belongs either to the pool or to one storage.
@safe struct Block {
  let base: UnsafeMutablePointer<Float>
  let count: Int
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
