import CFFmpeg

extension UnsafeMutablePointer<AVPacket> {
  var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: pointee.data, count: Int(pointee.size)) }
}

extension AVCodecParameters {
  var extradataBytes: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: extradata, count: extradata == nil ? 0 : Int(extradata_size))
  }
}

/// Reads from the first bytes of packets what their container does not say.
///
/// H.264, HEVC and MPEG-4 have inspectors of their own. H.263: ITU-T H.263, 5.1. MPEG-1 and -2: ISO 13818-2, 6.3.9. VP3, VP5 and
/// VP6: the first bit. VP8: RFC 6386, 9.1. VP9: bitstream specification, 6.2 and annex B. VC-1: SMPTE 421M, 7.1.1. RealVideo 3
/// and 4: FFmpeg's libavcodec/rv30.c and rv40.c.
@safe struct PacketInspector {
  private let codec: AVCodecID
  private var special: Special?
  /// Of VC-1's simple and main profiles: bits before the type of a picture, and whether pictures may be bidirectional.
  private var headerOfVC1 = (skipped: 0, isBidirectional: false, isAdvanced: false, isInterlaced: false)

  private enum Special {
    case h264(H264Inspector)
    case hevc(HEVCInspector)
    case mpeg4(MPEG4Inspector)
  }

  init(_ parameters: UnsafePointer<AVCodecParameters>) {
    codec = unsafe parameters.pointee.codec_id
    let extra = unsafe parameters.pointee.extradataBytes
    switch codec {
    case AV_CODEC_ID_H264: special = unsafe .h264(H264Inspector(extra))
    case AV_CODEC_ID_HEVC: special = unsafe .hevc(HEVCInspector(extra))
    case AV_CODEC_ID_MPEG4: special = unsafe .mpeg4(MPEG4Inspector(extra))
    case AV_CODEC_ID_WMV3, AV_CODEC_ID_VC1: headerOfVC1 = unsafe Self.headerOfVC1(extra)
    default: break
    }
  }

  /// Whether every packet can be decoded by itself.
  var isIntraOnly: Bool { properties & AV_CODEC_PROP_INTRA_ONLY != 0 }

  /// Whether each packet is known to give one frame, apart from what `inspect` finds.
  var isKnown: Bool { isIntraOnly || Self.knownCodecs.contains(codec.rawValue) }

  /// Whether `inspect` sees for itself where decoding can start, or nearly every packet can be such a place.
  var seesEntries: Bool { isIntraOnly || Self.codecsWithKnownEntries.contains(codec.rawValue) }

  /// Whether leaving out unreferenced frames was checked to leave all other frames as they are.
  var canSkipUnreferenced: Bool { Self.skippingCodecs.contains(codec.rawValue) }

  /// The order in which the decoder gives out pictures; nil when only the container's times tell.
  ///
  /// - Parameter delay: Frames that the decoder holds back from the start.
  func outputOrder(delay: Int) -> (any OutputOrder)? {
    switch codec {
    case AV_CODEC_ID_H264: return H264Order(delay: delay)
    case AV_CODEC_ID_HEVC: return HEVCOrder()
    case _ where Self.anchoringCodecs.contains(codec.rawValue): return AnchorOrder()
    default: return properties & AV_CODEC_PROP_REORDER == 0 ? DecodingOrder() : nil
    }
  }

  /// The layer of an MPEG-4 stream, which tells what its pictures look like.
  var layerOfMPEG4: MPEG4Layer? {
    guard case .mpeg4(let inspector) = special else { return nil }
    return inspector.layer
  }

  private var properties: Int32 {
    guard let descriptor = unsafe avcodec_descriptor_get(codec) else { return 0 }
    return unsafe descriptor.pointee.props
  }

  private static let anchoringCodecs = Set(
    [
      AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_VC1, AV_CODEC_ID_WMV3, AV_CODEC_ID_RV30,
      AV_CODEC_ID_RV40,
    ].map(\.rawValue))

  private static let firstBitCodecs = Set(
    [AV_CODEC_ID_VP3, AV_CODEC_ID_VP5, AV_CODEC_ID_VP6, AV_CODEC_ID_VP6F].map(\.rawValue))

