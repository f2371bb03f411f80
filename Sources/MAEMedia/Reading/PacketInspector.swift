import CFFmpeg

extension UnsafeMutablePointer<AVPacket> {
  var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: pointee.data, count: Int(pointee.size)) }
}

/// Reads from the first bytes of packets what their container does not say.
///
/// H.264: ITU-T H.264, 7.3.1 and 7.4.1 (nal_ref_idc), D.2.8 (recovery points). HEVC: ITU-T H.265, 7.4.2.2 (sub-layer non-reference
/// pictures). H.263: ITU-T H.263, 5.1. MPEG-2: ISO 13818-2, 6.3.9. MPEG-4: ISO 14496-2, 6.3.5. VP8: RFC 6386, 9.1. VP9: bitstream specification, 6.2 and
/// annex B.
@safe struct PacketInspector {
  /// What a packet is, as far as its bytes tell.
  struct Finding: Hashable {
    var isShown = true
    var isReferenced = true
    /// Decoding can start here if the container marks a key frame.
    var isEntry = true
    /// Predicted from frames before and after it, or nil when unknown.
    var isBidirectional: Bool?
    /// The bitstream itself asks for turning or mirroring, or for cropping at the left or top: the first frame tells what becomes of it.
    var turnsDisplay = false
    var problem: FrameIndex.FallBack?
  }

  private let codec: AVCodecID
  /// Bytes of a length before each unit; 0 = start codes.
  private let lengthSize: Int
  private var sequence: H264Sequence?
  private var highestSubLayer = 0

