import Foundation
import MAECore

/// What an agent saw, did and got, row by row; the first row is the reset, whose action and reward are zero.
///
/// As Dreamer and Masked World Models store it, an `.npz` of arrays with equal numbers of rows: pictures
/// `[rows, height, width, channels]` of bytes, one array for each camera, and `action` and `reward`; other arrays are left alone
/// unless one is asked for as a vector.
package struct Episode: Sendable {
  /// Pictures of each camera by its name.
  package let views: [String: NumPyArray]
  /// `[rows, …]`, where there are any.
  package let actions: NumPyArray?
  /// Of each row, where there are any.
  package let rewards: [Float]?
  /// The vectors of all rows one after the other; nil where none were asked for.
  package let vectors: [Float]?
  /// Of the pictures.
  package let size: FrameSize
  /// Pictures of a camera.
  package let rows: Int

  /// Whether a file is named like an episode.
  package static func isNamedLikeOne(_ path: String) -> Bool { path.fileExtension == "npz" }

  /// Reads an episode.
  ///
  /// - Parameters:
  ///   - wanted: names of the cameras that are read; nil = all.
  ///   - vector: an array that is read as vectors; nil = none.
  /// - Throws: ``DataError`` when it cannot be read, has no pictures or no such vectors, or arrays do not fit together.
  package init(path: String, views wanted: [String]? = nil, vector: VectorInput? = nil) throws(DataError) {
    let archive = try NumPyArchive(path: path)
    let names = try archive.namesOfPictures()
    guard !names.isEmpty else {
      throw DataError(
        .unusable, path: path,
        "it holds no pictures: an episode has an array [rows, height, width, 3] of uint8 for each camera, such as image, and "
          + "this has \(archive.names.isEmpty ? "none" : archive.names.joined(separator: ", "))")
    }
    if let missing = (wanted ?? []).first(where: { !names.contains($0) }) {
      throw DataError(
        .unusable, path: path,
        "there is no view \(missing) in it; it has \(names.joined(separator: ", ")) (--views says which a sample shows)")
    }
    var views: [String: NumPyArray] = [:]
    for name in wanted ?? names { views[name] = try archive.array(name) }
    let first = (wanted ?? names)[0]
    let shape = views[first]!.shape
    let rows = shape[0]
    (self.rows, size) = (rows, FrameSize(width: shape[2], height: shape[1]))
    guard rows > 1 else {
      throw DataError(
        .unusable, path: path, "it has \(rows) row\(rows == 1 ? "" : "s"); an episode has the reset and at least one more")
    }
    for (name, view) in views.sorted(by: { $0.key < $1.key }) where view.shape != shape {
      throw DataError(
        .unusable, path: path, "the pictures of \(name) are \(view.shape), those of \(first) \(shape); cameras must agree")
    }
    self.views = views
    func column(_ name: String) throws(DataError) -> NumPyArray? {
      guard archive.names.contains(name) else { return nil }
      let array = try archive.array(name)
      guard array.rows == rows else {
        throw DataError(
          .unusable, path: path,
          "\(name) has \(array.rows) rows for \(rows) pictures; an episode has one for every picture, the "
            + "first for the reset")
      }
      return array
    }
    actions = try column("action")
    let rewards = try column("reward")
    if let rewards, rewards.shape.dropFirst().reduce(1, *) != 1 {
      throw DataError(.unusable, path: path, "reward is \(rewards.shape); expected one number for every picture")
    }
    self.rewards = rewards?.floats()
    guard let vector else {
      vectors = nil
      return
    }
    guard let array = try column(vector.name) else {
      throw DataError(
        .unusable, path: path,
        "there is no array \(vector.name) in it, of which a sample has a vector beside its picture; it has "
          + "\(archive.names.joined(separator: ", ")) (--vector says which is taken)")
    }
    guard array.shape == [rows, vector.count] || array.shape == [rows] && vector.count == 1 else {
      throw DataError(
        .unusable, path: path,
        "\(vector.name) is \(array.shape), and a sample has a vector of \(vector.count) numbers beside its picture; expected "
          + "[\(rows), \(vector.count)] (--vector says how many, as \(vector.name):\(vector.count))")
    }
    let values = array.floats()
    if let odd = values.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        .unusable, path: path,
        "\(vector.name) has \(values[odd]) in row \(odd / vector.count) (the reset is row 0), column \(odd % vector.count); save "
          + "numbers that are finite, or leave the episode out")
    }
    vectors = values
  }

  /// Reads an episode of any form: `.npz`, or a video or folder of numbered stills with rewards beside it, whose pictures are cut
  /// and resized as the request says and called `image`.
  ///
  /// - Returns: nil for a video or folder without rewards, and for a still.
  /// - Throws: ``DataError`` as the other initializer, or when frames cannot be read or are not as many as rewards.
  package static func read(
    _ path: String, for request: SampleRequest, timeLimit: Duration? = .seconds(60)
  ) throws(DataError) -> Episode? {
    if isNamedLikeOne(path) { return try Episode(path: path, views: request.views, vector: request.vector) }
    guard try EpisodeNumbers.beside(path) != nil else { return nil }
    var file = ManifestFile(path: path, kind: .video)
    if FileTree.entry(at: path) == .folder { file.frameRate = FrameFolder.episodeRate }
    var single = request
    single.sampling = .clip(frames: 1, stride: 1)
    let whole = try FixedSample.windows(of: file, request: single, timeLimit: timeLimit) { size, frames in
      [
        SampleWindow(
          frames: (0..<frames).map { FrameNumber($0) }, crop: CentreCrop.window(in: size, for: request.size), isFlipped: false)
      ]
    }
    guard let sample = whole.first, sample.kind == .video,
      let numbers = try EpisodeNumbers.beside(path, frames: sample.frames.count)
    else { return nil }
    return Episode(sample.clip, numbers)
  }

  private init(_ clip: Clip, _ numbers: EpisodeNumbers) {
    (rows, size) = (numbers.rewards.count, clip.size)
    views = ["image": NumPyArray(.uint8, [rows, size.height, size.width, clip.channels.count], clip.pixels)]
    let width = numbers.actions.first?.count ?? 0
    actions = width == 0 ? nil : NumPyArray([rows, width], floats: numbers.actions.flatMap(\.self))
    rewards = numbers.rewards
    vectors = nil
  }

  /// A picture of a camera.
  ///
  /// - Precondition: the row and the camera are there.
  package func picture(_ row: Int, of view: String) -> Image {
    let array = views[view]!
    let count = array.bytes.count / rows
    return Image(
      size: size, channels: PixelChannels(rawValue: array.shape[3])!,
      pixels: Array(array.bytes[row * count..<(row + 1) * count]))
  }
}
