/// How one value of a stored tensor is encoded; the raw value is the name in safetensors headers.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  /// Four exponent bits, three of fraction, no infinity.
  case float8e4m3 = "F8_E4M3"
  /// Five exponent bits, two of fraction.
  case float8e5m2 = "F8_E5M2"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes of one value.
  public var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8e4m3, .float8e5m2, .int8, .uint8, .bool: 1
    }
  }

  /// Whether values are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8e4m3, .float8e5m2: true
    default: false
    }
  }
}

/// The number of values of a shape, or nil when it is negative or does not fit.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  for side in shape {
    guard side >= 0 else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: side)
    guard !overflow else { return nil }
    count = product
  }
  return count
}
