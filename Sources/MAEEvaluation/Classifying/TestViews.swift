import Foundation
import MAECore
import MAEData

/// The views of a video that a classifier is judged by: clips from its beginning to its end, each in crops from side to side
/// (MCG-NJU/VideoMAE, the test mode of `kinetics.py` and `ssv2.py`).
///
/// One clip, or one crop, is that in the middle, where the public code divides by zero.
public struct TestViews: Hashable, Sendable {
  /// Which frames are candidates for a clip.
  public enum Sampling: Hashable, Sendable {
    /// Every `stride`-th frame; clips lie anywhere among them (Kinetics, UCF101).
    case dense(stride: Int)
    /// Frames that are spread over the whole video; two clips take them by turns (Something-Something).
    case uniform
  }

  /// Which frames are candidates for a clip.
  public var sampling: Sampling
  /// Clips of a video.
  public var clips: Int
  /// Crops of each clip.
  public var crops: Int

  /// No file has as many views that differ.
  private static let most = 1_000_000

  /// - Precondition: at least one clip and one crop, and at most two clips of uniformly spread frames.
  public init(_ sampling: Sampling, clips: Int, crops: Int) {
    precondition(clips > 0 && crops > 0, "TestViews: \(clips) clips, \(crops) crops")
    precondition(sampling != .uniform || clips < 3, "TestViews: \(clips) clips of uniformly spread frames; there are two")
    (self.sampling, self.clips, self.crops) = (sampling, clips, crops)
  }

  /// Views of what a request asks for.
  ///
  /// - Throws: ``DataError`` of kind `usage` when frames over the whole video are to make more than two clips, or a still more
  ///   than one.
  init(of request: SampleRequest, clips: Int, crops: Int) throws(DataError) {
    for (flag, count) in [("clips", clips), ("crops", crops)] where count > Self.most {
      throw DataError(.usage, "--\(flag) is \(count); expected at most \(Self.most)")
    }
    let sampling: Sampling
    switch request.sampling {
    case .clip(_, let stride), .timedClip(_, let stride): sampling = .dense(stride: stride)
    case .uniform: sampling = .uniform
    case .still, .pair: sampling = .dense(stride: 1)
    }
    guard sampling != .uniform || clips < 3 else {
      throw DataError(
        .usage, "--clips is \(clips), and the model takes frames over the whole video, which make two clips at most; give 1 or 2")
    }
    guard request.sampling.frameCount > 1 || clips == 1 else {
      throw DataError(.usage, "--clips is \(clips), and the model takes stills, which have no clips; leave it out")
    }
    self.init(sampling, clips: clips, crops: crops)
  }

  /// The frames of each clip.
  ///
  /// - Parameters:
  ///   - length: of a clip, in frames.
  ///   - count: frames of the video, at least one.
  public func frames(length: Int, of count: Int) -> [[FrameNumber]] {
    (0..<clips).map { frames(ofClip: $0, length: length, of: count) }
  }

  private func frames(ofClip clip: Int, length: Int, of count: Int) -> [FrameNumber] {
    precondition(count > 0, "TestViews: a video without frames")
    switch sampling {
    case .dense(let stride):
      // Every stride-th frame, the last of them again and again where they are too few.
      let candidates = (count + stride - 1) / stride
      let start = place(clip, of: clips, in: max(candidates, length) - length)
      return (start..<start + length).map { FrameNumber(min($0, candidates - 1) * stride) }
    case .uniform:
      let tick = Double(count) / Double(length)
      let middles = (0..<length).map { Int(tick / 2 + tick * Double($0)) }
      guard clips > 1 else { return middles.map { FrameNumber($0) } }
      let both = (middles + (0..<length).map { Int(tick * Double($0)) }).sorted()
      return Swift.stride(from: clip, to: both.count, by: 2).map { FrameNumber(both[$0]) }
    }
  }

  /// The size that a frame has when its shorter side is as long as a crop's.
  public static func resized(_ size: FrameSize, shorterSide: Int) -> FrameSize {
    guard size.shorterSide != shorterSide else { return size }
    func scaled(_ length: Int) -> Int { Int(Double(shorterSide) * Double(length) / Double(size.shorterSide)) }
    return size.width < size.height
      ? FrameSize(width: shorterSide, height: scaled(size.height)) : FrameSize(width: scaled(size.width), height: shorterSide)
  }

  /// The largest windows of an input's shape from one side of a frame to the other, along its longer side; square ones of a
  /// resized frame for a square input.
  public func crops(in size: FrameSize, for input: FrameSize) -> [PixelRect] {
    (0..<crops).map { crop($0, in: size, for: input) }
  }

  private func crop(_ number: Int, in size: FrameSize, for input: FrameSize) -> PixelRect {
    let window = CentreCrop.window(in: size, for: input).size
    let room = (x: size.width - window.width, y: size.height - window.height)
    let start = place(number, of: crops, in: max(room.x, room.y))
    return PixelRect(x: room.x > 0 ? start : 0, y: room.x > 0 ? 0 : start, width: window.width, height: window.height)
  }

  /// Views of a file.
  package var count: Int { clips * crops }

  /// Views that are in memory at a time; those of VideoMAE's protocols are read at once.
  private static let viewsOfPart = 16

  /// In how many parts the views of a file are read.
  package var partCount: Int { (count + Self.viewsOfPart - 1) / Self.viewsOfPart }

  /// The views of a part, by its number from 0.
  package func part(_ number: Int) -> Range<Int> {
    let first = number * Self.viewsOfPart
    return first..<min(count, first + Self.viewsOfPart)
  }

  /// Some of the views of a file as windows of its frames: crop after crop of one clip after the other.
  package func windows(_ views: Range<Int>, _ request: SampleRequest, of size: FrameSize, frames count: Int) -> [SampleWindow] {
    views.map { view in
      SampleWindow(
        frames: frames(ofClip: view / crops, length: request.sampling.frameCount, of: count),
        crop: crop(view % crops, in: size, for: request.size), isFlipped: false)
    }
  }

  /// One of evenly spread places from one end to the other; a single one is in the middle.
  private func place(_ number: Int, of count: Int, in room: Int) -> Int {
    count > 1 ? Int(Double(number) * (Double(room) / Double(count - 1))) : room / 2
  }

  /// What the views of a video say together: the mean of their softmax.
  ///
  /// - Parameter logits: of each view, `[views, classes]`.
  public static func probabilities(_ logits: [Float], classes: Int) -> [Double] {
    var sums = Sums(classes: classes)
    sums.add(logits)
    return sums.mean
  }

  /// The class with the largest probability, of equal ones the first; nil where some are no numbers, as a model that has diverged
  /// gives them.
  static func likeliest(_ probabilities: [Double]) -> Int? {
    guard probabilities.allSatisfy(\.isFinite) else { return nil }
    return probabilities.indices.max { probabilities[$0] < probabilities[$1] }
  }

  /// The softmax of one view after another, added up.
  struct Sums {
    private var sums: [Double]
    private var views = 0

    init(classes: Int) { sums = [Double](repeating: 0, count: classes) }

    var mean: [Double] { sums.map { $0 / Double(views) } }

    /// - Parameter logits: of each view, `[views, classes]`.
    mutating func add(_ logits: [Float]) {
      let classes = sums.count
      for view in 0..<logits.count / classes {
        let own = logits[view * classes..<(view + 1) * classes].map(Double.init)
        let largest = own.max() ?? 0
        let weights = own.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        for (index, weight) in weights.enumerated() { sums[index] += weight / sum }
      }
      views += logits.count / classes
    }
  }
}
