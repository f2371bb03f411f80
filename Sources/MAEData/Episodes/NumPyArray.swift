/// An array as NumPy writes it into a `.npy` file: rows first, little endian.
package struct NumPyArray: Sendable {
  /// Types of values, by NumPy's names.
  package enum Kind: String, Sendable, CaseIterable {
    case uint8 = "|u1"
    case bool = "|b1"
    case int8 = "|i1"
    case int16 = "<i2"
    case int32 = "<i4"
    case int64 = "<i8"
    case float32 = "<f4"
    case float64 = "<f8"

    /// Bytes of a value.
    package var size: Int { self == .uint8 || self == .bool || self == .int8 ? 1 : Int(rawValue.dropFirst(2))! }
  }

  package let kind: Kind
  /// Outermost axis first.
  package let shape: [Int]
  /// As many as kind and shape say.
  package let bytes: [UInt8]

  /// - Precondition: as many bytes as kind and shape say.
  package init(_ kind: Kind, _ shape: [Int], _ bytes: [UInt8]) {
    precondition(bytes.count == shape.reduce(kind.size, *), "NumPyArray: \(bytes.count) bytes for \(kind) \(shape)")
    (self.kind, self.shape, self.bytes) = (kind, shape, bytes)
  }

  /// 32-bit floats.
  package init(_ shape: [Int], floats: [Float]) {
    self.init(
      .float32, shape, floats.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
  }

  /// Values of the first axis; 1 of a single number.
  package var rows: Int { shape.first ?? 1 }

  /// All values, rounded where the type holds more.
  package func floats() -> [Float] {
    let size = kind.size
    return (0..<bytes.count / size).map { index in
      var bits: UInt64 = 0
      for byte in 0..<size { bits |= UInt64(bytes[index * size + byte]) << (8 * byte) }
      return switch kind {
      case .uint8, .bool: Float(bits)
      case .int8: Float(Int8(truncatingIfNeeded: bits))
      case .int16: Float(Int16(truncatingIfNeeded: bits))
      case .int32: Float(Int32(truncatingIfNeeded: bits))
      case .int64: Float(Int64(bitPattern: bits))
      case .float32: Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      case .float64: Float(Double(bitPattern: bits))
      }
    }
  }

  // MARK: - Files

  /// Reads the content of a `.npy` file (versions 1 to 3).
  ///
  /// - Parameters:
  ///   - path: of the file, for errors.
  ///   - name: of the array in an archive, likewise.
  /// - Throws: ``DataError`` of kind `unusable` for anything else, for columns first and for Python objects.
  package init(npy file: [UInt8], path: String, name: String? = nil) throws(DataError) {
    func bad(_ reason: String) -> DataError { DataError(.unusable, path: path, (name.map { "array \($0) " } ?? "it ") + reason) }
    guard let header = NumPyHeader(file) else {
      throw bad("is not what NumPy writes (no .npy header); save it with numpy.savez or numpy.save")
    }
    guard header.end <= file.count else { throw bad("is cut off; copy or save it again") }
    guard let descriptor = header.descriptor else { throw bad("has values of several types; save one array for each") }
    if descriptor.contains("O") { throw bad("holds Python objects, which are not read: they could run code; save numbers") }
    // Of single bytes the order means nothing.
    let plain = descriptor.hasSuffix("1") ? "|" + descriptor.drop { "<>=|".contains($0) } : descriptor.replacing("=", with: "<")
    guard let kind = Kind(rawValue: plain) else {
      let known = "uint8, bool, int8 to int64, float32 or float64, little endian"
      throw bad("has values of the type \(descriptor); expected \(known)")
    }
    if header.isColumnsFirst {
      throw bad("is stored columns first (Fortran order); save numpy.ascontiguousarray of it")
    }
    guard let shape = header.shape else { throw bad("has no shape in its header") }
    var count = kind.size
    for side in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      guard !overflow else { throw bad("has the impossible shape \(shape)") }
      count = product
    }
    guard file.count - header.end >= count else { throw bad("is cut off; copy or save it again") }
    self.init(kind, shape, Array(file[header.end..<header.end + count]))
  }

  /// The content of a `.npy` file, version 1.
  package var npy: [UInt8] {
    let dimensions = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    let text = "{'descr': '\(kind.rawValue)', 'fortran_order': False, 'shape': (\(dimensions)), }"
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    let padded = Array(text.utf8) + [UInt8](repeating: 0x20, count: length - text.utf8.count - 1) + [0x0a]
    return NumPyHeader.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + padded + bytes
  }
}
