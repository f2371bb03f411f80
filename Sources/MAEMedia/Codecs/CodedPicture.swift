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

/// A bidirectional picture comes at once, any other after the next of its kind.
struct AnchorOrder: OutputOrder {
  private var waiting: Int32?

  mutating func add(_ picture: CodedPicture, at place: Int32) -> Int32? {
    if picture == .bidirectional { return place }
    defer { waiting = place }
    return waiting
  }

  mutating func drain() -> [Int32] {
    defer { waiting = nil }
    return waiting.map { [$0] } ?? []
  }
}
