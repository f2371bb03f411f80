/// Effort of a ``ClipLoader`` since it was made.
public struct LoaderStatistics: Hashable, Codable, Sendable {
  /// Seconds that callers of ``ClipLoader/next()`` waited.
  public var waitSeconds = 0.0
  /// Seconds that workers spent opening, decoding and resizing, added over workers.
  public var loadSeconds = 0.0
  /// Processor seconds of the same; less than `loadSeconds` when files are slow to read or processors are busy.
  public var processorSeconds = 0.0
  /// Samples that workers have finished, ahead of the batches handed out.
  public var samplesLoaded = 0
  /// Frames that decoders were given.
  public var framesDecoded = 0
  /// Frames of the samples.
  public var framesDelivered = 0
  /// Batches handed out.
  public var batches = 0
  /// Files opened, and times an open one was used again.
  public var filesOpened = 0
  /// Files that were still open when they were drawn again.
  public var filesReused = 0

  /// Nothing read yet.
  public init() {}

  /// The effort since an earlier moment.
  public static func - (now: Self, earlier: Self) -> Self {
    var difference = now
    difference.waitSeconds -= earlier.waitSeconds
    difference.loadSeconds -= earlier.loadSeconds
    difference.processorSeconds -= earlier.processorSeconds
    difference.samplesLoaded -= earlier.samplesLoaded
    difference.framesDecoded -= earlier.framesDecoded
    difference.framesDelivered -= earlier.framesDelivered
    difference.batches -= earlier.batches
    difference.filesOpened -= earlier.filesOpened
    difference.filesReused -= earlier.filesReused
    return difference
  }

  /// Adds what a worker did; waiting and batches are counted elsewhere.
  mutating func add(_ effort: Effort) {
    loadSeconds += effort.loadSeconds
    processorSeconds += effort.processorSeconds
    samplesLoaded += effort.samplesLoaded
    framesDecoded += effort.framesDecoded
    framesDelivered += effort.framesDelivered
    filesOpened += effort.filesOpened
    filesReused += effort.filesReused
  }
}

/// What reading a few samples cost.
struct Effort: Sendable {
  var loadSeconds = 0.0
  var processorSeconds = 0.0
  var samplesLoaded = 0
  var framesDecoded = 0
  var framesDelivered = 0
  var filesOpened = 0
  var filesReused = 0
}
