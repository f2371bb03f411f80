import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEMedia
import MAEModels

/// What a frame's labels came out as.
public enum PropagatedLabels: Sendable {
  /// At the frame's own size.
  case picture(LabelPicture)
  /// In pixels of the frame; nil where a point was lost.
  case points([Keypoint?])
}

/// Hands the labels of sequences' first frames on through their other frames, and compares with true ones where there are any.
public final class Propagation {
  /// A frame with its labels.
  public struct Frame {
    /// From 0.
    public var number: Int
    /// As its still is called.
    public var name: String
    /// At its own size.
    public var image: Image
    /// The first frame's are those that were given.
    public var labels: PropagatedLabels
  }

  /// How labels are handed on.
  public let rules: PropagationProtocol
  /// The model.
  public let encoder: FrameEncoder
  private let kernels: Kernels
  private let timeLimit: Duration?

  /// - Parameter timeLimit: how long nothing may get on before a file is given up.
  public init(_ encoder: FrameEncoder, _ rules: PropagationProtocol, timeLimit: Duration? = .seconds(60), on kernels: Kernels) {
    (self.encoder, self.rules, self.timeLimit, self.kernels) = (encoder, rules, timeLimit, kernels)
  }

  /// Labels all sequences.
  ///
  /// - Parameters:
  ///   - visit: is given every frame as it comes.
  ///   - isCancelled: asked before every frame.
  /// - Returns: nil when it was cancelled.
  /// - Throws: ``DataError`` or ``MediaError`` for frames and labels that cannot be read or do not fit each other,
  ///   ``ConfigurationError`` when patches do not fill frames of the size.
  public func run(
    _ sequences: [LabelledSequence], isCancelled: () -> Bool = { false },
    visit: (LabelledSequence, SequenceFrames, Frame) throws -> Void
  ) throws -> PropagationResult? {
    let watch = Stopwatch()
    var (results, objects, accuracy): ([PropagationResult.Sequence], [ObjectMeasures], KeypointAccuracy) = ([], [], .init())
    var (overlap, later) = (ClassOverlap(), ClassOverlap())
    for sequence in sequences {
      let frames = try SequenceFrames(sequence.frames, channels: encoder.channels, timeLimit: timeLimit)
      let labels = try SequenceLabels(sequence, frames: frames.names.count, size: frames.size, rules.kind)
      let outcome = try labelled(frames, labels.first, keeping: labels.truth != nil, isCancelled) {
        try visit(sequence, frames, $0)
      }
      guard let (predicted, lost) = outcome else { return nil }
      let encoded = rules.size.size(of: frames.size, patch: encoder.patch)
      var result = PropagationResult.Sequence(
        name: sequence.name, frames: frames.count, size: [frames.size.height, frames.size.width],
        encodedSize: [encoded.height, encoded.width], lostLabels: lost)
      switch (labels.truth, predicted) {
      case (.pictures(let truth)?, .pictures(let ours)) where rules.kind == .parts:
        var own = ClassOverlap()
        for (number, pair) in zip(truth, ours).enumerated() {
          own.add(truth: pair.0, prediction: pair.1)
          overlap.add(truth: pair.0, prediction: pair.1)
          if number > 0 { later.add(truth: pair.0, prediction: pair.1) }
        }
        result.meanIou = own.mean
      case (.pictures(let truth)?, .pictures(let ours)) where truth.count > 2:
        result.objects = ObjectMeasures.all(truth, ours)
        objects += result.objects ?? []
      case (.points(let truth)?, .points(let ours)):
        var own = KeypointAccuracy()
        own.add(truth: truth, prediction: ours)
        accuracy.add(truth: truth, prediction: ours)
        result.pck = own.percent(within: 0.1)
      default: break
      }
      results.append(result)
    }
    let checkpoint = encoder.checkpoint
    let pck = [0.1, 0.2, 0.3, 0.4, 0.5].compactMap { within in
      accuracy.percent(within: within).map { PropagationResult.PCK(within: within, percent: $0) }
    }
    return PropagationResult(
      checkpoint: checkpoint.path, method: checkpoint.configuration.method.name,
      step: checkpoint.metadata["step"].flatMap { Int($0) }, rules: .init(rules), sequences: results,
      totals: objects.isEmpty ? nil : ObjectTotals(objects), pck: pck.isEmpty ? nil : pck,
      unseenPoints: pck.isEmpty ? nil : accuracy.unseen, meanIou: overlap.mean, meanIouAfterFirst: later.mean,
      seconds: watch.seconds)
  }

  /// - Parameter keeping: whether all labels are returned.
  private func labelled(
    _ frames: SequenceFrames, _ first: PropagatedLabels, keeping: Bool, _ isCancelled: () -> Bool,
    visit: (Frame) throws -> Void
  ) throws -> (SequenceLabels.Truth, lost: [Int])? {
    let size = rules.size.size(of: frames.size, patch: encoder.patch)
    let grid = try encoder.grid(of: size)
    let onGrid: LabelMap
    let labels: (LabelMap) -> PropagatedLabels
    let (channels, given): ([Int], [Int])
    switch first {
    case .picture(let picture):
      let masks = MaskLabels(picture, rules, frameSize: size, grid: grid)
      (onGrid, channels, given) = (masks.onGrid, masks.labels.map { Int($0) }, picture.present.map { Int($0) })
      labels = { .picture(masks.picture(of: $0, at: frames.size)) }
    case .points(let points):
      let keypoints = KeypointLabels(frames: frames.size, frameSize: size, grid: grid)
      onGrid = keypoints.map(of: points)
      (channels, given) = (Array(0...points.count), points.indices.filter { points[$0] != nil }.map { $0 + 1 })
      labels = { .points(keypoints.points(of: $0)) }
    }
    var (pictures, points): ([LabelPicture], [[Keypoint?]]) = ([], [])
    var propagator: LabelPropagator?
    for number in 0..<frames.count {
      if isCancelled() { return nil }
      let image = try frames.frame(number)
      let features = try encoder.features(of: image, at: size)
      let outcome: PropagatedLabels
      if propagator != nil {
        outcome = labels(propagator!.labels(of: features))
      } else {
        propagator = LabelPropagator(features, onGrid, rules, on: kernels)
        outcome = first
      }
      switch outcome {
      case .picture(let picture): if keeping { pictures.append(picture) }
      case .points(let found): if keeping { points.append(found) }
      }
      try visit(Frame(number: number, name: frames.names[number], image: image, labels: outcome))
    }
    let onCells = channels.indices.filter { channel in
      stride(from: channel, to: onGrid.values.count, by: onGrid.channels).contains { onGrid.values[$0] > 0 }
    }
    let lost = Set(given).subtracting(onCells.map { channels[$0] }).sorted().filter { $0 > 0 }
    return (pictures.isEmpty ? .points(points) : .pictures(pictures), lost)
  }
}
