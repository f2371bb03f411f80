extension StoredTensor {
  /// The same values as numbers of 32 or 16 bits, rounded to the nearest.
  ///
  /// - Precondition: `type` is one of float32, float16 and bfloat16.
  public func converted(to type: ElementType) -> StoredTensor {
    guard type != self.type else { return self }
    let floats = floats()
    switch type {
    case .float32: return StoredTensor(shape: shape, floats: floats)
    case .float16: return StoredTensor(halves: floats.map { Float16($0).bitPattern }, type, shape)
    case .bfloat16: return StoredTensor(halves: floats.map(Self.bfloat16), type, shape)
    default: preconditionFailure("StoredTensor: \(self.type) as \(type)")
    }
  }

  private init(halves: [UInt16], _ type: ElementType, _ shape: [Int]) {
    self.init(type: type, shape: shape, bytes: halves.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] })
  }

  /// The upper half of the bits, after adding half of what is cut off; a tie goes to the even neighbour.
  private static func bfloat16(_ value: Float) -> UInt16 {
    guard value.isFinite else { return UInt16(value.bitPattern >> 16) | (value.isNaN ? 0x40 : 0) }
    let bits = value.bitPattern
    return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
  }
}
