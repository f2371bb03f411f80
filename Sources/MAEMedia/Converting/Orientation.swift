import CFFmpeg
import MAECore

/// How a stored picture is turned to stand upright: rows and columns swapped or not, then mirrored or not.
///
/// The upright pixel (x, y) is the stored pixel whose column follows x (or y when swapped), counted from the right if
/// `fromRight`; its row follows the other, counted from the bottom if `fromBottom`.
struct Orientation: Hashable {
  var isTransposed = false
  var fromRight = false
  var fromBottom = false

  static let upright = Self()

  var isUpright: Bool { self == .upright }

  /// Degrees clockwise, leaving mirrors aside.
  var degrees: Int {
    if isTransposed { return fromBottom ? 90 : 270 }
    return fromRight && fromBottom ? 180 : 0
  }

  func size(of stored: FrameSize) -> FrameSize {
    isTransposed ? FrameSize(width: stored.height, height: stored.width) : stored
  }

  init() {}

  init(transposed: Bool, fromRight: Bool, fromBottom: Bool) {
    isTransposed = transposed
    self.fromRight = fromRight
    self.fromBottom = fromBottom
  }

  /// What the `ffmpeg` program does with a display matrix of nine fixed-point numbers; nil for angles that are not quarter turns.
  init?(matrix: UnsafePointer<Int32>?) {
    guard let matrix = unsafe matrix else {
      self = .upright
      return
    }
    let angle = unsafe -av_display_rotation_get(matrix).rounded()
    guard angle.isFinite else { return nil }
    let turn = angle - 360 * (angle / 360 + 0.9 / 360).rounded(.down)
    switch turn {
    case 89...91:
      self.init(transposed: true, fromRight: false, fromBottom: unsafe matrix[3] <= 0)
    case 179...181:
      self.init(transposed: false, fromRight: unsafe matrix[0] < 0, fromBottom: unsafe matrix[4] < 0)
    case 269...271:
      self.init(transposed: true, fromRight: true, fromBottom: unsafe matrix[3] < 0)
    case -1...1:
      self.init(transposed: false, fromRight: false, fromBottom: unsafe matrix[4] < 0)
    default: return nil
    }
  }
}
