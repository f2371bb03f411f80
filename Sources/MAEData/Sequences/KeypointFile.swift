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

  /// In pixels from the corner; no picture is so large.
  private static let farthest = 1e6

  /// Points of each frame, as many in all.
  public init(frames: [[Keypoint?]]) { self.frames = frames }

  /// Reads a file of this form, or joints of JHMDB as MATLAB stored them (`.mat`).
  ///
  /// - Throws: ``FileError`` when it cannot be read, ``DataError`` when it has another form or no point in its first frame.
  public init(path: String) throws {
    self = try path.fileExtension == "mat" ? KeypointFile(matlab: path) : KeypointFile(json: path)
    for (frame, points) in frames.enumerated() {
      // MATLAB has no null: joints that cannot be seen are not numbers there.
      frames[frame] = points.map { $0.flatMap { $0.x.isFinite && $0.y.isFinite ? $0 : nil } }
      for case let point? in frames[frame] where max(abs(point.x), abs(point.y)) > Self.farthest {
        throw DataError(
          .unusable, path: path,
          "frame \(frame) has a point at \(point.x), \(point.y), which lies in no picture; expected pixels, or null where hidden"
        )
      }
    }
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
