import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// The frames of a sequence, whole and at their own size: those of a video, or numbered stills.
///
/// It belongs to one thread at a time.
public final class SequenceFrames {
  /// Where frames lie.
  public enum Place: Hashable, Sendable {
    case video(String)
    /// In the order of their numbers.
    case stills([String])
  }

  /// Of every frame, in pixels.
  public let size: FrameSize
  /// A name for each frame, of the stills or `00000` ….
  public let names: [String]
  /// Frames per second; of stills 24, as DAVIS has it.
  public let frameRate: Double
  private let place: Place
  private let channels: PixelChannels
  private let timeLimit: Duration?
  private let reader: VideoReader?

  /// Opens a video, or looks at the first still.
  ///
  /// - Throws: ``DataError`` when it cannot be read.
  public init(_ place: Place, channels: PixelChannels = .rgb, timeLimit: Duration? = .seconds(60)) throws(DataError) {
    (self.place, self.channels, self.timeLimit) = (place, channels, timeLimit)
    do throws(MediaError) {
      switch place {
      case .video(let path):
        let reader = try VideoReader(path: path, options: .init(channels: channels, timeLimit: timeLimit))
        (size, frameRate) = (reader.info.size, reader.info.frameRate)
        names = (0..<reader.info.frameCount).map(Self.name(of:))
        self.reader = reader
      case .stills(let paths):
        (size, frameRate) = (try StillReader.size(path: paths[0]), 24)
        names = paths.map(\.fileStem)
        reader = nil
      }
    } catch { throw DataError(error) }
  }

  /// Of a frame of a video.
  package static func name(of number: Int) -> String { String(format: "%05d", number) }

  /// How many there are.
  public var count: Int { names.count }

  /// One frame.
  ///
  /// - Throws: ``DataError`` when it cannot be decoded or has another size than the first.
  public func frame(_ number: Int) throws(DataError) -> Image {
    do throws(MediaError) {
      if let reader { return try reader.clip(at: [FrameNumber(number)]).frame(0) }
      guard case .stills(let paths) = place else { preconditionFailure("SequenceFrames: no reader") }
      let still = try DecodedStill(path: paths[number], timeLimit: timeLimit)
      guard still.size == size else {
        throw MediaError(
          code: .invalidData, path: paths[number], doing: "reading",
          reason: "it has \(still.size) pixels, and the first frame of its sequence \(size)")
      }
      return try still.read(channels: channels)
    } catch { throw DataError(error) }
  }
}

extension String {
  /// The name of a file without folder and ending.
  package var fileStem: String {
    let name = split(separator: "/").last.map(String.init) ?? self
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}
