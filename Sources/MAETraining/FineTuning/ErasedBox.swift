import Foundation
import MAECore

/// The box of a sample that random erasing fills with noise (Zhong et al. 2020; timm, `random_erasing.py`).
///
/// Its area is uniform in 2 to 33 percent of the picture, its aspect ratio log-uniform in 0.3 to 1 ÷ 0.3.
public enum ErasedBox {
  /// Tries for a still; the public code has a hundred for a clip.
  static func tries(frames: Int) -> Int { frames > 1 ? 100 : 10 }

  /// Height and width in pixels that two uniform numbers come to.
  package static func size(area: Double, aspect: Double, in picture: FrameSize) -> FrameSize {
    let area = (0.02 + (1.0 / 3 - 0.02) * area) * Double(picture.pixelCount)
    let bound = log(0.3)
    let aspect = exp(bound + (log(1 / 0.3) - bound) * aspect)
    return FrameSize(
      width: Int((area / aspect).squareRoot().rounded(.toNearestOrEven)),
      height: Int((area * aspect).squareRoot().rounded(.toNearestOrEven)))
  }

  /// Whether a box of that size is taken; another one is drawn where not.
  package static func fits(_ size: FrameSize, in picture: FrameSize) -> Bool {
    size.width < picture.width && size.height < picture.height
  }

  /// A box, anywhere in the picture; nil where none fits after as many tries as the number of frames allows.
  static func draw(in picture: FrameSize, frames: Int, random: inout RandomStream) -> PixelRect? {
    for _ in 0..<tries(frames: frames) {
      let size = size(area: random.uniform(), aspect: random.uniform(), in: picture)
      guard fits(size, in: picture) else { continue }
      let top = random.below(picture.height - size.height + 1)
      let left = random.below(picture.width - size.width + 1)
      return PixelRect(x: left, y: top, width: size.width, height: size.height)
    }
    return nil
  }
}
