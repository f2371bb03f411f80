import MAECore
import MAEData

/// Where a trainer gets its batches from; batch *k* must be the same whenever it is asked for.
public protocol BatchSource: AnyObject {
  /// The next batch; waits until it is there.
  func next() throws -> ClipBatch
  /// Seconds spent waiting in ``next()`` so far.
  var waitSeconds: Double { get }
  /// Files that could not be used so far.
  var badFiles: [BadFile] { get }
  /// What reading cost so far; nil where nothing is read.
  var effort: LoaderStatistics? { get }
  /// What was done to samples so that the model can take them, a sentence for each kind of thing.
  var remarks: [String] { get }
  /// Reads that failed although the file may be good; a run that continues needs them.
  var failedReads: FailedReads { get }
}

extension BatchSource {
  /// Nothing is read.
  public var effort: LoaderStatistics? { nil }
  /// None.
  public var remarks: [String] { [] }
  /// None.
  public var failedReads: FailedReads { FailedReads() }
}

extension ClipLoader: BatchSource {
  /// Seconds spent waiting for workers.
  public var waitSeconds: Double { statistics.waitSeconds }
  /// What workers did.
  public var effort: LoaderStatistics? { statistics }
}
