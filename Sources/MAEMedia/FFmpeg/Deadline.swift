import CFFmpeg
import Foundation
import MAEFoundation

/// The moment at which an operation gives up: when nothing has got on for too long. FFmpeg asks it while it waits for the file.
final class Deadline {
  private let limit: Duration?
  private let progress = Progress.current ?? Progress()

  init(limit: Duration?) { self.limit = limit }

  /// Something got done: the time begins anew.
  func restart() { progress.advance() }

  var hasPassed: Bool { limit.map { progress.idleTime >= $0 } ?? false }

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
    if hasPassed { throw MediaError.gaveUp(path, doing: doing(), after: limit) }
  }
}

extension MediaError {
  /// The storage failed, as far as is known, and not the file.
  package var isReadError: Bool { SystemError(-code.rawValue).mayPass }

  /// Nothing got on for longer than allowed.
  package static func gaveUp(_ path: String, doing: String, after limit: Duration?) -> Self {
    let time = limit.map { String(format: "%g s", $0.inSeconds) } ?? "as long as allowed"
    return MediaError(
      code: .interrupted, path: path, doing: doing, reason: "nothing got on for \(time); the file is given up")
  }
}
