import MAECore
import MAEFoundation

/// Chooses the frames of a sample from the length of its video alone.
///
/// A clip covers `frames × stride` frames, the unused ones after its last included; what lies beyond the end of a short video
/// is replaced by the last frame that the stride reaches:
///
///     clip(frames: 4, stride: 2)     10 frames, start 1:  . f . f . f . f . .      1 3 5 7
///                                     6 frames, start 0:  f . f . f .              0 2 4 4
///     timedClip(frames: 4, stride: 2), 15 per second      f f f f . . . .          every stride/30 seconds, about
///     uniform(frames: 4)             10 frames            f . . . f . . f . f      one of each quarter
///     pair(minimumGap: 4, maximumGap: 48)                 . f . . . . . f . .      gap 4 … 47
public struct ClipSampler: Hashable, Sendable {
  /// Which frames are wanted.
  public var sampling: FrameSampling

  /// Draws frames as the policy says.
  public init(_ sampling: FrameSampling) { self.sampling = sampling }

  /// Frame numbers of a random sample.
  ///
  /// - Parameters:
  ///   - count: Frames of the video.
  ///   - frameRate: Frames per second, needed for `timedClip`.
  /// - Throws: ``ClipTooShort`` when there are fewer frames than any sample needs.
  public func frames(
    in count: Int, frameRate: Double, random: inout RandomStream
  ) throws(ClipTooShort) -> [FrameNumber] {
    try check(count)
    switch sampling {
    case .still:
      return [FrameNumber(0)]
    case .clip(let frames, let stride):
      return clip(frames, stride, from: random.below(max(1, count - frames * stride + 1)), in: count)
    case .timedClip(let frames, let stride):
      let length = span(frames, stride, frameRate)
      return timedClip(frames, length, from: random.uniform(0, max(0, Double(count) - length)), in: count)
    case .uniform(let frames):
      return uniform(frames, from: 0, in: count) { _ in random.uniform() }
    case .pair(let minimum, let maximum):
      let gaps = self.gaps(minimum, maximum, in: count)
      let gap = gaps.lowerBound + random.below(gaps.count)
      let first = random.below(count - gap)
      return [FrameNumber(first), FrameNumber(first + gap)]
    }
  }

  /// Frame numbers of the sample in the middle of a video; its pair has the mean gap.
  ///
  /// - Throws: ``ClipTooShort`` when there are fewer frames than any sample needs.
  public func centre(in count: Int, frameRate: Double) throws(ClipTooShort) -> [FrameNumber] {
    try check(count)
    switch sampling {
    case .still:
      return [FrameNumber((count - 1) / 2)]
    case .clip(let frames, let stride):
      return clip(frames, stride, from: max(0, count - frames * stride) / 2, in: count)
    case .timedClip(let frames, let stride):
      let length = span(frames, stride, frameRate)
      return timedClip(frames, length, from: max(0, Double(count) - length) / 2, in: count)
    case .uniform(let frames):
      return uniform(frames, from: 0, in: count) { _ in 0.5 }
    case .pair(let minimum, let maximum):
      let gap = meanGap(minimum, maximum, in: count)
      let first = (count - 1 - gap) / 2
      return [FrameNumber(first), FrameNumber(first + gap)]
    }
  }

  /// Frame numbers of the sample that begins with frame `start`; what lies beyond the end repeats the last frame reached.
  ///
  /// - Throws: ``ClipTooShort`` when there are fewer frames than any sample needs.
  /// - Precondition: `start` is a frame of the video.
  public func frames(from start: FrameNumber, in count: Int, frameRate: Double) throws(ClipTooShort) -> [FrameNumber] {
    try check(count)
    precondition((0..<count).contains(start.value), "ClipSampler: start \(start) of \(count) frames")
    switch sampling {
    case .still:
      return [start]
    case .clip(let frames, let stride):
      return clip(frames, stride, from: start.value, in: count)
    case .timedClip(let frames, let stride):
      return timedClip(frames, span(frames, stride, frameRate), from: Double(start.value), in: count)
    case .uniform(let frames):
      return uniform(frames, from: start.value, in: count) { _ in 0 }
    case .pair(let minimum, let maximum):
      return [start, FrameNumber(min(start.value + meanGap(minimum, maximum, in: count), count - 1))]
    }
  }

  private func check(_ count: Int) throws(ClipTooShort) {
    var needed = 1
    if case .pair = sampling { needed = 2 }
    guard count >= needed else { throw ClipTooShort(frames: count, needed: needed) }
  }

  /// VideoMAE's rule (MCG-NJU/VideoMAE, `kinetics.py`): a step is taken only when it stays inside the video.
  private func clip(_ frames: Int, _ stride: Int, from start: Int, in count: Int) -> [FrameNumber] {
    let lastReachable = start + (count - 1 - start) / stride * stride
    return (0..<frames).map { FrameNumber(min(start + $0 * stride, lastReachable)) }
  }

  /// Source frames that a clip of a 30-per-second clock covers (facebookresearch/mae_st, `util/decoder/utils.py`).
  private func span(_ frames: Int, _ stride: Int, _ frameRate: Double) -> Double {
    Double(stride * frames) / 30 * frameRate
  }

  /// `frames` numbers spread evenly from `start` to `start + length − 1`, rounded down.
  private func timedClip(_ frames: Int, _ length: Double, from start: Double, in count: Int) -> [FrameNumber] {
    let extent = max(0, length - 1)
    return (0..<frames).map { index in
      let place = start + (frames > 1 ? extent * Double(index) / Double(frames - 1) : 0)
      return FrameNumber(Int(min(max(place, 0), Double(count - 1))))
    }
  }

  /// One frame of each part of a video from `start` on, at a place from 0 to 1 inside it. VideoMAE's code takes parts of whole
  /// frames, and so never the last few of a video; here they reach its end.
  private func uniform(_ frames: Int, from start: Int, in count: Int, place: (Int) -> Double) -> [FrameNumber] {
    let part = Double(count - start) / Double(frames)
    return (0..<frames).map { FrameNumber(min(start + Int(part * (Double($0) + place($0))), count - 1)) }
  }

  /// Gaps of a pair: `min(minimum, count − 1) ..< min(maximum, count)`, and never empty.
  ///
  /// As in the public implementation of SiamMAE the maximum itself is not drawn.
  private func gaps(_ minimum: Int, _ maximum: Int, in count: Int) -> Range<Int> {
    let lower = min(minimum, count - 1)
    return lower..<max(lower + 1, min(maximum, count))
  }

  private func meanGap(_ minimum: Int, _ maximum: Int, in count: Int) -> Int {
    let gaps = self.gaps(minimum, maximum, in: count)
    return (gaps.lowerBound + gaps.upperBound - 1) / 2
  }
}

/// A video with fewer frames than a sample needs.
public struct ClipTooShort: ExplainedError, Hashable {
  /// That the video has.
  public var frames: Int
  /// That one sample takes.
  public var needed: Int
  /// The file is no use.
  public var kind: FailureKind { .unusable }

  /// A video with its frames and those that a sample takes.
  public init(frames: Int, needed: Int) {
    self.frames = frames
    self.needed = needed
  }

  /// One phrase with both numbers.
  public var description: String {
    frames == 0 ? "no frame can be shown" : "it has \(frames) frame\(frames == 1 ? "" : "s"), and a sample needs \(needed)"
  }
}
