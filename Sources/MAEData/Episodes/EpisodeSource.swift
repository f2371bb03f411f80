import MAECore
import MAEMedia

/// An episode that samples are cut out of: of each frame the pictures of the cameras that the request names, and of the last one
/// the vector, if it names one.
final class EpisodeSource: SampleSource {
  private let path: String
  private let episode: Episode
  private var decoded = 0

  init(_ path: String, for request: SampleRequest) throws(DataError) {
    self.path = path
    episode = try Episode(path: path, views: request.views, vector: request.vector)
  }

  var details: ManifestFile.Details {
    ManifestFile.Details(width: episode.size.width, height: episode.size.height, frames: episode.rows, duration: nil)
  }
  var frameRate: Double { 0 }
  var memory: Int { episode.views.values.reduce(4 * (episode.vectors?.count ?? 0)) { $0 + $1.bytes.count } }
  var needsReopening: Bool { false }

  func takeDecodedFrameCount() -> Int {
    defer { decoded = 0 }
    return decoded
  }

  func numbers(at frames: [FrameNumber]) -> [String: Double] { EpisodeNumbers.named(episode.rewards, at: frames) }

  func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
    windows.map { window in
      do throws(DataError) {
        decoded += window.frames.count * request.viewCount
        return .success(try episode.clip(window, for: request, path: path))
      } catch {
        return .failure(SampleFailure(error.reason, isWholeFile: true))
      }
    }
  }
}

extension DataError {
  /// A video or still where a sample shows several cameras.
  static func singleCamera(_ path: String, _ views: [String]) -> DataError {
    DataError(
      .unusable, path: path,
      "it is of one camera, and a sample shows \(views.joined(separator: ", ")); give episodes (.npz) with an array for each")
  }

  /// A video or still where a sample has a vector beside its picture.
  static func noVector(_ path: String, _ vector: VectorInput) -> DataError {
    DataError(
      .unusable, path: path,
      "it has pictures alone, and a sample has the vector \(vector.name) beside its picture; give episodes (.npz) with such an "
        + "array [rows, \(vector.count)]")
  }
}

extension Episode {
  /// A part of it, frame by frame and in each the cameras in the order of the request; of a request without cameras `image`, or
  /// the first by name. Its vector is that of the last frame.
  ///
  /// - Throws: ``DataError`` when pictures are not as large or not as colourful as the model takes them, or a camera or the
  ///   vector is missing.
  package func clip(_ window: SampleWindow, for request: SampleRequest, path: String) throws(DataError) -> Clip {
    guard size == request.size else {
      throw DataError(
        .unusable, path: path,
        "its pictures have \(size) pixels, and the model takes \(request.size); choose --input-size "
          + "\(size.height == size.width ? "\(size.width)" : "\(size.height)x\(size.width)"), or save episodes of that size")
    }
    let names = request.views ?? [views["image"] == nil ? views.keys.sorted()[0] : "image"]
    if let missing = names.first(where: { views[$0] == nil }) {
      throw DataError(
        .unusable, path: path, "there is no view \(missing) in it; it has \(views.keys.sorted().joined(separator: ", "))")
    }
    let isGrouped = request.groupsByView
    let order =
      isGrouped
      ? names.flatMap { name in window.frames.map { ($0, name) } } : window.frames.flatMap { frame in names.map { (frame, $0) } }
    var pixels: [UInt8] = []
    for (frame, name) in order {
      let picture = picture(frame.value, of: name)
      guard picture.channels == request.channels else {
        throw DataError(
          .unusable, path: path,
          "the pictures of \(name) have \(picture.channels.count) channels, and the model takes \(request.channels.count)")
      }
      pixels +=
        Resampler.resize(
          picture, crop: window.crop, to: request.size, filter: request.crop.filter, isFlipped: window.isFlipped
        ).pixels
    }
    var clip = Clip(size: request.size, channels: request.channels, times: order.map { Double($0.0.value) }, pixels: pixels)
    if let vector = request.vector {
      guard let vectors, let last = window.frames.last else { throw .noVector(path, vector) }
      clip.vector = Array(vectors[last.value * vector.count..<(last.value + 1) * vector.count])
    }
    return clip
  }
}
