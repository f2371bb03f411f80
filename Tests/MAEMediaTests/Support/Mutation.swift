import MAECore

/// Ways in which files get broken, by accident or on purpose.
enum Mutation: Int, CaseIterable {
  case flippedBits, truncated, blanked, spliced, extremeWords, extremeFields, removed, repeated

  /// A broken copy of `bytes`; `other` lends parts.
  func apply(to bytes: [UInt8], _ other: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var result = bytes
    guard bytes.count > 16 else { return bytes }
    let extremes: [[UInt8]] = [
      [0, 0, 0, 0], [255, 255, 255, 255], [127, 255, 255, 255], [128, 0, 0, 0], [0, 0, 255, 255], [255, 255, 255, 127],
    ]
    func range(_ random: inout RandomStream) -> Range<Int> {
      let start = random.below(bytes.count)
      return start..<min(bytes.count, start + 1 + random.below(max(1, bytes.count / 4)))
    }
    switch self {
    case .flippedBits:
      for _ in 0..<1 + random.below(20) { result[random.below(result.count)] ^= 1 << UInt8(random.below(8)) }
    case .truncated: result.removeLast(random.below(bytes.count))
    case .blanked: for index in range(&random) { result[index] = 0 }
    case .spliced: result = Array(bytes.prefix(random.below(bytes.count)) + other.dropFirst(random.below(max(1, other.count))))
    case .extremeWords:
      for _ in 0..<1 + random.below(4) {
        let start = random.below(min(bytes.count - 4, 2048))
        result.replaceSubrange(start..<start + 4, with: extremes[random.below(extremes.count)])
      }
    case .extremeFields:
      let names = [
        "stsz", "stco", "stsc", "stts", "ctts", "tkhd", "mvhd", "mdhd", "elst", "avcC", "avc1", "strh", "strf", "idx1",
      ]
      let name = Array(names[random.below(names.count)].utf8)
      let places = bytes.indices.dropLast(40).filter { bytes[$0] == name[0] && Array(bytes[$0..<$0 + 4]) == name }
      guard let place = places.isEmpty ? nil : places[random.below(places.count)] else {
        return Mutation.extremeWords.apply(to: bytes, other, &random)
      }
      let start = place + 4 + random.below(32)
      result.replaceSubrange(start..<start + 4, with: extremes[random.below(extremes.count)])
    case .removed: result.removeSubrange(range(&random))
    case .repeated:
      let part = range(&random)
      result.insert(contentsOf: bytes[part], at: part.upperBound)
    }
    return result
  }
}
