import CFFmpeg

/// Reads from the first bytes of packets what their container does not say.
///
/// H.264: ITU-T H.264, 7.3.1 and 7.4.1 (nal_ref_idc). HEVC: ITU-T H.265, 7.4.2.2 (sub-layer non-reference pictures).
/// MPEG-2: ISO 13818-2, 6.3.9. MPEG-4: ISO 14496-2, 6.3.5. VP8: RFC 6386, 9.1. VP9: bitstream specification, 6.2 and annex B.
@safe struct PacketInspector {
  enum Finding: Hashable {
    case shows(isReferenced: Bool)
    case hidden
    case unclear(FrameIndex.FallBack)
  }

  private let codec: AVCodecID
  /// Bytes of a length before each unit; 0 = start codes.
  private let lengthSize: Int
  private var hasFields = false
  private var highestSubLayer = 0

  init(_ parameters: UnsafePointer<AVCodecParameters>) {
    codec = unsafe parameters.pointee.codec_id
    let extra = unsafe UnsafeBufferPointer(
      start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size))
    switch codec {
    case AV_CODEC_ID_H264 where unsafe extra.count > 6 && extra[0] == 1:
      lengthSize = unsafe Int(extra[4] & 3) + 1
    case AV_CODEC_ID_HEVC where unsafe extra.count > 22 && (extra[0] != 0 || extra[1] != 0 || extra[2] > 1):
      lengthSize = unsafe Int(extra[21] & 3) + 1
    default: lengthSize = 0
    }
    let order = unsafe parameters.pointee.field_order
    hasFields = codec == AV_CODEC_ID_H264 && order != AV_FIELD_PROGRESSIVE && order != AV_FIELD_UNKNOWN
  }

  /// Whether the order of packets is the order of showing for every stream of the codec.
  var keepsOrder: Bool {
    guard let descriptor = unsafe avcodec_descriptor_get(codec) else { return false }
    return unsafe descriptor.pointee.props & AV_CODEC_PROP_REORDER == 0
  }

  var isIntraOnly: Bool {
    guard let descriptor = unsafe avcodec_descriptor_get(codec) else { return false }
    return unsafe descriptor.pointee.props & AV_CODEC_PROP_INTRA_ONLY != 0
  }

  /// Whether each packet is known to give one frame, apart from what `inspect` finds.
  var isKnown: Bool { isIntraOnly || Self.knownCodecs.contains(codec.rawValue) }

  /// Whether leaving out unreferenced frames was checked to leave all other frames as they are.
  var canSkipUnreferenced: Bool { Self.skippingCodecs.contains(codec.rawValue) }

  private static let skippingCodecs: Set<UInt32> = Set(
    [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4].map(\.rawValue))

  private static let knownCodecs: Set<UInt32> = Set(
    [
      AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_MPEG1VIDEO,
      AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_H263, AV_CODEC_ID_FLV1, AV_CODEC_ID_MSMPEG4V1, AV_CODEC_ID_MSMPEG4V2,
      AV_CODEC_ID_MSMPEG4V3, AV_CODEC_ID_WMV1, AV_CODEC_ID_WMV2, AV_CODEC_ID_THEORA, AV_CODEC_ID_GIF, AV_CODEC_ID_FFV1,
      AV_CODEC_ID_QTRLE, AV_CODEC_ID_SVQ1, AV_CODEC_ID_CINEPAK,
    ].map(\.rawValue))

  /// What a packet will show. Sub-layers seen so far decide what an HEVC picture may be needed for.
  mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> Finding {
    switch codec {
    case AV_CODEC_ID_H264:
      if hasFields { return .unclear(.fieldsInSeparatePackets) }
      guard let unit = unsafe firstUnit(bytes, where: { (1...5).contains($0 & 31) }) else { return .shows(isReferenced: true) }
      return unsafe .shows(isReferenced: bytes[unit] & 0x60 != 0)
    case AV_CODEC_ID_HEVC:
      guard let unit = unsafe firstUnit(bytes, where: { ($0 >> 1) & 63 < 32 }), unit + 1 < bytes.count else {
        return .shows(isReferenced: true)
      }
      let type = unsafe (bytes[unit] >> 1) & 63
      let subLayer = unsafe Int(bytes[unit + 1] & 7) - 1
      highestSubLayer = max(highestSubLayer, subLayer)
      return .shows(isReferenced: !(type < 15 && type % 2 == 0 && subLayer == highestSubLayer))
    case AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO:
      guard let unit = unsafe firstUnit(bytes, where: { $0 == 0 }), unit + 2 < bytes.count else {
        return .unclear(.fieldsInSeparatePackets)
      }
      return unsafe .shows(isReferenced: (bytes[unit + 2] >> 3) & 7 != 3)
    case AV_CODEC_ID_MPEG4:
      guard let unit = unsafe firstUnit(bytes, where: { $0 == 0xb6 }), unit + 1 < bytes.count else {
        return .unclear(.missingTimestamps)
      }
      return unsafe .shows(isReferenced: bytes[unit + 1] >> 6 != 2)
    case AV_CODEC_ID_VP8:
      return unsafe bytes[0] & 0x10 == 0 ? .hidden : .shows(isReferenced: true)
    case AV_CODEC_ID_VP9:
      return unsafe inspectVP9(bytes)
    default: return .shows(isReferenced: true)
    }
  }

  /// Offset of the first unit header that `wanted` accepts.
  private func firstUnit(_ bytes: UnsafeBufferPointer<UInt8>, where wanted: (UInt8) -> Bool) -> Int? {
    var offset = 0
    if lengthSize > 0 {
      while offset + lengthSize < bytes.count {
        var length = 0
        for index in 0..<lengthSize { length = unsafe length << 8 | Int(bytes[offset + index]) }
        if unsafe wanted(bytes[offset + lengthSize]) { return offset + lengthSize }
        guard length > 0 else { return nil }
        offset += lengthSize + length
      }
      return nil
    }
    while offset + 3 < bytes.count {
      if unsafe bytes[offset + 2] > 1 {
        offset += 3
      } else if unsafe bytes[offset] == 0 && bytes[offset + 1] == 0 && bytes[offset + 2] == 1 {
        if unsafe wanted(bytes[offset + 3]) { return offset + 3 }
        offset += 3
      } else {
        offset += 1
      }
    }
    return nil
  }

  /// A VP9 packet is one frame, or a superframe with an index at its end; usually exactly one of the frames is shown.
  private func inspectVP9(_ bytes: UnsafeBufferPointer<UInt8>) -> Finding {
    var shown = 0
    let last = unsafe bytes[bytes.count - 1]
    let sizeBytes = Int(last >> 3 & 3) + 1
    let frames = Int(last & 7) + 1
    let indexSize = 2 + sizeBytes * frames
    if last & 0xe0 == 0xc0, bytes.count >= indexSize, unsafe bytes[bytes.count - indexSize] == last {
      var offset = 0
      for frame in 0..<frames {
        var size = 0
        for byte in 0..<sizeBytes { size |= unsafe Int(bytes[bytes.count - indexSize + 1 + frame * sizeBytes + byte]) << (8 * byte) }
        if size > 0, offset < bytes.count, unsafe Self.showsVP9(bytes[offset]) { shown += 1 }
        offset += size
      }
    } else if unsafe Self.showsVP9(bytes[0]) {
      shown = 1
    }
    return shown == 1 ? .shows(isReferenced: true) : shown == 0 ? .hidden : .unclear(.unknownCodec)
  }

  private static func showsVP9(_ header: UInt8) -> Bool {
    let isProfile3 = header & 0x30 == 0x30
    let bits = isProfile3 ? header << 5 : header << 4
    return bits & 0x80 != 0 || bits & 0x20 != 0
  }
}
