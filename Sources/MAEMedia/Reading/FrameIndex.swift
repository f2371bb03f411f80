import MAECore

/// Which frames a video shows and when, and where decoding can start: everything that finding a frame needs.
///
/// Building one reads every packet of the video once and decodes nothing, unless packets do not tell which frames will be shown:
/// then the stretches in question are decoded, or the whole video.
public struct FrameIndex: Codable, Hashable, Sendable {
  /// When each frame is shown, in seconds from the first shown frame, in the order of showing.
  public let times: [Double]
  /// Seconds from the first frame's appearance to the last one's end.
  public let duration: Double
  /// What is out of the ordinary about packets or times, or nil.
  public let irregularity: Irregularity?
  /// The stream's number in its file.
  package let stream: Int
  /// Frames that the decoder must hold back so that none is lost to reordering.
  package let delay: Int
  /// Packets in decoding order.
  package let packets: [PacketRecord]
  /// The packet each frame comes from.
  package let packetOfFrame: [Int32]
  /// Of frames that were decoded to find them, what the picture was; 0 for others, and empty when there are no such frames.
  package let checksums: [UInt32]

  /// An index of nothing.
  static let empty = FrameIndex(
    times: [], duration: 0, irregularity: nil, stream: 0, delay: 0, packets: [], packetOfFrame: [], checksums: [])

  /// Frames that are shown.
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

  /// Frames that were decoded to find them, since packets did not tell.
  public var decodedFrameCount: Int { checksums.count { $0 != 0 } }

  /// What is out of the ordinary about a video's packets or times.
  public enum Irregularity: String, Codable, Hashable, Sendable, CustomStringConvertible {
    case missingTimestamps
    case repeatedTimestamps
    case disorderedTimestamps
    case jumpingClock
    case startsWithoutKeyFrame
    case unannouncedReordering
    case fieldsInSeparatePackets
    case severalFramesInPacket
    case changingParameters
    case damagedPackets
    case unknownCodec
    case decodingDisagreed

    /// In words, for a report.
    public var description: String {
      switch self {
      case .missingTimestamps: "packets without presentation times"
      case .repeatedTimestamps: "several frames with the same presentation time"
      case .disorderedTimestamps: "presentation times that contradict the order of frames"
      case .jumpingClock: "a clock that jumps, as in recordings that were joined"
      case .startsWithoutKeyFrame: "a start without a key frame"
      case .unannouncedReordering: "frames reordered further than the stream announces"
      case .fieldsInSeparatePackets: "fields in separate packets"
      case .severalFramesInPacket: "several frames in one packet"
      case .changingParameters: "codec parameters that change on the way"
      case .damagedPackets: "lost or damaged packets"
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
  /// Bytes.
  package var size: Int32
  package var traits: Traits

  package struct Traits: OptionSet, Codable, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let key = Self(rawValue: 1)
    /// Decoded, but not shown (edit lists, alternate references).
    package static let hidden = Self(rawValue: 2)
    /// No other frame is predicted from it.
    package static let unreferenced = Self(rawValue: 4)
    /// The picture that is decoded in place of the next packet is in this one; nothing else is, if the packet is unreferenced
    /// (MPEG-4 with packed pictures).
    package static let holdsNext = Self(rawValue: 8)
  }

  package var isKey: Bool { traits.contains(.key) }
  package var isUnreferenced: Bool { traits.contains(.unreferenced) }
  package var holdsNext: Bool { traits.contains(.holdsNext) }
}
