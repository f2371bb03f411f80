import Foundation

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system's number, e.g. `EIO`.
  public var number: Int32

  /// An error by its number, as in `errno`.
  public init(_ number: Int32) { self.number = number }

  /// The system's words, e.g. "Input/output error".
  public var description: String { unsafe String(cString: strerror(number)) }

  /// Whether the same call may succeed a little later, as on a network drive or a tired disk.
  public var mayPass: Bool { Self.passing.contains(number) }

  private static let passing: Set = [
    EIO, ESTALE, ETIMEDOUT, EAGAIN, EBUSY, ENOBUFS, EREMOTEIO, ENOTCONN, ECONNRESET, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH,
    ENETDOWN, ENETUNREACH,
  ]
}
