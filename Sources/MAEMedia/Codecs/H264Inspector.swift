/// Reads H.264 packets: parameter sets seen so far, and each packet's picture (ITU-T H.264, 7.3.1, 7.4.1 and D.2.8).
struct H264Inspector {
  private let splitter: UnitSplitter
  private var sequences: [Int: H264Sequence] = [:]
  private var pictures: [Int: H264PictureSet] = [:]

  init(_ extra: UnsafeBufferPointer<UInt8>) {
    guard unsafe extra.count > 8 && extra[0] == 1 else {
      splitter = UnitSplitter(lengthSize: 0)
      for unit in unsafe splitter.units(in: extra, isSlice: Self.isSlice) ?? [] { unsafe readSet(extra, unit) }
      return
    }
    splitter = unsafe UnitSplitter(lengthSize: Int(extra[4] & 3) + 1)
    // A count, then sets behind their lengths; the same again for picture parameter sets.
    var offset = 5
    for _ in 0..<2 where offset < extra.count {
      let count = unsafe Int(extra[offset] & 31)
      offset += 1
      for _ in 0..<count where offset + 2 < extra.count {
        let length = unsafe Int(extra[offset]) << 8 | Int(extra[offset + 1])
        offset += 2
        if length > 0, offset + length <= extra.count { unsafe readSet(extra, offset..<offset + length) }
        offset += length
      }
    }
  }

  private static func isSlice(_ header: UInt8) -> Bool { (1...5).contains(header & 31) }

  private mutating func readSet(_ bytes: UnsafeBufferPointer<UInt8>, _ unit: Range<Int>) {
    switch unsafe bytes[unit.lowerBound] & 31 {
    case 7: if let set = unsafe H264Sequence(bytes, at: unit.lowerBound + 1) { sequences[set.number] = set }
    case 8: if let set = unsafe H264PictureSet(bytes, at: unit.lowerBound + 1) { pictures[set.number] = set }
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
    var recovery: Int?
    for unit in units {
      let header = unsafe bytes[unit.lowerBound]
      let body = unit.lowerBound + 1
      switch header & 31 {
      case 7, 8: unsafe readSet(bytes, unit)
      case 6:
        let information = unsafe SupplementalInformation(bytes, at: body, end: unit.upperBound)
        recovery = information.framesUntilRecovery ?? recovery
        if information.turnsDisplay { finding.turnsDisplay = true }
      case 1, 5:
        let picture = unsafe H264Picture(bytes, at: body, header: header, sequences: sequences, pictures: pictures)
        finding.isReferenced = header & 0x60 != 0
        finding.isEntry = header & 31 == 5 || recovery == 0
        guard let picture else {
          finding.isDoubtful = true
          return finding
        }
        if picture.sequence.cropsStart { finding.turnsDisplay = true }
        if picture.isField { finding.problem = .fieldsInSeparatePackets }
        finding.picture = .h264(picture)
        return finding
      case 2, 3, 4: finding.problem = .unknownCodec
      default: break
      }
    }
    finding.isEntry = false
    return finding
  }
}
