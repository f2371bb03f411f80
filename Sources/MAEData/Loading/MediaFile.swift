import MAECore
import MAEMedia

/// An opened video or still. It belongs to one thread at a time.
package enum MediaFile {
  case video(VideoReader)
  case still(DecodedStill)
  case episode(Episode, path: String)

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - kind: what it is; nil: as its content tells.
  ///   - options: of videos; of a still, which is decoded at once, the time limit counts.
  ///   - allowsTruncated: Takes what there is of a still whose end is missing.
  ///   - vector: an array of an episode that is read as vectors; nil = none.
  /// - Throws: ``MediaError`` when it cannot be read, or is neither a video nor a picture.
  package static func open(
    _ path: String, as kind: ManifestFile.Kind? = nil, _ options: VideoReader.Options, allowsTruncated: Bool = false,
    vector: VectorInput? = nil
  ) throws(MediaError) -> MediaFile {
    if Episode.isNamedLikeOne(path) {
      do throws(DataError) {
        return .episode(try Episode(path: path, vector: vector), path: path)
      } catch {
        throw MediaError(error.kind, code: .invalidData, path: path, doing: "reading the episode", reason: error.reason)
      }
    }
    let found: MediaKind =
      switch kind {
      case .video: .video
      case .still: .still
      case nil: try MediaProbe.kind(of: path, timeLimit: options.timeLimit)
      }
    switch found {
    case .video: return .video(try VideoReader(path: path, options: options))
    case .still: return .still(try DecodedStill(path: path, timeLimit: options.timeLimit, allowsTruncated: allowsTruncated))
    case .notMedia:
      throw MediaError(
        code: .unknownFormat, path: path, doing: "opening",
        reason: ForeignContent.description(of: path) ?? "it is neither a video nor a picture")
    }
  }

  /// Upright, in pixels.
  package var size: FrameSize {
    switch self {
    case .video(let reader): reader.info.size
    case .still(let still): still.size
    case .episode(let episode, _): episode.size
    }
  }

  /// A part of it; a still stands still for all frames.
  package func clip(_ window: SampleWindow, for request: SampleRequest) throws(MediaError) -> Clip {
    switch self {
    case .video(let reader):
      return try reader.clip(
        at: window.frames, crop: window.crop, isFlipped: window.isFlipped, size: request.size, filter: request.crop.filter)
    case .episode(let episode, let path):
      do throws(DataError) {
        return try episode.clip(window, for: request, path: path)
      } catch {
        throw MediaError(error.kind, code: .invalidData, path: path, doing: "reading the episode", reason: error.reason)
      }
    case .still(let still):
      let picture = try still.read(
        channels: request.channels, crop: window.crop, isFlipped: window.isFlipped, size: request.size,
        filter: request.crop.filter)
      let count = window.frames.count
      return Clip(
        size: request.size, channels: request.channels, times: Array(repeating: 0, count: count),
        pixels: count == 1 ? picture.pixels : Array(repeatElement(picture.pixels, count: count).joined()))
    }
  }
}
