import Foundation
import MaskedAutoencoders
import Synchronization

/// What people read while a command works goes to standard error; results go to standard output.
///
/// Neither can end a training: what cannot be said is not said, and a result that could not be written decides the exit code at
/// the end. Of processes that work together the first one speaks.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  static let usesColour = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

  /// Why a result could not be written, as `errno`; 0 while all could.
  private static let failure = Atomic<Int32>(0)

  /// To be called before anything is opened or written.
  ///
  /// A reader that goes away is an error of `write`, not the end of the program. Standard streams that are closed get a place
  /// that cannot be written: otherwise the next file that is opened would get their number, and messages would land in it.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", O_RDONLY)
    }
  }

  /// Lets the first signal end the work where it can go on; one process of several answers, and not between lines for programs.
  ///
  /// - Parameter saves: whether the answer says that the step is finished and saved.
  static func catchSignals(saves: Bool = true) {
    StopSignal.install(saves: saves, speaks: !Together.isSilent && ProgressStyle.current != .json)
  }

  /// - Parameter title: words in front, in bold.
  static func say(_ text: String, title: String = "") {
    guard ProgressStyle.current != .json else {
      let name = title.trimmingCharacters(in: .whitespaces)
      return line(name.isEmpty ? ["message": .text(text)] : ["message": .text(text), "about": .text(name)])
    }
    write((title.isEmpty ? "" : colour(title, "1")) + text.withoutControls + "\n")
  }

  /// - Parameter always: also where another process speaks for all.
  static func error(_ sentence: String, always: Bool = false) {
    let text =
      ProgressStyle.current == .json
      ? JSONText.line(["error": .text(sentence)] as JSONValue) + "\n" : colour("mae: ", "31") + sentence.withoutControls + "\n"
    if always { put(text.shownPath, to: STDERR_FILENO) } else { write(text) }
  }

  static func result(_ text: String, terminator: String = "\n") {
    guard !Together.isSilent else { return }
    // Other programs get names as they are, as `ls` does it.
    let code = put((isatty(STDOUT_FILENO) == 1 ? text.withoutControls : text) + terminator, to: STDOUT_FILENO)
    if code != 0 { failure.store(code, ordering: .relaxed) }
  }

  /// A line for programs.
  static func line(_ value: JSONValue) { write(JSONText.line(value) + "\n") }

  static func write(_ text: String) { if !Together.isSilent { put(text.shownPath, to: STDERR_FILENO) } }

  static func colour(_ text: String, _ code: String) -> String { usesColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }

  /// Why results are not where they should be; nil when all were written.
  static var resultFailure: String? {
    errno = 0
    if fflush(nil) != 0 { failure.store(errno, ordering: .relaxed) }
    let code = failure.load(ordering: .relaxed)
    return code == 0 ? nil : unsafe String(cString: strerror(code))
  }

  /// Columns of the terminal.
  static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes a text as a whole, past the buffers of the C library.
  ///
  /// - Returns: `errno`, 0 when all of it was written.
  @discardableResult
  private static func put(_ text: String, to descriptor: Int32) -> Int32 {
    // Paths leave as the bytes that they are.
    return unsafe text.pathBytes.withUnsafeBufferPointer { bytes in
      var done = 0
      while done < bytes.count {
        let count = unsafe Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if count < 0 {
          // A terminal or pipe that does not wait is full for the moment.
          guard errno == EINTR || errno == EAGAIN else { return errno }
          if errno == EAGAIN { usleep(1000) }
        } else {
          done += count
        }
      }
      return 0
    }
  }
}
