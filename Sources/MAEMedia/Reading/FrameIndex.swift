import MAECore

/// Which frames a video shows and when, and where decoding can start: everything that finding a frame needs.
///
/// Building one reads every packet of the video once but decodes nothing, unless the packets do not tell which frames will be
/// shown; then the whole video is decoded once and ``fallBack`` says why.
public struct FrameIndex: Codable, Hashable, Sendable {
  /// When each frame is shown, in seconds from the first shown frame, in the order of showing.
  public let times: [Double]
  /// Seconds from the first frame's appearance to the last one's end.
  public let duration: Double
  /// Why packets alone were not enough, or nil.
  public let fallBack: FallBack?
  /// The stream's number in its file.
  package let stream: Int
  /// Packets in decoding order.
  package let packets: [PacketRecord]
  /// The packet each frame comes from.
  package let packetOfFrame: [Int32]

  /// An index of nothing.
  static let empty = FrameIndex(times: [], duration: 0, fallBack: nil, stream: 0, packets: [], packetOfFrame: [])

  public var frameCount: Int { times.count }

  /// Frames at which decoding can start.
  public var keyFrames: [FrameNumber] {
    packetOfFrame.indices.filter { packets[Int(packetOfFrame[$0])].isKey }.map(FrameNumber.init)
  }

  /// Frames that no other frame is predicted from, as far as the packets tell: they can stay packed unless they are wanted.
  public var unreferencedFrameCount: Int { packetOfFrame.count { packets[Int($0)].isUnreferenced } }

  /// The last frame whose time is at or before `seconds`; the first frame for times before it.
  public func frameNumber(at seconds: Double) -> FrameNumber {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return FrameNumber(max(0, low - 1))
  }

  /// Whether frames can be found from a key frame before them; otherwise decoding starts at the beginning of the file.
  var allowsSeeking: Bool { fallBack?.allowsSeeking ?? true }

  /// Why the index had to be made by decoding the whole video.
  public enum FallBack: String, Codable, Hashable, Sendable, CustomStringConvertible {
    case missingTimestamps
    case repeatedTimestamps
    case disorderedTimestamps
    case startsWithoutKeyFrame
    case unannouncedReordering
    case fieldsInSeparatePackets
    case severalFramesInPacket
    case changingParameters
    case damagedPackets
    case unknownCodec
    case decodingDisagreed

    var allowsSeeking: Bool {
      switch self {
      case .missingTimestamps, .repeatedTimestamps, .disorderedTimestamps, .startsWithoutKeyFrame, .unannouncedReordering,
        .fieldsInSeparatePackets:
        true
      case .severalFramesInPacket, .changingParameters, .damagedPackets, .unknownCodec, .decodingDisagreed: false
      }
    }

    /// In words, for a report.
    public var description: String {
      switch self {
      case .missingTimestamps: "packets without presentation times"
      case .repeatedTimestamps: "several packets with the same presentation time"
      case .disorderedTimestamps: "presentation times that contradict the order of frames"
      case .startsWithoutKeyFrame: "frames before the first key frame"
      case .unannouncedReordering: "frames reordered further than the stream announces"
      case .fieldsInSeparatePackets: "fields in separate packets"
      case .severalFramesInPacket: "several frames in one packet"
      case .changingParameters: "codec parameters that change on the way"
      case .damagedPackets: "packets marked as damaged"
      case .unknownCodec: "a codec whose packets this library does not know"
      case .decodingDisagreed: "packets that did not give the frames they promised"
      }
    }
  }
}

/// What the index keeps of a packet.
package struct PacketRecord: Codable, Hashable, Sendable {
  package var presentation: Int64
  package var decoding: Int64
  /// Byte offset in the file, or -1.
  package var position: Int64
  /// In units of the stream's time base; 0 = unknown.
  package var duration: Int64
  package var traits: Traits

  package struct Traits: OptionSet, Codable, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let key = Self(rawValue: 1)
    /// Decoded, but not shown (edit lists, alternate references).
    package static let hidden = Self(rawValue: 2)
    /// No other frame is predicted from it.
    package static let unreferenced = Self(rawValue: 4)
    /// Shown as soon as it is decoded, before the frame decoded ahead of it.
    package static let bidirectional = Self(rawValue: 8)
  }

  package var isKey: Bool { traits.contains(.key) }
  package var isUnreferenced: Bool { traits.contains(.unreferenced) }
}
