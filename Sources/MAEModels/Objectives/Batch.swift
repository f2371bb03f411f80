import MAECore
import MAEEngine

/// What an objective gets: pixels, what is hidden of them, and what else is known of each sample.
public struct Batch: Sendable {
  /// The clips, as the model takes them.
  public var pixels: PixelSource
  /// One for each sample, with equal counts; none for an objective that uses none.
  public var masks: [TokenMask]
  /// Where samples came from, with labels and numbers; empty where nobody needs to know.
  public var samples: [Sample]

  /// Of each sample the shares of all classes, `[samples, classes]`, for a classifier; empty = the labels of the samples count.
  public var targets: [Float] = []

  /// - Precondition: masks and samples are none or one for each sample of `pixels`.
  public init(_ pixels: PixelSource, masks: [TokenMask] = [], samples: [Sample] = []) {
    precondition(
      masks.isEmpty || masks.count == pixels.shape.samples, "Batch: \(masks.count) masks for \(pixels.shape)")
    precondition(
      samples.isEmpty || samples.count == pixels.shape.samples, "Batch: \(samples.count) samples for \(pixels.shape)")
    self.pixels = pixels
    self.masks = masks
    self.samples = samples
  }

  /// Tokens of each sample that the encoder sees.
  var visible: [[Int32]] { masks.map(\.visible) }
}
