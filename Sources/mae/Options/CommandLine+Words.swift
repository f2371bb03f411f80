import Foundation
import MAEFoundation

extension CommandLine {
  /// The words of the command line as they were typed: arguments are bytes, and `arguments` repairs those that are no text.
  static let words: [String] = (0..<Int(argc)).compactMap { index in
    guard let word = unsafe unsafeArgv[index] else { return nil }
    return unsafe String(pathBytes: UnsafeRawBufferPointer(start: word, count: strlen(word)))
  }
}
