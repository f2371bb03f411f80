import MAECore
import MAEModels

/// How a sample is mixed with its partner, the sample in the same place from the end of the batch.
///
/// The middle sample of an odd batch is its own partner and stays what it is.
public enum Mixing: Hashable, Sendable {
  /// Pixels are λ · own + (1 − λ) · the partner's (Zhang et al. 2018).
  case mixup(Double)
  /// A box comes from the partner (Yun et al. 2019).
  case cutmix(PixelRect)

  /// The share λ of the sample's own pixels, and so of its target.
  public func share(in picture: FrameSize) -> Double {
    switch self {
    case .mixup(let share): share
    case .cutmix(let box): 1 - Double(box.size.pixelCount) / Double(picture.pixelCount)
    }
  }

  /// One for the whole batch, as the public recipes have it; nil where a recipe mixes nothing.
  static func draw(_ recipe: FineTuningRecipe, in picture: FrameSize, random: inout RandomStream) -> Mixing? {
    let isCut = recipe.cutmix > 0 && (recipe.mixup == 0 || random.uniform() < 0.5)
    let alpha = isCut ? recipe.cutmix : recipe.mixup
    guard alpha > 0 else { return nil }
    let share = random.symmetricBeta(alpha)
    guard isCut else { return .mixup(share) }
    let centre = (y: random.below(picture.height), x: random.below(picture.width))
    return .cutmix(box(keeping: share, around: centre, in: picture))
  }

  /// The box that leaves about a share of the picture, cut off at the edges.
  ///
  /// As in the public code that MAE and VideoMAE use, odd sides lose a pixel (timm 0.3.2, `mixup.py`); newer versions of timm do
  /// not.
  package static func box(keeping share: Double, around centre: (y: Int, x: Int), in picture: FrameSize) -> PixelRect {
    let ratio = (1 - share).squareRoot()
    func side(_ length: Int, around middle: Int) -> Range<Int> {
      let half = Int(Double(length) * ratio) / 2
      return max(0, middle - half)..<min(length, middle + half)
    }
    let (rows, columns) = (side(picture.height, around: centre.y), side(picture.width, around: centre.x))
    return PixelRect(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}
