import MAECore

/// A clip to be read: which frames, which part of the picture, and how large.
public struct ClipWindow: Hashable, Sendable {
  /// In the order in which the clip shows them; repeats are allowed.
  public var frames: [FrameNumber]
  /// A window in pixels of the upright picture; nil for all of it.
  public var crop: PixelRect?
  /// Mirrors left and right after cropping.
  public var isFlipped: Bool
  /// What the window is resized to; nil for its own size.
  public var size: FrameSize?
  /// What resizing uses.
  public var filter: ResizeFilter

  /// Frames of a video; whole, unflipped and at their own size unless told otherwise.
  public init(
    frames: [FrameNumber], crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bilinear
  ) {
    self.frames = frames
    self.crop = crop
    self.isFlipped = isFlipped
    self.size = size
    self.filter = filter
  }
}
