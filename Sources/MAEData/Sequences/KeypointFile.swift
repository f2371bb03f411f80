import Foundation
import MAEFoundation
import MAEMedia

/// Points of the frames of a sequence, as a file of JSON:
///
///     {"frames": [[[12.5, 40], null, …], …]}
///
/// For each frame as many points `[x, y]` in pixels, in the same order; `null` is one that is not to be seen. Where only the
/// first frame's are known, there is one frame.
public struct KeypointFile: Hashable, Codable, Sendable {
  /// `[frames][points]`
  public var frames: [[Keypoint?]]

  /// Points of each frame, as many in all.
  public init(frames: [[Keypoint?]]) { self.frames = frames }

  /// Reads a file of this form, or joints of JHMDB as MATLAB stored them (`.mat`).
  ///
  /// - Throws: ``FileError`` when it cannot be read, ``DataError`` when it has another form or no point in its first frame.
  public init(path: String) throws {
    self = try path.fileExtension == "mat" ? KeypointFile(matlab: path) : KeypointFile(json: path)
    guard let first = frames.first, first.contains(where: { $0 != nil }) else {
      throw DataError(.unusable, path: path, "it has no point in its first frame, so there is nothing to hand on")
    }
    if let other = frames.firstIndex(where: { $0.count != first.count }) {
      throw DataError(
        .unusable, path: path,
        "frame \(other) has \(counted(frames[other].count, "point")), and the first \(first.count); hidden ones are null"
      )
    }
  }

  private init(json path: String) throws {
    let bytes = try DurableFile.bytes(of: path)
    do {
      self = try JSONDecoder().decode(KeypointFile.self, from: Data(bytes))
    } catch {
      throw DataError(
        .unusable, path: path,
        #"it is no file of points; expected {"frames": [[[x, y], null, …], …]} with a list of points for each frame"#)
    }
  }

  /// Writes the file.
  ///
  /// - Throws: ``FileError`` when it cannot be written.
  public func write(to path: String) throws { try DurableFile.write(JSONText.line(self) + "\n", to: path) }
}
