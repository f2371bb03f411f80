import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// A folder of numbered stills, the frames of a video: `000001.jpg`, `000002.jpg` …
package struct FrameFolder {
  /// In the order of their numbers.
  let paths: [String]
  /// Frames per second.
  let frameRate: Double
  /// Of the first frame, upright; the others are cut as it is.
  let size: FrameSize
  private let allowsTruncated: Bool
  private let timeLimit: Duration?

  /// Frames per second of a folder that is an episode, where rows count and times do not.
  static let episodeRate = 1.0

  private static let endings: Set = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "ppm", "pgm"]

  /// Whether a file is named like a frame: a still with a number at the end of its name.
  static func isFrame(_ path: String) -> Bool { endings.contains(path.fileExtension) && number(path) != nil }

  /// - Throws: ``MediaError`` when there is no frame, or the first one cannot be read.
  init(
    _ folder: String, frameRate: Double, timeLimit: Duration?, allowsTruncated: Bool
  ) throws(MediaError) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let found = names.filter { !$0.hasPrefix(".") && Self.isFrame($0) }
    paths = found.map { (Self.number($0)!, $0) }.sorted { $0 < $1 }.map { "\(folder)/\($0.1)" }
    guard let first = paths.first else {
      throw MediaError(
        code: .unknownFormat, path: folder, doing: "opening", reason: "it has no stills with numbers in their names")
    }
    size = try DecodedStill(path: first, timeLimit: timeLimit, allowsTruncated: allowsTruncated).size
    (self.frameRate, self.timeLimit, self.allowsTruncated) = (frameRate, timeLimit, allowsTruncated)
  }

  func clip(_ window: SampleWindow, for request: SampleRequest) throws(MediaError) -> Clip {
    var pixels: [UInt8] = []
    var last: (number: FrameNumber, pixels: [UInt8])?
    for number in window.frames {
      if last?.number != number {
        let picture = try still(number.value).read(
          channels: request.channels, crop: window.crop, isFlipped: window.isFlipped, size: request.size,
          filter: request.crop.filter)
        last = (number, picture.pixels)
      }
      pixels += last!.pixels
    }
    return Clip(
      size: request.size, channels: request.channels, times: window.frames.map { Double($0.value) / frameRate }, pixels: pixels)
  }

  /// Decodes every frame.
  ///
  /// - Throws: ``MediaError`` for the first that cannot be decoded, or has another size.
  func decodeAll() throws(MediaError) {
    for number in paths.indices { _ = try still(number) }
  }

  private func still(_ number: Int) throws(MediaError) -> DecodedStill {
    let still = try DecodedStill(path: paths[number], timeLimit: timeLimit, allowsTruncated: allowsTruncated)
    guard still.size == size else {
      throw MediaError(
        code: .invalidData, path: paths[number], doing: "reading",
        reason: "it has \(still.size) pixels, and the first frame of its folder \(size)")
    }
    return still
  }

  /// The digits at the end of a name, before its ending.
  static func number(_ path: String) -> Int? {
    let bytes = path.utf8
    guard let end = bytes.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    let digits = bytes[..<end].reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return Int(path[digits.endIndex.base..<end])
  }
}