  private static let codecsWithKnownEntries =
    skippingCodecs.union(anchoringCodecs).union(firstBitCodecs).union(
      [AV_CODEC_ID_H263, AV_CODEC_ID_VP7, AV_CODEC_ID_VP8].map(\.rawValue))

  private static let skippingCodecs = Set(
    [AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_H264, AV_CODEC_ID_HEVC].map(\.rawValue))

  private static let knownCodecs: Set<UInt32> =
    codecsWithKnownEntries.union(
      [
        AV_CODEC_ID_AV1, AV_CODEC_ID_VP9, AV_CODEC_ID_FLV1, AV_CODEC_ID_MSMPEG4V1, AV_CODEC_ID_MSMPEG4V2,
        AV_CODEC_ID_MSMPEG4V3, AV_CODEC_ID_WMV1, AV_CODEC_ID_WMV2, AV_CODEC_ID_THEORA, AV_CODEC_ID_GIF, AV_CODEC_ID_FFV1,
        AV_CODEC_ID_QTRLE, AV_CODEC_ID_SVQ1, AV_CODEC_ID_CINEPAK, AV_CODEC_ID_PNG, AV_CODEC_ID_CFHD, AV_CODEC_ID_FLASHSV,
        AV_CODEC_ID_FLASHSV2, AV_CODEC_ID_MSVIDEO1, AV_CODEC_ID_RPZA, AV_CODEC_ID_SMC, AV_CODEC_ID_ZMBV, AV_CODEC_ID_RV10,
        AV_CODEC_ID_RV20, AV_CODEC_ID_WEBP, AV_CODEC_ID_BMP, AV_CODEC_ID_TIFF,
      ].map(\.rawValue))

  /// What a packet will show. Parameter sets and what waits in the decoder are remembered.
  ///
  /// - Precondition: the packet is not empty.
  mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> PacketFinding {
    switch special {
    case .h264(var inspector):
      special = nil
      defer { special = .h264(inspector) }
      return unsafe inspector.inspect(bytes)
    case .hevc(var inspector):
      special = nil
      defer { special = .hevc(inspector) }
      return unsafe inspector.inspect(bytes)
    case .mpeg4(var inspector):
      special = nil
      defer { special = .mpeg4(inspector) }
      return unsafe inspector.inspect(bytes)
    case nil: break
    }
    var finding = PacketFinding()
    switch codec {
    case AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO:
      if let type = unsafe Self.pictureTypeOfMPEG2(bytes) {
        finding.order(isIntra: type == 1, isBidirectional: type == 3)
      } else {
        finding.picture = nil
        finding.isDoubtful = true
      }
    case AV_CODEC_ID_H263: finding.isEntry = unsafe Self.isIntraH263(bytes)
    case AV_CODEC_ID_VP7: finding.isEntry = unsafe bytes[0] & 1 == 0
    case AV_CODEC_ID_VP8:
      if unsafe bytes[0] & 0x10 == 0 { finding.picture = nil }
      finding.isEntry = unsafe bytes[0] & 1 == 0
    case AV_CODEC_ID_VP9:
      let shown = unsafe shownFramesVP9(bytes)
      if shown == 0 { finding.picture = nil }
      if shown > 1 { finding.problem = .severalFramesInPacket }
    case AV_CODEC_ID_VC1, AV_CODEC_ID_WMV3: unsafe inspectVC1(bytes, &finding)
    case AV_CODEC_ID_RV30, AV_CODEC_ID_RV40: unsafe inspectRealVideo(bytes, &finding)
    case _ where Self.firstBitCodecs.contains(codec.rawValue): finding.isEntry = unsafe bytes[0] & 0x80 == 0
    default: break
    }
    return finding
  }

  private static func pictureTypeOfMPEG2(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
    var type: UInt8?
    unsafe UnitSplitter.forEachStartCode(in: bytes) { start in
      guard unsafe bytes[start] == 0, start + 2 < bytes.count else { return true }
      type = unsafe (bytes[start + 2] >> 3) & 7
      return false
    }
    return type
  }

