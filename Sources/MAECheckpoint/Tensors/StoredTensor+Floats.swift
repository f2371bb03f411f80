extension StoredTensor {
  /// The values as 32-bit floats, rounded where the type holds more.
  public func floats() -> [Float] {
    var floats = [Float](repeating: 0, count: count)
    var span = floats.mutableSpan
    copy(into: &span)
    return floats
  }

  /// Writes the values as 32-bit floats: one pass from the file to where they are wanted.
  ///
  /// - Precondition: `destination` has as many places as the tensor has values.
  public func copy(into destination: inout MutableSpan<Float>) {
    precondition(destination.count == count, "StoredTensor: \(count) values into \(destination.count) places")
    withBytes { source in
      unsafe source.withUnsafeBytes { bytes in
        unsafe destination.withUnsafeMutableBufferPointer { floats in
          unsafe convert(bytes, type, into: floats)
        }
      }
    }
  }
}

/// Values that are infinite or not a number.
func nonFiniteCount(_ values: Span<Float>) -> Int {
  unsafe values.withUnsafeBufferPointer { floats in
    var count = 0
    for index in floats.indices { unsafe count += floats[index].isFinite ? 0 : 1 }
    return count
  }
}

private func convert(
  _ bytes: UnsafeRawBufferPointer, _ type: ElementType, into floats: UnsafeMutableBufferPointer<Float>
) {
  guard let base = bytes.baseAddress, !floats.isEmpty else { return }
  func each<T>(_ type: T.Type, _ value: (T) -> Float) {
    for index in floats.indices {
      unsafe floats[index] = value(base.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
    }
  }
  switch type {
  case .float32: unsafe UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
  case .float64: each(Double.self) { Float($0) }
  case .float16: each(UInt16.self) { Float(Float16(bitPattern: $0)) }
  case .bfloat16: each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
  case .float8e4m3: each(UInt8.self, float8e4m3)
  // The same exponent width as Float16, so its upper byte.
  case .float8e5m2: each(UInt8.self) { Float(Float16(bitPattern: UInt16($0) << 8)) }
  case .int64: each(Int64.self) { Float($0) }
  case .int32: each(Int32.self) { Float($0) }
  case .int16: each(Int16.self) { Float($0) }
  case .int8: each(Int8.self) { Float($0) }
  case .uint64: each(UInt64.self) { Float($0) }
  case .uint32: each(UInt32.self) { Float($0) }
  case .uint16: each(UInt16.self) { Float($0) }
  case .uint8: each(UInt8.self) { Float($0) }
  case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
  }
}

/// Bias 7, no infinity; only all ones is not a number (Micikevicius et al. 2022).
private func float8e4m3(_ bits: UInt8) -> Float {
  let exponent = Int(bits >> 3 & 15)
  let fraction = Float(bits & 7)
  if bits & 0x7f == 0x7f { return .nan }
  let size: Float = exponent == 0 ? fraction * 0x1p-9 : Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
  return bits & 0x80 == 0 ? size : -size
}
