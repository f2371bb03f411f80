import MAECore
import MAEData
import MAEFoundation
import MAEMedia

/// The labels of a sequence as they were read: those of the first frame, and of all frames where they are known.
struct SequenceLabels {
  /// Of every frame.
  enum Truth {
    case pictures([LabelPicture])
    case points([[Keypoint?]])
  }

  let first: PropagatedLabels
  /// nil where only the first frame's are known.
  let truth: Truth?

  /// - Parameters:
  ///   - frames: how many there are.
  ///   - size: of the frames.
  /// - Throws: ``DataError`` when labels have another size or number than the frames, or there is nothing to tell apart.
  init(_ sequence: LabelledSequence, frames: Int, size: FrameSize, _ kind: PropagationProtocol.Kind) throws {
    guard frames > 1 else {
      throw DataError(.unusable, path: sequence.name, "it has one frame; labels go from a first frame to others")
    }
    switch sequence.labels {
    case .keypoints(let path):
      guard kind == .keypoints else {
        throw DataError(
          .usage, path: path, "it holds points, and the protocol is one for \(kind.rawValue); choose --protocol jhmdb")
      }
      let file = try KeypointFile(path: path)
      guard file.frames.count == 1 || file.frames.count == frames else {
        throw DataError(
          .unusable, path: path, "it has points for \(counted(file.frames.count, "frame")), and the sequence has \(frames)")
      }
      first = .points(file.frames[0])
      truth = file.frames.count > 1 ? .points(file.frames) : nil
    case .pictures(let paths):
      guard kind != .keypoints else {
        throw DataError(.usage, path: paths[0], "it holds masks, and the protocol is one for points; choose --protocol davis")
      }
      guard paths.count == 1 || paths.count == frames else {
        throw DataError(
          .unusable, path: Folder.parent(of: paths[0]),
          "it has \(counted(paths.count, "label picture")) for \(frames) frames; give one for the first frame, or one for each")
      }
      let pictures = try paths.map { path in try Self.picture(path, of: size) }
      let present = pictures[0].present
      guard present.count > 1 else {
        throw DataError(
          .unusable, path: paths[0],
          present == [0]
            ? "it labels nothing: every pixel is background (0)"
            : "every pixel has the label \(present[0]), so there is nothing to tell apart; leave the background at 0")
      }
      if kind == .parts, let last = present.last, last >= ClassOverlap().classes {
        throw DataError(
          .unusable, path: paths[0],
          "it has a class \(last); parts have the classes 0 to \(ClassOverlap().classes - 1), for objects choose --protocol davis"
        )
      }
      first = .picture(pictures[0])
      truth = pictures.count > 1 ? .pictures(pictures) : nil
    }
  }

  private static func picture(_ path: String, of size: FrameSize) throws -> LabelPicture {
    let picture = try LabelPicture(path: path)
    guard picture.size == size else {
      throw DataError(
        .unusable, path: path,
        "it has \(picture.size) pixels and the frames have \(size); labels need the frames' size, resize them without smoothing"
      )
    }
    return picture
  }
}