  /// Reads the picture coding type, which stands elsewhere when the header is extended (ITU-T H.263, 5.1.3 and 5.1.4).
  private static func isIntraH263(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var reader = unsafe BitReader(bytes, from: 0, limit: 16, leavesOutGuards: false)
    // Start code, temporal reference, and what is of no interest here.
    reader.skip(bits: 22 + 8 + 5)
    guard reader.bits(3) == 7 else { return !reader.flag() }
    if reader.bits(3) == 1 { reader.skip(bits: 18) }
    return reader.bits(3) == 0
  }

  private static func headerOfVC1(
    _ extra: UnsafeBufferPointer<UInt8>
  ) -> (skipped: Int, isBidirectional: Bool, isAdvanced: Bool, isInterlaced: Bool) {
    var reader = unsafe BitReader(extra, from: 0, limit: 4, leavesOutGuards: false)
    if unsafe !extra.isEmpty && extra[0] >> 6 < 3 {
      reader.skip(bits: 24)
      let hasRange = reader.flag()
      let isBidirectional = reader.bits(3) > 0
      reader.skip(bits: 2)
      let isInterpolated = reader.flag()
      return ((isInterpolated ? 1 : 0) + 2 + (hasRange ? 1 : 0), isBidirectional, false, false)
    }
    // The advanced profile has a sequence header behind a start code; the interlace flag comes late in it.
    var isInterlaced = false
    unsafe UnitSplitter.forEachStartCode(in: extra) { start in
      guard unsafe extra[start] == 0x0f else { return true }
      var reader = unsafe BitReader(extra, from: start + 1, limit: 16)
      reader.skip(bits: 2 + 3 + 2 + 3 + 5 + 1 + 12 + 12 + 1)
      isInterlaced = reader.flag()
      return false
    }
    return (0, true, true, isInterlaced)
  }

  private func inspectVC1(_ bytes: UnsafeBufferPointer<UInt8>, _ finding: inout PacketFinding) {
    guard headerOfVC1.isAdvanced else {
      var reader = unsafe BitReader(bytes, from: 0, limit: 8, leavesOutGuards: false)
      reader.skip(bits: headerOfVC1.skipped)
      let isPredicted = reader.flag()
      let isIntra = !isPredicted && (!headerOfVC1.isBidirectional || reader.flag())
      finding.order(isIntra: isIntra, isBidirectional: !isPredicted && !isIntra)
      return
    }
    var first = 0
    unsafe UnitSplitter.forEachStartCode(in: bytes) { start in
      if unsafe bytes[start] == 0x0d { first = start + 1 }
      return first == 0
    }
    if first == 0, unsafe bytes.count > 3 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1 {
      finding.isDoubtful = true
      return
    }
    var reader = unsafe BitReader(bytes, from: first, limit: 8)
    if headerOfVC1.isInterlaced, reader.flag(), reader.flag() {
      // Two fields: a type of three bits.
      let type = reader.bits(3)
      finding.order(isIntra: type < 2, isBidirectional: type > 3)
      return
    }
    var type = 0
    while type < 4, reader.flag() { type += 1 }
    finding.order(isIntra: type == 2, isBidirectional: type == 1 || type == 3)
  }

  private func inspectRealVideo(_ bytes: UnsafeBufferPointer<UInt8>, _ finding: inout PacketFinding) {
    // The number of slices less one, then eight bytes for each.
    let start = unsafe 1 + 8 * (Int(bytes[0]) + 1)
    guard start + 1 < bytes.count else {
      finding.isDoubtful = true
      return
    }
    var reader = unsafe BitReader(bytes, from: start, limit: 4, leavesOutGuards: false)
    reader.skip(bits: codec == AV_CODEC_ID_RV30 ? 3 : 1)
    let type = reader.bits(2)
    finding.order(isIntra: type < 2, isBidirectional: type == 3)
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

extension PacketFinding {
  /// The packet's picture is one of those that wait for the next of their kind, or bidirectional.
  fileprivate mutating func order(isIntra: Bool, isBidirectional: Bool) {
    picture = isBidirectional ? .bidirectional : .anchor
    isReferenced = !isBidirectional
    isEntry = isIntra
  }
}
