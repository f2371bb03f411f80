/// How the frames of a sample are chosen.
public enum FrameSampling: Hashable, Codable, Sendable {
  /// One still picture.
  case still
  /// `frames` frames, `stride` apart, from a uniformly random start (VideoMAE; MCG-NJU/VideoMAE, `kinetics.py`).
  case clip(frames: Int, stride: Int)
  /// `frames` frames over `stride × frames` frames of a 30-per-second clock (MAE-ST; facebookresearch/mae_st,
  /// `util/kinetics.py`).
  case timedClip(frames: Int, stride: Int)
  /// `frames` frames over the whole video, one out of each of as many parts of equal length (Wang et al. 2016, TSN;
  /// MCG-NJU/VideoMAE, `ssv2.py`).
  case uniform(frames: Int)
  /// Two frames with a gap drawn from `minimumGap ... maximumGap` (SiamMAE).
  case pair(minimumGap: Int, maximumGap: Int)

  /// Frames in a sample.
  public var frameCount: Int {
    switch self {
    case .still: 1
    case .clip(let frames, _), .timedClip(let frames, _), .uniform(let frames): frames
    case .pair: 2
    }
  }

  /// Whether one picture is wanted.
  public var isStill: Bool { self == .still }
  /// Whether two frames of a video are wanted.
  public var isPair: Bool { if case .pair = self { true } else { false } }
}

/// How the window of a sample is chosen.
public enum CropPolicy: Hashable, Codable, Sendable {
  /// Random area and aspect ratio, ten tries, then a centred window (torchvision's `RandomResizedCrop`).
  case resized(minimumArea: Double, filter: ResizeFilter)
  /// As `resized` with a single try clamped to the picture (SiamMAE's public code).
  case resizedOnce(minimumArea: Double, filter: ResizeFilter)
  /// One of a few sizes at one of thirteen places (VideoMAE's `GroupMultiScaleCrop`).
  case multiScale(filter: ResizeFilter)
  /// The largest centred window of the input's aspect ratio.
  case centre(filter: ResizeFilter)

  /// What windows are resized with.
  public var filter: ResizeFilter {
    switch self {
    case .resized(_, let filter), .resizedOnce(_, let filter), .multiScale(let filter), .centre(let filter): filter
    }
  }
}

/// What a method wants from the data side.
public struct SampleRequest: Hashable, Codable, Sendable {
  /// Which frames of a file.
  public var sampling: FrameSampling
  /// In pixels, after cropping and resizing.
  public var size: FrameSize
  /// What a pixel holds.
  public var channels: PixelChannels
  /// Which window of the frames.
  public var crop: CropPolicy
  /// Probability of a horizontal flip.
  public var flipProbability: Double
  /// Samples drawn from one opened file (repeated augmentation).
  public var repeats: Int
  /// Whether pictures whose pixels are not square are stretched to what they look like when shown.
  public var squaresPixels: Bool
  /// Names of the cameras that show a sample, frame by frame in this order; nil = one, whatever it is called.
  public var views: [String]?
  /// Whether all frames of a camera stand together.
  public var groupsByView = false
  /// A vector beside the pictures, of the last frame of a sample; nil = none.
  public var vector: VectorInput?

  /// Cameras that show a sample.
  public var viewCount: Int { views?.count ?? 1 }
  /// Pictures of a sample: frames of every camera.
  public var pictureCount: Int { sampling.frameCount * viewCount }

  /// A request; one sample of a file, never mirrored, unless told otherwise.
  public init(
    sampling: FrameSampling, size: FrameSize, channels: PixelChannels = .rgb, crop: CropPolicy,
    flipProbability: Double = 0, repeats: Int = 1, squaresPixels: Bool = false
  ) {
    self.sampling = sampling
    self.size = size
    self.channels = channels
    self.crop = crop
    self.flipProbability = flipProbability
    self.repeats = repeats
    self.squaresPixels = squaresPixels
  }

  /// A size of the aspect ratio that windows of a picture must have to become ``size``, given a pixel's width divided by its
  /// height.
  public func windowShape(pixelAspect: Double) -> FrameSize {
    guard squaresPixels, pixelAspect > 0, pixelAspect.isFinite, pixelAspect != 1 else { return size }
    let unit = 1000.0
    return FrameSize(
      width: max(1, Int((Double(size.width) * unit / min(max(pixelAspect, 1 / unit), unit)).rounded())),
      height: size.height * Int(unit))
  }
}
