import MAECore

/// Which samples are drawn, and how.
public struct DataRecipe: Codable, Hashable, Sendable {
  /// How the frames of a sample are chosen.
  public enum Sampling: String, Codable, Hashable, Sendable, CaseIterable {
    case still
    /// Frames `sampling-rate` apart (VideoMAE).
    case clip
    /// Frames `sampling-rate` apart on a clock of 30 per second (MAE-ST).
    case timedClip = "timed-clip"
    /// Frames over the whole video, one of each of as many equal parts (VideoMAE for Something-Something).
    case uniform
    /// Two frames with a random gap (SiamMAE).
    case pair
  }

  /// How the window of a sample is chosen.
  public enum Crop: String, Codable, Hashable, Sendable, CaseIterable {
    case resized
    case resizedOnce = "resized-once"
    case multiScale = "multi-scale"
    case centre
  }

  /// Files, folders, tar shards and lists, as given.
  public var inputs: [String] = []
  /// Frames per second of folders of numbered stills, which are then videos; nil = they are stills.
  public var frameRate: Double?
  /// How the frames of a sample are chosen.
  public var sampling: Sampling
  /// Frames from one frame of a clip to the next.
  public var samplingRate: Int = 1
  /// Smallest and largest distance of a pair, in frames.
  public var frameGap: [Int]?
  /// How the window of a sample is chosen.
  public var crop: Crop
  /// Smallest share of the picture that a resized crop covers.
  public var minimumArea: Double = 1
  /// How pixels are resampled.
  public var filter: ResizeFilter
  /// Whether pictures with pixels that are not square are stretched to what they look like when shown.
  public var squarePixels: Bool = false
  /// Probability of a horizontal flip.
  public var flip: Double = 0
  /// Samples drawn from a file each time it is opened.
  public var repeats: Int = 1
  /// The share of unusable files above which a run stops.
  public var maxBad: Double = 0.05
  /// Decoding threads; 0 = decode while training waits, nil = as many as the machine can spare.
  public var workers: Int?
  /// Seconds without progress after which a file that is being opened or read counts as bad.
  public var decodeTimeout: Double = 60
  /// Whether what there is of a still whose end is missing is taken; nil and false = the file is bad.
  public var allowsTruncated: Bool?
  /// A folder that keeps frame indexes of videos and what folders hold between runs; nil = both are made anew.
  public var cache: String?

  var cropPolicy: CropPolicy {
    switch crop {
    case .resized: .resized(minimumArea: minimumArea, filter: filter)
    case .resizedOnce: .resizedOnce(minimumArea: minimumArea, filter: filter)
    case .multiScale: .multiScale(filter: filter)
    case .centre: .centre(filter: filter)
    }
  }

  func frameSampling(frames: Int) -> FrameSampling {
    switch sampling {
    case .still: .still
    case .clip: .clip(frames: frames, stride: samplingRate)
    case .timedClip: .timedClip(frames: frames, stride: samplingRate)
    case .uniform: .uniform(frames: frames)
    case .pair: .pair(minimumGap: frameGap?.first ?? 4, maximumGap: frameGap?.last ?? 48)
    }
  }
}
