/// The picture of a packet as far as its headers tell how a decoder puts it in order.
enum CodedPicture: Hashable {
  /// Shown when it is decoded.
  case plain
  /// Kept until the next one of its kind has come: of MPEG-1, -2 and -4, VC-1 and RealVideo.
  case anchor
  /// Predicted from the anchors before and after it, and shown when it is decoded.
  case bidirectional
  case h264(H264Picture)
  case hevc(HEVCPicture)
}

/// What a packet is, as far as its bytes tell.
struct PacketFinding: Hashable {
  /// nil when the packet gives no frame.
  var picture: CodedPicture? = .plain
  /// Whether other frames are predicted from it, as far as is known.
  var isReferenced = true
  /// The picture that is decoded in place of the next packet is in this one; nothing else is, if the packet is unreferenced.
  var holdsNext = false
  /// Decoding can start here if the container marks a key frame.
  var isEntry = true
  /// What becomes of the packet only decoding tells.
  var isDoubtful = false
  /// The bitstream itself asks for turning or mirroring, or for cropping at the left or top: the first frame tells what becomes
  /// of it.
  var turnsDisplay = false
  var problem: FrameIndex.Irregularity?
}

/// The order in which a decoder gives out the pictures of the packets it is given.
protocol OutputOrder {
  /// A packet's picture is decoded; returns the place of the packet whose picture comes out, if one does.
  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32?
  /// Nothing follows: the rest in order.
  mutating func drain() -> [Int32]
}

/// Pictures come as they are decoded.
struct DecodingOrder: OutputOrder {
  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32? { place }
  mutating func drain() -> [Int32] { [] }
}

/// Bidirectional and plain pictures come at once, an anchor after the next one.
///
/// Where a stream turns out on the way to be reordered, the last plain picture is an anchor too, and comes a second time.
struct AnchorOrder: OutputOrder {
  private var last: (place: Int32, isWaiting: Bool)?

  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32? {
    if picture == .bidirectional { return place }
    defer { last = (place, picture != .plain) }
    return picture == .plain ? place : last?.place
  }

  mutating func drain() -> [Int32] {
    defer { last = nil }
    return last.map { $0.isWaiting ? [$0.place] : [] } ?? []
  }
}