  init(_ parameters: UnsafePointer<AVCodecParameters>) {
    codec = unsafe parameters.pointee.codec_id
    let extra = unsafe UnsafeBufferPointer(
      start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size))
    switch codec {
    case AV_CODEC_ID_H264 where unsafe extra.count > 8 && extra[0] == 1:
      lengthSize = unsafe Int(extra[4] & 3) + 1
      // The first parameter set follows its count and its length.
      if unsafe extra[5] & 31 > 0 { sequence = unsafe H264Sequence(extra, at: 9) }
    case AV_CODEC_ID_HEVC where unsafe extra.count > 22 && (extra[0] != 0 || extra[1] != 0 || extra[2] > 1):
      lengthSize = unsafe Int(extra[21] & 3) + 1
    default: lengthSize = 0
    }
  }

  /// Whether the order of packets is the order of showing for every stream of the codec.
  var keepsOrder: Bool { properties & AV_CODEC_PROP_REORDER == 0 }

  /// Whether every packet can be decoded by itself.
  var isIntraOnly: Bool { properties & AV_CODEC_PROP_INTRA_ONLY != 0 }

  /// Whether each packet is known to give one frame, apart from what `inspect` finds.
  var isKnown: Bool { isIntraOnly || Self.knownCodecs.contains(codec.rawValue) }

  /// Whether `inspect` sees for itself where decoding can start, or nearly every packet can be such a place.
  var seesEntries: Bool { isIntraOnly || Self.codecsWithKnownEntries.contains(codec.rawValue) }

  /// Whether the order of showing follows from which frames are bidirectional.
  var hasSimpleOrder: Bool { Self.simplyOrderedCodecs.contains(codec.rawValue) }

  /// Whether leaving out unreferenced frames was checked to leave all other frames as they are.
  var canSkipUnreferenced: Bool { Self.skippingCodecs.contains(codec.rawValue) }

  /// How many frames an H.264 stream says it holds back; nil when it does not say.
  var announcedReordering: Int? { codec == AV_CODEC_ID_H264 ? sequence?.reorderDepth : 0 }

  private var properties: Int32 {
    guard let descriptor = unsafe avcodec_descriptor_get(codec) else { return 0 }
    return unsafe descriptor.pointee.props
  }

  private static let simplyOrderedCodecs = Set(
    [AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4].map(\.rawValue))

  private static let codecsWithKnownEntries = skippingCodecs.union([AV_CODEC_ID_H263, AV_CODEC_ID_VP8].map(\.rawValue))

  private static let skippingCodecs = simplyOrderedCodecs.union([AV_CODEC_ID_H264, AV_CODEC_ID_HEVC].map(\.rawValue))

  private static let knownCodecs: Set<UInt32> = Set(
    [
      AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_MPEG1VIDEO,
      AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_H263, AV_CODEC_ID_FLV1, AV_CODEC_ID_MSMPEG4V1, AV_CODEC_ID_MSMPEG4V2,
      AV_CODEC_ID_MSMPEG4V3, AV_CODEC_ID_WMV1, AV_CODEC_ID_WMV2, AV_CODEC_ID_THEORA, AV_CODEC_ID_GIF, AV_CODEC_ID_FFV1,
      AV_CODEC_ID_QTRLE, AV_CODEC_ID_SVQ1, AV_CODEC_ID_CINEPAK, AV_CODEC_ID_PNG, AV_CODEC_ID_CFHD, AV_CODEC_ID_FLASHSV,
      AV_CODEC_ID_FLASHSV2, AV_CODEC_ID_MSVIDEO1, AV_CODEC_ID_RPZA, AV_CODEC_ID_SMC, AV_CODEC_ID_ZMBV, AV_CODEC_ID_RV10,
      AV_CODEC_ID_RV20, AV_CODEC_ID_WEBP, AV_CODEC_ID_BMP, AV_CODEC_ID_TIFF,
    ].map(\.rawValue))

  /// What a packet will show. Parameter sets and sub-layers seen so far are remembered.
  ///
  /// - Precondition: the packet is not empty.
  mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> Finding {
    var finding = Finding()
    switch codec {
    case AV_CODEC_ID_H264: unsafe inspectH264(bytes, &finding)
    case AV_CODEC_ID_HEVC: unsafe inspectHEVC(bytes, &finding)
    case AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO:
      if let picture = unsafe units(in: bytes).first(where: { unsafe bytes[$0.lowerBound] == 0 }), picture.count > 2 {
        let type = unsafe (bytes[picture.lowerBound + 2] >> 3) & 7
        finding.isBidirectional = type == 3
        finding.isEntry = type == 1
      } else {
        finding.problem = .fieldsInSeparatePackets
      }
    case AV_CODEC_ID_MPEG4:
      let pictures = unsafe units(in: bytes).filter { unsafe bytes[$0.lowerBound] == 0xb6 && $0.count > 1 }
      if pictures.count > 1 { finding.problem = .severalFramesInPacket }
      if let picture = pictures.first {
        let type = unsafe bytes[picture.lowerBound + 1] >> 6
        finding.isBidirectional = type == 2
        finding.isEntry = type == 0
      } else {
        finding.problem = .severalFramesInPacket
      }
    case AV_CODEC_ID_H263: finding.isEntry = unsafe Self.isIntraH263(bytes)
    case AV_CODEC_ID_VP8:
      finding.isShown = unsafe bytes[0] & 0x10 != 0
      finding.isEntry = unsafe bytes[0] & 1 == 0
    case AV_CODEC_ID_VP9:
      let shown = unsafe shownFramesVP9(bytes)
      finding.isShown = shown > 0
      if shown > 1 { finding.problem = .severalFramesInPacket }
    default: break
    }
    if let isBidirectional = finding.isBidirectional { finding.isReferenced = !isBidirectional }
    return finding
  }

  private mutating func inspectH264(_ bytes: UnsafeBufferPointer<UInt8>, _ finding: inout Finding) {
    var recovery: Int?
    for unit in unsafe units(in: bytes, problem: &finding.problem) {
      let header = unsafe bytes[unit.lowerBound]
      let body = unit.lowerBound + 1
      switch header & 31 {
      case 7:
        guard let found = unsafe H264Sequence(bytes, at: body) else { break }
        // Slices name their set through a picture parameter set; with one kind of set it does not matter which.
        if let sequence, sequence != found, !(sequence.framesOnly && found.framesOnly) { finding.problem = .changingParameters }
        sequence = found
      case 6:
        let information = unsafe SupplementalInformation(bytes, at: body, end: unit.upperBound)
        recovery = information.framesUntilRecovery ?? recovery
        if information.turnsDisplay { finding.turnsDisplay = true }
      case 1...5:
        finding.isReferenced = header & 0x60 != 0
        if sequence?.cropsStart == true { finding.turnsDisplay = true }
        finding.isEntry = header & 31 == 5 || recovery == 0
        if let sequence, unsafe sequence.isField(bytes, at: body) { finding.problem = .fieldsInSeparatePackets }
        return
      default: break
      }
    }
  }

  private mutating func inspectHEVC(_ bytes: UnsafeBufferPointer<UInt8>, _ finding: inout Finding) {
    for unit in unsafe units(in: bytes, problem: &finding.problem) where unit.count > 1 {
      let type = unsafe (bytes[unit.lowerBound] >> 1) & 63
      if type == 39 {
        finding.turnsDisplay =
          unsafe SupplementalInformation(bytes, at: unit.lowerBound + 2, end: unit.upperBound).turnsDisplay
          || finding.turnsDisplay
      }
      if type >= 32 { continue }
      let subLayer = unsafe Int(bytes[unit.lowerBound + 1] & 7) - 1
      highestSubLayer = max(highestSubLayer, subLayer)
      finding.isReferenced = !(type < 15 && type % 2 == 0 && subLayer == highestSubLayer)
      finding.isEntry = (16...23).contains(type)
      return
    }
  }

  private func units(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    var problem: FrameIndex.FallBack?
    return unsafe units(in: bytes, problem: &problem)
  }

  /// The units of a packet, behind lengths or start codes. Lengths that do not add up are a problem.
  private func units(in bytes: UnsafeBufferPointer<UInt8>, problem: inout FrameIndex.FallBack?) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var offset = 0
    if lengthSize > 0 {
      while offset + lengthSize < bytes.count {
        var length = 0
        for index in 0..<lengthSize { length = unsafe length << 8 | Int(bytes[offset + index]) }
        offset += lengthSize
        if length > bytes.count - offset {
          problem = .damagedPackets
          return result
        }
        if length > 0 { result.append(offset..<offset + length) }
        offset += length
      }
      return result
    }
    var start: Int?
    while offset + 3 < bytes.count {
      if unsafe bytes[offset + 2] > 1 {
        offset += 3
      } else if unsafe bytes[offset] == 0 && bytes[offset + 1] == 0 && bytes[offset + 2] == 1 {
        if let start { result.append(start..<offset) }
        start = offset + 3
        offset += 3
      } else {
        offset += 1
      }
    }
    if let start { result.append(start..<bytes.count) }
    return result
  }

  /// Reads the picture coding type, which stands elsewhere when the header is extended (ITU-T H.263, 5.1.3 and 5.1.4).
  private static func isIntraH263(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var reader = unsafe BitReader(bytes, from: 0, limit: 16)
    // Start code, temporal reference, and what is of no interest here.
    _ = reader.bits(22 + 8 + 5)
    guard reader.bits(3) == 7 else { return !reader.flag() }
    if reader.bits(3) == 1 { _ = reader.bits(18) }
    return reader.bits(3) == 0
  }

  /// A VP9 packet is one frame, or a superframe with an index at its end; usually exactly one of the frames is shown.
  private func shownFramesVP9(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let last = unsafe bytes[bytes.count - 1]
    let sizeBytes = Int(last >> 3 & 3) + 1
    let frames = Int(last & 7) + 1
    let indexSize = 2 + sizeBytes * frames
    guard last & 0xe0 == 0xc0, bytes.count >= indexSize, unsafe bytes[bytes.count - indexSize] == last else {
      return unsafe Self.showsVP9(bytes[0]) ? 1 : 0
    }
    var shown = 0
    var offset = 0
    for frame in 0..<frames {
      var size = 0
      for byte in 0..<sizeBytes {
        size |= unsafe Int(bytes[bytes.count - indexSize + 1 + frame * sizeBytes + byte]) << (8 * byte)
      }
      if size > 0, offset < bytes.count, unsafe Self.showsVP9(bytes[offset]) { shown += 1 }
      offset += size
    }
    return shown
  }

  private static func showsVP9(_ header: UInt8) -> Bool {
    let isProfile3 = header & 0x30 == 0x30
    let bits = isProfile3 ? header << 5 : header << 4
    return bits & 0x80 != 0 || bits & 0x20 != 0
  }
}
