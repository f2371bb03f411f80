import CFFmpeg
import Foundation
import Synchronization

/// What FFmpeg's log says of errors while a thread decodes.
final class Complaints: Sendable {
  /// Of the work that the current thread does.
  @TaskLocal static var current: Complaints?

  private let state = Mutex((count: 0, first: String?.none))

  var count: Int { state.withLock { $0.count } }
  var first: String? { state.withLock { $0.first } }

  func add(_ text: @autoclosure () -> String) {
    state.withLock { state in
      state.count += 1
      if state.first == nil { state.first = text() }
    }
  }

  /// Takes FFmpeg's messages from now on; without anybody who listens they are dropped.
  static func listen() {
    unsafe av_log_set_callback { _, level, format, arguments in
      guard level >= 0, level & 0xff <= AV_LOG_ERROR, let complaints = Complaints.current, let format = unsafe format,
        let arguments = unsafe arguments
      else { return }
      var characters = [CChar](repeating: 0, count: 256)
      _ = unsafe vsnprintf(&characters, characters.count, format, arguments)
      complaints.add(
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
