import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia

/// Exact frames of a video, or a still, as pictures, upright and at its own size: the result of `mae frames`.
public struct FramePictures: Sendable {
  /// Which frames of a video.
  public enum Choice: Hashable, Sendable {
    /// By their numbers, from 0.
    case numbers([Int])
    /// Those that are shown at times in seconds, the first frame's being 0.
    case times([Double])
    /// A clip of `frames` frames, `stride` apart, from the frame `start` on or in the middle.
    case clip(frames: Int, stride: Int, start: Int? = nil)
  }

  /// Of the video.
  public let path: String
  private let isClip: Bool
  /// The frames that were chosen, in the order asked for; a short video repeats its last one.
  public let numbers: [FrameNumber]
  /// The frames in the order of ``numbers``.
  public let frames: Clip

  /// Decodes the frames.
  ///
  /// - Parameters:
  ///   - squarePixels: whether pictures whose pixels are not square are stretched to what players show.
  ///   - timeLimit: how long nothing may get on before the video is given up.
  /// - Throws: ``DataError`` of kind `usage` when there is no such frame; ``MediaError`` when the video cannot be read.
  public init(
    _ path: String, _ choice: Choice, squarePixels: Bool = false, timeLimit: Duration? = .seconds(60)
  ) throws {
    self.path = path
    if case .clip = choice { isClip = true } else { isClip = false }
    (numbers, frames) = try WatchedReads<Result<([FrameNumber], Clip), any Error>>(
      of: [path], threads: 1, limit: timeLimit, givenUp: { .failure($0) },
      read: { _ in
        Result { () throws(any Error) in
          switch try MediaFile.open(path, VideoReader.Options(timeLimit: timeLimit)) {
          case .video(let reader):
            let numbers = try Self.numbers(choice, of: path, reader.info, at: reader.frameNumber)
            let size = squarePixels ? reader.info.shownSize : reader.info.size
            return (numbers, try reader.clip(at: numbers, size: size, filter: .bicubic))
          case .episode(let episode, let path):
            let numbers = try Self.numbers(choice, of: path, nil, rows: episode.rows) { FrameNumber(Int($0)) }
            let view = episode.views["image"] == nil ? episode.views.keys.sorted()[0] : "image"
            let pictures = numbers.map { episode.picture($0.value, of: view) }
            return (
              numbers,
              Clip(
                size: episode.size, channels: pictures[0].channels, times: numbers.map { Double($0.value) },
                pixels: pictures.flatMap(\.pixels))
            )
          case .still(let still):
            let numbers = try Self.numbers(choice, of: path, nil) { _ in FrameNumber(0) }
            let picture = try still.read()
            return (
              numbers,
              Clip(
                size: picture.size, channels: picture.channels, times: numbers.map { _ in 0 },
                pixels: Array(repeatElement(picture.pixels, count: numbers.count).joined()))
            )
          }
        }
      }
    ).values()[0].get()
  }

  /// - Parameters:
  ///   - info: of the video; nil: of a still, or of an episode of so many rows.
  ///   - frameNumber: the frame that is shown at a time.
  private static func numbers(
    _ choice: Choice, of path: String, _ info: VideoInfo?, rows: Int = 1, at frameNumber: (Double) -> FrameNumber
  ) throws -> [FrameNumber] {
    let count = info?.frameCount ?? rows
    let rate = info?.frameRate ?? 1
    func inside(_ number: Int) throws(DataError) -> FrameNumber {
      guard number >= 0, number < count else {
        let what = info == nil ? "episode" : "video"
        let extent = count == 1 ? "it is a still, which has frame 0 alone" : "the \(what) has frames 0 to \(count - 1)"
        throw DataError(.usage, path: path, "there is no frame \(number); \(extent)")
      }
      return FrameNumber(number)
    }
    switch choice {
    case .numbers(let numbers): return try numbers.map(inside)
    case .times(let times):
      return try times.map { seconds in
        guard rows == 1 else {
          throw DataError(.usage, path: path, "an episode has no times; choose its frames by numbers, 0 to \(count - 1)")
        }
        guard seconds >= 0, seconds <= info?.duration ?? 0 else {
          let extent = info.map { "the video lasts \($0.duration) s" } ?? "it is a still, which has its frame at 0 s"
          throw DataError(.usage, path: path, "there is no frame at \(seconds) s; \(extent)")
        }
        return frameNumber(seconds)
      }
    case .clip(let frames, let stride, let start):
      let sampler = ClipSampler(.clip(frames: frames, stride: stride))
      guard let start else { return try sampler.centre(in: count, frameRate: rate) }
      return try sampler.frames(from: inside(start), in: count, frameRate: rate)
    }
  }

  /// What to say of a clip that is longer than the video; nil where each of its frames is another one.
  public var remark: String? {
    let count = Set(numbers).count
    guard isClip, count < numbers.count else { return nil }
    let pictures = count == 1 ? "1 picture shows" : "\(count) pictures show"
    return "\(path) ends before a clip of \(numbers.count) frames does: its last frame is repeated, and \(pictures) all of it"
  }

  /// The frames in words, one each.
  public var lines: [String] {
    zip(numbers, frames.times).map { "frame \($0)  at \(String(format: "%.3f", $1)) s  \(frames.size)" }
  }

  /// Writes a PNG per frame, `frame-000311.png`, and if wanted a contact sheet, into a folder that is made if need be.
  ///
  /// - Returns: the paths of the pictures.
  /// - Throws: ``FileError`` or ``MediaError`` when something cannot be written, or would replace what the frames are of.
  public func write(to folder: String, withSheet: Bool = false) throws -> [String] {
    try Folder.make(folder)
    var pictures: [(path: String, image: Image)] = []
    // A short video repeats its last frame in a clip; one file of it is enough.
    for (index, number) in numbers.enumerated() where numbers.firstIndex(of: number) == index {
      pictures.append(("\(folder)/frame-\(String(format: "%06d", number.value)).png", frames.frame(index)))
    }
    if withSheet { pictures.append(("\(folder)/sheet.png", sheet)) }
    try SourceFiles.requireKept(writing: pictures.map(\.path), reading: [path])
    for picture in pictures { try PictureWriter.writePNG(picture.image, to: picture.path) }
    return pictures.map(\.path)
  }

  /// All frames side by side, small, for a glance.
  public var sheet: Image {
    let width = min(frames.size.width, 240)
    let size = FrameSize(width: width, height: max(1, frames.size.height * width / frames.size.width))
    let columns = min(8, Int(Double(frames.frameCount).squareRoot().rounded(.up)))
    let pictures = (0..<frames.frameCount).map {
      Resampler.resize(frames.frame($0), crop: nil, to: size, filter: .bilinear, isFlipped: false)
    }
    let rows = stride(from: 0, to: pictures.count, by: columns).map { start in
      Montage.Row("frame \(numbers[start])", Array(pictures[start..<min(pictures.count, start + columns)]))
    }
    let name = URL(fileURLWithPath: path).lastPathComponent
    return Montage(title: name, rows: rows, caption: ["frames \(numbers.map(\.description).joined(separator: ", "))"]).draw()
  }
}
