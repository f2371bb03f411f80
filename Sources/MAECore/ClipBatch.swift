/// Sizes of a batch of clips; a still is a clip of one frame.
public struct ClipBatchShape: Hashable, Codable, Sendable {
  /// Clips in the batch.
  public var samples: Int
  /// Frames of each clip.
  public var frames: Int
  /// Of every frame.
  public var size: FrameSize
  /// Of every frame.
  public var channels: PixelChannels

  /// `[samples, frames, height, width, channels]`
  public init(samples: Int, frames: Int, size: FrameSize, channels: PixelChannels = .rgb) {
    self.samples = samples
    self.frames = frames
    self.size = size
    self.channels = channels
  }

  /// `frames · height · width · channels`
  public var valuesPerSample: Int { frames * size.pixelCount * channels.count }
  /// Values of the whole batch.
  public var count: Int { samples * valuesPerSample }
}

/// Where a sample of a batch came from.
public struct Sample: Hashable, Codable, Sendable {
  /// Index in the manifest.
  public var file: Int
  /// Position in the run: samples drawn before this one, over all epochs.
  public var position: Int
  /// The pass over the data that it belongs to, from 0.
  public var epoch: Int
  /// The window that was cut out, in pixels of the upright source.
  public var crop: PixelRect
  /// Whether it was mirrored left to right after cropping.
  public var isFlipped: Bool
  /// Times of the frames in seconds from the first shown frame.
  public var times: [Double]
  /// The number of its class, for objectives that learn from labels.
  public var label: Int?
  /// What else is known of it by name, such as a reward.
  public var numbers: [String: Double]?
  /// A plain vector beside its pictures, at the last frame; nil where none was asked for.
  public var vector: [Float]?

  /// A sample of a file; a still has the single time 0.
  public init(
    file: Int, position: Int, epoch: Int, crop: PixelRect, isFlipped: Bool = false, times: [Double] = [0],
    label: Int? = nil, numbers: [String: Double]? = nil, vector: [Float]? = nil
  ) {
    self.file = file
    self.position = position
    self.epoch = epoch
    self.crop = crop
    self.isFlipped = isFlipped
    self.times = times
    self.label = label
    self.numbers = numbers
    self.vector = vector
  }
}

/// Clips of equal shape, ready for a model: bytes `[samples, frames, height, width, channels]`.
public struct ClipBatch: Sendable {
  /// `[samples, frames, height, width, channels]`
  public let shape: ClipBatchShape
  /// Bytes in the order of the shape.
  public let pixels: [UInt8]
  /// One for each clip.
  public let samples: [Sample]

  /// - Precondition: sizes agree with `shape`.
  public init(shape: ClipBatchShape, pixels: [UInt8], samples: [Sample]) {
    precondition(pixels.count == shape.count, "ClipBatch: \(pixels.count) bytes for \(shape)")
    precondition(samples.count == shape.samples, "ClipBatch: \(samples.count) samples for \(shape)")
    self.shape = shape
    self.pixels = pixels
    self.samples = samples
  }

  /// The vectors beside the pictures one after the other; empty where not every sample has one.
  public var vectors: [Float] {
    let vectors = samples.compactMap(\.vector)
    return vectors.count == samples.count ? Array(vectors.joined()) : []
  }
}
