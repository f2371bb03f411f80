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
}

extension ClipLoader: BatchSource {
  public var waitSeconds: Double { statistics.waitSeconds }
}
