import Foundation
import MAEFoundation

/// A media file that cannot be read or written: which file, what was being done, and why it failed.
///
/// The description is one sentence, e.g. `a.mp4: decoding frame 311: Invalid data found when processing input`.
public struct MediaError: ExplainedError, Hashable {
  /// Decides the exit code.
  public var kind: FailureKind
  /// FFmpeg's result, or the code that comes closest.
  public var code: FFmpegCode
  /// Of the media file.
  public var path: String
  /// The action that failed, e.g. "decoding frame 311".
  public var doing: String
  /// The reason in words where the code alone would not explain it.
  public var reason: String?
  /// Seconds from the first shown frame to the one that failed, where one did.
  public var frameTime: Double?

  /// - Parameter kind: nil: as `code` says for a file that is read.
  public init(
    _ kind: FailureKind? = nil, code: FFmpegCode, path: String, doing: String, reason: String? = nil, frameTime: Double? = nil
  ) {
    self.kind = kind ?? code.readingFailure
    self.code = code
    self.path = path
    self.doing = doing
    self.reason = reason
    self.frameTime = frameTime
  }

  /// `path: doing: reason`
  public var description: String { "\(path): \(doing): \(reason ?? code.text)" }
}

extension FFmpegCode {
  /// The kind of trouble that the code is where a file is read.
  var readingFailure: FailureKind {
    switch -rawValue {
    case ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG: .missing
    case EIO, EMFILE, ENFILE, ESTALE: .inputOutput
    case -Self.noDecoder.rawValue, -Self.noEncoder.rawValue: .unavailable
    default: .unusable
    }
  }
}
