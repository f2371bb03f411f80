import MAECore

/// How labels go from frame to frame, and at which size: results depend on it by up to twenty points, so it stands beside each.
public struct PropagationProtocol: Hashable, Sendable {
  /// What is handed on.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    /// Objects, judged by region and boundary (DAVIS).
    case masks
    /// Points, judged by PCK (JHMDB).
    case keypoints
    /// Classes, judged by mean IoU (VIP).
    case parts
  }

  /// What of the published evaluations differs beyond numbers.
  public enum Procedure: String, Hashable, Codable, Sendable {
    /// CropMAE's public code, which SiamMAE's figures are compared by: the first frame is searched everywhere, the others within
    /// a disk; the queue is full from the beginning, with copies of the first frame; labels are averaged at the cells' centres.
    case siamMAE = "siammae"
    /// facebookresearch/dino, `eval_video_segmentation.py`: a square around the cell on every frame; the queue grows; a cell has
    /// the label of its nearest pixel; each object's map is stretched to 0 … 1 before the largest is taken.
    case dino
  }

  /// As a preset is called.
  public var name: String
  /// What is handed on.
  public var kind: Kind
  /// What differs beyond numbers.
  public var procedure = Procedure.siamMAE
  /// Which size frames are encoded at.
  public var size: PropagationSize
  /// Frames before the one that is labelled, beside the first.
  public var queue = 20
  /// How far away in cells a label may come from: less than this (``Procedure/siamMAE``), or in either direction at most this
  /// (``Procedure/dino``).
  public var radius = 20
  /// Cells that a label is the mean of.
  public var neighbours = 7
  /// Divides similarities before they become weights.
  public var temperature = 0.7

  /// Object masks at 480 × 880 (CropMAE, `downstreams/propagation`).
  public static let davis = Self(name: "davis", kind: .masks, size: .fixed(FrameSize(width: 880, height: 480)))
  /// Joints at 320 × 320 (the same).
  public static let jhmdb = Self(name: "jhmdb", kind: .keypoints, size: .fixed(FrameSize(square: 320)))
  /// Body parts, the longer side 880 (the same).
  public static let vip = Self(name: "vip", kind: .parts, size: .longerSide(880, multiple: 64), neighbours: 10)
  /// Object masks as DINO is judged, the shorter side 480.
  public static let dino = Self(
    name: "dino", kind: .masks, procedure: .dino, size: .shorterSide(480, multiple: 64), queue: 7, radius: 12, neighbours: 5,
    temperature: 0.1)

  /// All of them.
  public static let presets = [davis, jhmdb, vip, dino]

  /// The published one for a kind of labels unless another is asked for.
  public static func usual(for kind: Kind) -> Self {
    switch kind {
    case .masks: davis
    case .keypoints: jhmdb
    case .parts: vip
    }
  }

  /// A line for people.
  public var description: String {
    let reach = procedure == .dino ? "a square of \(radius) cells to each side" : "a disk of less than \(radius) cells"
    let before = procedure == .dino ? "up to \(queue) frames before" : "\(queue) frames before (copies of the first at the start)"
    let context = queue == 0 ? "by the first frame alone, none before" : "the first frame and \(before)"
    return """
      \(name): \(kind.rawValue) at \(size), \(context), \(reach), \
      \(neighbours) nearest, temperature \(temperature)
      """
  }
}

/// Which size frames are encoded at.
public enum PropagationSize: Hashable, Sendable, CustomStringConvertible {
  /// Whatever the frames' own is.
  case fixed(FrameSize)
  /// The longer side has so many pixels, the other is rounded down to a multiple.
  case longerSide(Int, multiple: Int)
  /// The shorter side has so many pixels, the other is rounded down to a multiple.
  ///
  /// - Parameter multiple: nil for that of the patch.
  case shorterSide(Int, multiple: Int?)
  /// The frames' own, rounded down to whole patches.
  case own

  /// For frames of a size and a model with patches of `patch` pixels.
  public func size(of frames: FrameSize, patch: Int) -> FrameSize {
    func other(_ side: Int, _ number: Int, _ reference: Int, _ multiple: Int) -> Int {
      max(multiple, side * number / reference / multiple * multiple)
    }
    switch self {
    case .fixed(let size): return size
    case .longerSide(let number, let multiple):
      return frames.width > frames.height
        ? FrameSize(width: number, height: other(frames.height, number, frames.width, multiple))
        : FrameSize(width: other(frames.width, number, frames.height, multiple), height: number)
    case .shorterSide(let number, let given):
      let multiple = given ?? patch
      return frames.height > frames.width
        ? FrameSize(width: number, height: other(frames.height, number, frames.width, multiple))
        : FrameSize(width: other(frames.width, number, frames.height, multiple), height: number)
    case .own:
      return FrameSize(
        width: max(patch, frames.width / patch * patch), height: max(patch, frames.height / patch * patch))
    }
  }

  /// In words, as within a sentence.
  public var description: String {
    switch self {
    case .fixed(let size): "\(size.height)×\(size.width) pixels"
    case .longerSide(let number, let multiple): "\(number) pixels for the longer side (the other a multiple of \(multiple))"
    case .shorterSide(let number, let multiple):
      "\(number) pixels for the shorter side" + (multiple.map { " (the other a multiple of \($0))" } ?? "")
    case .own: "the frames' own size"
    }
  }
}
