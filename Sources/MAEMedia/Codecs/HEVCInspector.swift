/// Reads HEVC packets: parameter sets seen so far, and each packet's picture (ITU-T H.265, 7.3.1 and 7.4.2.2).
struct HEVCInspector {
  private let splitter: UnitSplitter
  private var sequences: [Int: HEVCSequence] = [:]
  private var pictures: [Int: HEVCPictureSet] = [:]
  private var highestSubLayer = 0
  private var isAfterEnd = false
  private var hasPictures = false

  init(_ extra: UnsafeBufferPointer<UInt8>) {
    guard unsafe extra.count > 22 && (extra[0] != 0 || extra[1] != 0 || extra[2] > 1) else {
      splitter = UnitSplitter(lengthSize: 0)
      for unit in unsafe splitter.units(in: extra, isSlice: Self.isSlice) ?? [] { unsafe readSet(extra, unit) }
      return
    }
    splitter = unsafe UnitSplitter(lengthSize: Int(extra[21] & 3) + 1)
    // Arrays of units of one type: type, count, then units behind their lengths.
    var offset = 23
    for _ in 0..<(unsafe extra[22]) where offset + 2 < extra.count {
      let count = unsafe Int(extra[offset + 1]) << 8 | Int(extra[offset + 2])
      offset += 3
      for _ in 0..<count where offset + 2 < extra.count {
        let length = unsafe Int(extra[offset]) << 8 | Int(extra[offset + 1])
        offset += 2
        if length > 2, offset + length <= extra.count { unsafe readSet(extra, offset..<offset + length) }
        offset += length
      }
    }
  }

  private static func isSlice(_ header: UInt8) -> Bool { header >> 1 & 63 < 32 }

  private mutating func readSet(_ bytes: UnsafeBufferPointer<UInt8>, _ unit: Range<Int>) {
    guard unit.count > 2 else { return }
    let whole = unsafe UnsafeBufferPointer(rebasing: bytes[..<unit.upperBound])
    switch unsafe (bytes[unit.lowerBound] >> 1) & 63 {
    case 33: if let set = unsafe HEVCSequence(whole, at: unit.lowerBound + 2) { sequences[set.number] = set }
    case 34: if let set = unsafe HEVCPictureSet(whole, at: unit.lowerBound + 2) { pictures[set.number] = set }
    default: break
    }
  }

  mutating func inspect(_ bytes: UnsafeBufferPointer<UInt8>) -> PacketFinding {
    var finding = PacketFinding()
    finding.picture = nil
    guard let units = unsafe splitter.units(in: bytes, isSlice: Self.isSlice) else {
      finding.isDoubtful = true
      return finding
    }
    for unit in units where unit.count > 1 {
      let (first, second) = unsafe (bytes[unit.lowerBound], bytes[unit.lowerBound + 1])
      let type = (first >> 1) & 63
      // Of other layers FFmpeg decodes nothing.
      guard first & 1 == 0, second >> 3 == 0 else { continue }
      switch type {
      case 33, 34: unsafe readSet(bytes, unit)
      case 36, 37: isAfterEnd = true
      case 39:
        finding.turnsDisplay =
          unsafe SupplementalInformation(bytes, at: unit.lowerBound + 2, end: unit.upperBound).turnsDisplay
          || finding.turnsDisplay
      case 0...9,
        16...21 where finding.picture == nil:
        let layer = Int(second & 7) - 1
        highestSubLayer = max(highestSubLayer, layer)
        finding.isReferenced = !(type < 15 && type % 2 == 0 && layer == highestSubLayer)
        finding.isEntry = (16...23).contains(type)
        guard
          var picture = unsafe HEVCPicture(
            bytes, at: unit.lowerBound + 2, type: type, temporalLayer: layer, sequences: sequences, pictures: pictures)
        else {
          finding.isDoubtful = true
          return finding
        }
        picture.followsEnd = isAfterEnd
        isAfterEnd = false
        // Which of the pictures that wait are dropped also depends on the room that is left.
        if picture.startsSequence, picture.dropsPrior, hasPictures, picture.sequence.reorderDepth > 0 {
          finding.isDoubtful = true
        }
        hasPictures = true
        finding.picture = .hevc(picture)
      default: break
      }
    }
    if finding.picture == nil { finding.isEntry = false }
    return finding
  }
}
