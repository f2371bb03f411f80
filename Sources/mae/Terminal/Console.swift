import Foundation

/// What people read while a command works goes to standard error; results go to standard output.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  static let usesColour = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

  static func say(_ text: String) { write(text + "\n") }

  static func error(_ sentence: String) { write(colour("mae: ", "31") + sentence + "\n") }

  static func result(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  static func colour(_ text: String, _ code: String) -> String { usesColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }

  /// Columns of the terminal.
  static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
