import MAECore
import MAEFoundation

/// Typed access to the fields of a `config.json`, with errors that name the field.
struct ConfigurationObject {
  let object: JSONObject
  let file: String

  func integer(_ key: String, _ standard: Int, _ range: ClosedRange<Int> = 1...1_000_000) throws(CheckpointError) -> Int {
    guard let value = object[key], value != .null else { return standard }
    guard let integer = value.integer, range.contains(integer) else { throw wrong(key, "a whole number in \(range)") }
    return integer
  }

  func number(_ key: String, _ standard: Double, _ range: ClosedRange<Double>) throws(CheckpointError) -> Double {
    guard let value = object[key], value != .null else { return standard }
    guard let number = value.number, range.contains(number) else { throw wrong(key, "a number in \(range)") }
    return number
  }

  func bool(_ key: String, _ standard: Bool) throws(CheckpointError) -> Bool {
    guard let value = object[key], value != .null else { return standard }
    guard let bool = value.bool else { throw wrong(key, "true or false") }
    return bool
  }

  /// One number for a square, or height and width.
  func size(_ key: String, _ standard: FrameSize) throws(CheckpointError) -> FrameSize {
    let sides = 1...65_536
    switch object[key] {
    case nil, .null?: return standard
    case .array(let values)? where values.count == 2:
      guard let height = values[0].integer, let width = values[1].integer, sides.contains(height), sides.contains(width) else {
        throw wrong(key, "height and width in \(sides)")
      }
      return FrameSize(width: width, height: height)
    case .array(let values)? where values.count == 1:
      guard let side = values[0].integer, sides.contains(side) else { throw wrong(key, "a side in \(sides)") }
      return FrameSize(square: side)
    default: return FrameSize(square: try integer(key, 0, sides))
    }
  }

  /// One value per channel, or one for all.
  func values(_ key: String, _ standard: [Float], count: Int) throws(CheckpointError) -> [Float] {
    switch object[key] {
    case nil, .null?: return standard
    case .array(let values)?:
      let numbers = values.compactMap(\.number).filter(\.isFinite).map { Float($0) }
      guard numbers.count == values.count, numbers.count == count else { throw wrong(key, "\(count) numbers") }
      return numbers
    case let value?:
      guard let number = value.number, number.isFinite else { throw wrong(key, "\(count) numbers") }
      return [Float](repeating: Float(number), count: count)
    }
  }

  private func wrong(_ key: String, _ expected: String) -> CheckpointError {
    .unusable(file, "\(key) is \(object[key]!.serialized(indent: false).prefix(60)); expected \(expected)")
  }
}

extension JSONValue {
  /// A 32-bit float with as few digits as tell it apart, 1e-06 rather than 9.99999997e-07.
  init(_ float: Float) { self = .number(Double("\(float)") ?? Double(float)) }
}
