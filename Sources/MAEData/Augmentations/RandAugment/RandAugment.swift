import MAECore

/// A few operations on a sample, drawn one after the other from all of ``PictureOperation`` (Cubuk et al. 2020), in the form
/// `rand-mM-nN-mstd0.5-inc1` that the public fine-tuning of MAE and VideoMAE uses.
///
/// Each is done with probability one half, with a magnitude near the given one and either sign. All frames of a clip get the same
/// operation, magnitude and sign.
public struct RandAugment: Hashable, Codable, Sendable {
  /// Operations that are drawn.
  public var operations: Int
  /// Mean of their magnitudes, 0 to 10.
  public var magnitude: Double
  /// A byte for each of the colours, of what comes from outside a picture.
  public var fill: [UInt8]
  /// Whether whole frames are altered before a window of them is cut out, as the public code of VideoMAE and MAE-ST does; else
  /// the window is, as MAE's does.
  public var takesWholeFrames = false

  /// Of stills: ImageNet's mean colour (facebookresearch/mae).
  public static let meanColour: [UInt8] = [124, 116, 104]
  /// Of clips: grey (MCG-NJU/VideoMAE).
  public static let grey: [UInt8] = [128, 128, 128]

  /// Operations with a magnitude.
  public init(operations: Int, magnitude: Double, fill: [UInt8], takesWholeFrames: Bool = false) {
    self.operations = operations
    self.magnitude = magnitude
    self.fill = fill
    self.takesWholeFrames = takesWholeFrames
  }

  /// What one draw comes to.
  struct Draw: Hashable {
    var operation: PictureOperation
    var argument: Double?
  }

  /// Operations of one sample, in their order.
  func draws(_ random: inout RandomStream) -> [Draw] {
    (0..<operations).compactMap { _ in
      let operation = PictureOperation.allCases[random.below(PictureOperation.allCases.count)]
      let isDone = random.uniform() < 0.5
      let magnitude = min(10, max(0, self.magnitude + 0.5 * random.normal()))
      let isNegative = random.uniform() < 0.5
      return isDone ? Draw(operation: operation, argument: operation.argument(magnitude: magnitude, isNegative: isNegative)) : nil
    }
  }

  /// A clip with operations drawn from a stream.
  public func callAsFunction(_ clip: Clip, random: RandomStream) -> Clip {
    var random = random
    let draws = draws(&random)
    guard !draws.isEmpty else { return clip }
    let fill = Array((fill + [255]).prefix(clip.channels.count))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(clip.pixels.count)
    for index in 0..<clip.frameCount {
      var frame = clip.frame(index)
      for draw in draws { draw.operation.apply(draw.argument, to: &frame, fill: fill) }
      pixels += frame.pixels
    }
    var altered = Clip(size: clip.size, channels: clip.channels, times: clip.times, pixels: pixels)
    altered.vector = clip.vector
    return altered
  }
}
