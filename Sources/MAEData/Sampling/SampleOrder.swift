import MAECore

/// Which file each sample of a run comes from.
///
/// Sample `index` of epoch `epoch` is a pure function of the seed and these two numbers: every epoch has its own permutation of
/// the files, and each file is drawn from `repeats` times in a row (repeated augmentation).
///
/// Batches are always full. An epoch of at least one batch drops what is left after its last full batch, as the published
/// training programs do (`drop_last`); the samples of a smaller one follow each other without a gap, so that one batch may
/// cover several epochs:
///
///     7 files, batch 3:  abc def | dbf gac | …        one file of each epoch is not drawn
///     2 files, batch 3:  abb aab | aba bba | …        every two samples are an epoch
public struct SampleOrder: Hashable, Sendable {
  /// Where a sample stands.
  public struct Place: Hashable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Number of the sample within its epoch.
    public var index: Int
    /// Number of its file in the epoch's permutation.
    public var draw: Int
  }

  /// Files of an epoch.
  public let fileCount: Int
  /// Samples of each file, one after the other.
  public let repeats: Int
  /// Samples of a batch.
  public let batchSize: Int
  /// Whether each epoch has an order of its own; else files come as listed.
  public let isShuffled: Bool
  private let random: RandomStream

  /// - Parameters:
  ///   - repeats: Samples drawn from a file each time its turn comes.
  ///   - isShuffled: Whether files come in random order; else they come as listed, and nothing is dropped.
  /// - Precondition: all counts are positive.
  public init(fileCount: Int, repeats: Int = 1, batchSize: Int, seed: UInt64, isShuffled: Bool = true) {
    precondition(fileCount > 0 && repeats > 0 && batchSize > 0, "SampleOrder: nothing to order")
    self.fileCount = fileCount
    self.repeats = repeats
    self.batchSize = batchSize
    self.isShuffled = isShuffled
    random = RandomStream(seed: seed)
  }

  /// Before what does not fill a batch is dropped.
  public var samplesPerEpoch: Int { fileCount * repeats }

  /// Batches that count as an epoch: the full ones; without shuffling also a last one that runs into the next epoch.
  public var batchesPerEpoch: Int {
    isShuffled ? max(1, samplesPerEpoch / batchSize) : (samplesPerEpoch + batchSize - 1) / batchSize
  }

  private var dropsRemainder: Bool { isShuffled && samplesPerEpoch >= batchSize }

  /// The place of the sample that has `position` samples before it in the run.
  public func place(of position: Int) -> Place {
    let epoch: Int
    let index: Int
    if dropsRemainder {
      let (batch, slot) = position.quotientAndRemainder(dividingBy: batchSize)
      epoch = batch / batchesPerEpoch
      index = batch % batchesPerEpoch * batchSize + slot
    } else {
      (epoch, index) = position.quotientAndRemainder(dividingBy: samplesPerEpoch)
    }
    return Place(epoch: epoch, index: index, draw: index / repeats)
  }

  /// The files of an epoch in the order in which they are drawn, as numbers in the manifest.
  public func files(inEpoch epoch: Int) -> [Int32] {
    guard isShuffled else { return Array(0..<Int32(fileCount)) }
    var stream = random.fork("order", epoch)
    return stream.permutation(fileCount)
  }

  /// The random numbers for a sample: `attempt` counts the files that were tried in vain before.
  public func stream(for place: Place, attempt: Int) -> RandomStream {
    random.fork("sample", place.epoch, place.index, attempt)
  }
}
