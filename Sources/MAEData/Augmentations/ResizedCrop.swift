import Foundation
import MAECore

/// A window of random area, aspect ratio and place.
///
/// The area is uniform in `minimumArea ... 1` of the picture; the aspect ratio is log-uniform in 3/4 … 4/3 of the target's.
public struct ResizedCrop: Hashable, Sendable {
  /// Least share of the picture's area.
  public var minimumArea: Double

  /// A crop of at least this share of the area.
  public init(minimumArea: Double) { self.minimumArea = minimumArea }

  private static let aspects = 3.0 / 4.0...4.0 / 3.0

  /// Ten tries to find a window that fits, then the largest centred one whose aspect ratio is allowed (torchvision's
  /// `RandomResizedCrop`, used by MAE, MAE-ST and SimMIM).
  public func window(in source: FrameSize, for target: FrameSize, random: inout RandomStream) -> PixelRect {
    for _ in 0..<10 {
      let size = draw(in: source, for: target, random: &random)
      if size.width > 0, size.height > 0, size.width <= source.width, size.height <= source.height {
        return PixelRect(size: size, anywhereIn: source, random: &random)
      }
    }
    return PixelRect(size: fallbackSize(in: source, for: target), centredIn: source)
  }

  /// One try, its sides cut to the picture (the public code of SiamMAE and of MAE's linear probe).
  public func clampedWindow(in source: FrameSize, for target: FrameSize, random: inout RandomStream) -> PixelRect {
    let size = draw(in: source, for: target, random: &random)
    let clamped = FrameSize(
      width: min(max(1, size.width), source.width), height: min(max(1, size.height), source.height))
    return PixelRect(size: clamped, anywhereIn: source, random: &random)
  }

  private func draw(in source: FrameSize, for target: FrameSize, random: inout RandomStream) -> FrameSize {
    let area = Double(source.pixelCount) * random.uniform(minimumArea, 1)
    let logarithm = random.uniform(log(Self.aspects.lowerBound), log(Self.aspects.upperBound))
    let aspect = exp(logarithm) * target.aspectRatio
    return FrameSize(
      width: Int((area * aspect).squareRoot().rounded(.toNearestOrEven)),
      height: Int((area / aspect).squareRoot().rounded(.toNearestOrEven)))
  }

  private func fallbackSize(in source: FrameSize, for target: FrameSize) -> FrameSize {
    let narrowest = Self.aspects.lowerBound * target.aspectRatio
    let widest = Self.aspects.upperBound * target.aspectRatio
    var size = source
    if source.aspectRatio < narrowest {
      size.height = Int((Double(source.width) / narrowest).rounded(.toNearestOrEven))
    } else if source.aspectRatio > widest {
      size.width = Int((Double(source.height) * widest).rounded(.toNearestOrEven))
    }
    return FrameSize(width: min(max(1, size.width), source.width), height: min(max(1, size.height), source.height))
  }
}

extension FrameSize {
  /// Width divided by height.
  fileprivate var aspectRatio: Double { Double(width) / Double(height) }
}
