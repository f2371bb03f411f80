import MAECore

extension CropPolicy {
  /// A random window to cut out of a picture of `source` pixels for an input of `target` pixels.
  ///
  /// The window lies inside the picture. Aspect ratios are relative to that of the target, so that a square target gives the
  /// published rule and any other is stretched no more than a square one.
  ///
  /// - Precondition: both sizes are positive.
  public func window(in source: FrameSize, for target: FrameSize, random: inout RandomStream) -> PixelRect {
    switch self {
    case .resized(let minimumArea, _):
      ResizedCrop(minimumArea: minimumArea).window(in: source, for: target, random: &random)
    case .resizedOnce(let minimumArea, _):
      ResizedCrop(minimumArea: minimumArea).clampedWindow(in: source, for: target, random: &random)
    case .multiScale:
      MultiScaleCrop().window(in: source, for: target, random: &random)
    case .centre:
      CentreCrop.window(in: source, for: target)
    }
  }
}

/// The largest window of the target's aspect ratio, in the middle.
public enum CentreCrop {
  /// The largest centred window of the target's aspect ratio, in pixels of the source.
  public static func window(in source: FrameSize, for target: FrameSize) -> PixelRect {
    PixelRect(size: largestSize(in: source, for: target), centredIn: source)
  }

  static func largestSize(in source: FrameSize, for target: FrameSize) -> FrameSize {
    if source.width * target.height > source.height * target.width {
      let width = (Double(source.height * target.width) / Double(target.height)).rounded()
      return FrameSize(width: min(max(1, Int(width)), source.width), height: source.height)
    }
    let height = (Double(source.width * target.height) / Double(target.width)).rounded()
    return FrameSize(width: source.width, height: min(max(1, Int(height)), source.height))
  }
}

extension PixelRect {
  init(size: FrameSize, centredIn source: FrameSize) {
    self.init(
      x: (source.width - size.width) / 2, y: (source.height - size.height) / 2, width: size.width, height: size.height)
  }

  init(size: FrameSize, anywhereIn source: FrameSize, random: inout RandomStream) {
    let y = random.below(source.height - size.height + 1)
    let x = random.below(source.width - size.width + 1)
    self.init(x: x, y: y, width: size.width, height: size.height)
  }
}
