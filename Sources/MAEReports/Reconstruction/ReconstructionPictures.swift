import MAECore

/// A clip or a still three times: as it is, as the encoder sees it, and as the decoder completes it; of pairs of frames the
/// earlier frame too.
public struct ReconstructionPictures: Sendable {
  /// Usually the name of the file.
  public var title: String
  /// The whole frame that each prediction is helped by; empty where there is none.
  public var past: [Image]
  /// One picture per frame; a still is one frame, and so is a pair.
  public var original: [Image]
  /// See ``MaskedPicture``.
  public var masked: [Image]
  /// The original with predictions in place of its hidden patches.
  public var reconstruction: [Image]
  /// The original with the mean of each hidden patch in its place; empty where predictions are not given these.
  public var means: [Image]
  /// What is to be said below: method, checkpoint, mask ratio, error, and how the prediction became a picture.
  public var caption: [String]
  /// When each frame is shown, in seconds.
  public var times: [Double]
  /// Frames per second at which the clip plays as fast as its film: frames of the film per second, divided by the stride.
  public var frameRate: Double

  /// - Precondition: at least one frame, all lists of pictures (`past` and `means` may be empty) as long as `times`, all
  ///   pictures of one size.
  public init(
    title: String = "", past: [Image] = [], original: [Image], masked: [Image], reconstruction: [Image], means: [Image] = [],
    caption: [String], times: [Double], frameRate: Double
  ) {
    precondition(
      !times.isEmpty && [original, masked, reconstruction].allSatisfy { $0.count == times.count }
        && [past, means].allSatisfy { [0, times.count].contains($0.count) },
      "ReconstructionPictures: \(original.count), \(masked.count) and \(reconstruction.count) pictures for \(times.count) times")
    precondition(
      Set((past + original + masked + reconstruction + means).map(\.size)).count == 1,
      "ReconstructionPictures: pictures of several sizes"
    )
    self.title = title
    self.past = past
    self.original = original
    self.masked = masked
    self.reconstruction = reconstruction
    self.means = means
    self.caption = caption
    self.times = times
    self.frameRate = frameRate
  }

  /// As many as there are ``times``.
  public var frameCount: Int { times.count }

  /// The rows in their order, with the names that pictures and films show.
  var rows: [(name: String, pictures: [Image])] {
    (past.isEmpty ? [] : [("first frame", past)])
      + [(past.isEmpty ? "original" : "later frame", original), ("masked", masked), ("reconstruction", reconstruction)]
      + (means.isEmpty ? [] : [("mean of each patch only", means)])
  }
}
