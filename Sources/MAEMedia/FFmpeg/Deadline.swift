import CFFmpeg

/// The moment at which an operation gives up; FFmpeg asks it while it waits for the file.
final class Deadline {
  private let limit: Duration?
  private var end: ContinuousClock.Instant?

  init(limit: Duration?) { self.limit = limit }

  /// Starts the clock for one operation.
  func restart() { end = limit.map { ContinuousClock.now + $0 } }

  var hasPassed: Bool {
    guard let end else { return false }
    return ContinuousClock.now >= end
  }

  /// The callback for FFmpeg. This object must outlive whatever holds the callback.
  var interruptCallback: AVIOInterruptCB {
    unsafe AVIOInterruptCB(
      callback: { opaque in
        guard let opaque = unsafe opaque else { return 0 }
        return unsafe Unmanaged<Deadline>.fromOpaque(opaque).takeUnretainedValue().hasPassed ? 1 : 0
      },
      opaque: Unmanaged.passUnretained(self).toOpaque())
  }

  func check(_ path: String, doing: @autoclosure () -> String) throws(MediaError) {
    if hasPassed {
      throw MediaError(
        code: .interrupted, path: path, doing: doing(),
        reason: "took longer than \(limit.map { "\($0)" } ?? "allowed"); the file is given up")
    }
  }
}
