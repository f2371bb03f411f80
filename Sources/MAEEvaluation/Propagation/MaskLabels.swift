import MAECore
import MAEMedia

/// The objects or classes of a sequence's first frame: as labels of its cells, and back from cells to pictures.
public struct MaskLabels: Sendable {
  /// The label of each channel, ascending.
  public let labels: [UInt8]
  /// Of the first frame, `[rows, columns, labels]`.
  public let onGrid: LabelMap
  private let procedure: PropagationProtocol.Procedure
  private let frameSize: FrameSize
  private let back: NearestPlace

  /// - Parameters:
  ///   - first: of the first frame, at its own size.
  ///   - frameSize: that frames are encoded at.
  ///   - grid: columns and rows of cells.
  public init(_ first: LabelPicture, _ rules: PropagationProtocol, frameSize: FrameSize, grid: FrameSize) {
    procedure = rules.procedure
    back = procedure == .dino || rules.kind == .parts ? .centre : .corner
    self.frameSize = frameSize
    switch procedure {
    case .siamMAE:
      let small = first.sampled(to: frameSize, .corner)
      labels = small.present
      onGrid = LabelMap(oneHot: small, labels: labels).resampled(to: grid)
    case .dino:
      let cells = first.sampled(to: grid, .centre)
      labels = Array(0...(cells.ids.max() ?? 0))
      onGrid = LabelMap(oneHot: cells, labels: labels)
    }
  }

  /// The label of each pixel at the size that frames are encoded at.
  public func picture(of map: LabelMap) -> LabelPicture {
    var large = map.resampled(to: frameSize)
    if procedure == .dino { large = large.stretched() }
    return LabelPicture(size: frameSize, ids: large.largestChannels().map { labels[$0] })
  }

  /// The same at the frames' own size.
  public func picture(of map: LabelMap, at size: FrameSize) -> LabelPicture { picture(of: map).sampled(to: size, back) }
}
