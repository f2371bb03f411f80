import Foundation
import MAEFoundation

/// Arrays of numbers in a file of MATLAB 5 to 7 ("MAT-File Format", MathWorks).
struct MatlabFile {
  /// By their names: sizes of the axes, and numbers with the first axis running fastest.
  let arrays: [String: (shape: [Int], values: [Double])]

  /// - Throws: ``FileError`` when it cannot be read, ``DataError`` when it is no such file or damaged.
  init(path: String) throws {
    let bytes = try DurableFile.bytes(of: path)
    // The bytes "IM" say that numbers begin with their lowest byte.
    guard bytes.count > 128, bytes[126] == 0x49, bytes[127] == 0x4d, bytes[125] == 1 else {
      throw DataError(
        .unusable, path: path, "it is no file of MATLAB 5 to 7 (version 7.3 is another format); save it with -v7")
    }
    do {
      arrays = try Self.arrays(in: bytes[128...])
    } catch {
      throw DataError(.unusable, path: path, "it is damaged or cut short; get it again")
    }
  }

  private struct Element {
    var type: Int
    var body: ArraySlice<UInt8>
  }

  private static func arrays(in bytes: ArraySlice<UInt8>) throws -> [String: (shape: [Int], values: [Double])] {
    var found: [String: (shape: [Int], values: [Double])] = [:]
    for element in try elements(of: bytes) {
      switch element.type {
      case 15: found.merge(try arrays(in: Inflate.bytes(of: element.body, .zlib)[...])) { $1 }
      case 14:
        let parts = try elements(of: element.body)
        // Flags, sizes, name, numbers; cells and structures have other parts.
        guard parts.count >= 4, parts[1].type == 5, parts[2].type == 1 else { continue }
        let shape = numbers(parts[1]).map { Int($0) }
        let values = numbers(parts[3])
        let count = shape.reduce(1 as Int?) { count, length in
          guard let (product, overflow) = count?.multipliedReportingOverflow(by: length), length >= 0 else { return nil }
          return overflow ? nil : product
        }
        guard values.count == count else { continue }
        found[String(decoding: parts[2].body, as: UTF8.self)] = (shape, values)
      default: break
      }
    }
    return found
  }

  private static func elements(of bytes: ArraySlice<UInt8>) throws -> [Element] {
    var (elements, place): ([Element], Int) = ([], bytes.startIndex)
    while place + 8 <= bytes.endIndex {
      let (type, size) = (word(bytes, place), word(bytes, place + 4))
      // Up to four bytes stand in the second half of the tag, and their number in the upper half of the first.
      let isSmall = type >> 16 > 0
      let (start, count) = isSmall ? (place + 4, type >> 16) : (place + 8, size)
      guard count <= bytes.endIndex - start else { throw Inflate.Damaged() }
      elements.append(Element(type: type & 0xffff, body: bytes[start..<start + count]))
      // Elements begin at multiples of eight bytes, but for packed ones.
      place = isSmall ? place + 8 : start + (type == 15 ? count : (count + 7) / 8 * 8)
    }
    return elements
  }

  private static func word(_ bytes: ArraySlice<UInt8>, _ place: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }

  private static func numbers(_ element: Element) -> [Double] {
    let sizes = [1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8]
    guard let size = sizes[element.type] else { return [] }
    return stride(from: element.body.startIndex, through: element.body.endIndex - size, by: size).map { place in
      let bits = (0..<size).reduce(UInt64(0)) { $0 | UInt64(element.body[place + $1]) << UInt64(8 * $1) }
      return switch element.type {
      case 1: Double(Int8(truncatingIfNeeded: bits))
      case 3: Double(Int16(truncatingIfNeeded: bits))
      case 5: Double(Int32(truncatingIfNeeded: bits))
      case 7: Double(Float(bitPattern: UInt32(bits)))
      case 9: Double(bitPattern: bits)
      case 12: Double(Int64(bitPattern: bits))
      default: Double(bits)
      }
    }
  }
}

extension KeypointFile {
  /// Joints of JHMDB: `pos_img`, `[2, joints, frames]`, columns and rows counted from 1.
  init(matlab path: String) throws {
    let file = try MatlabFile(path: path)
    guard let positions = file.arrays["pos_img"], positions.shape.count >= 2, positions.shape[0] == 2 else {
      throw DataError(.unusable, path: path, "it has no pos_img of 2 × joints × frames, as JHMDB's joint_positions.mat has")
    }
    let joints = positions.shape[1]
    let frames = positions.shape.count > 2 ? positions.shape[2] : 1
    self.init(
      frames: (0..<frames).map { frame in
        (0..<joints).map { joint in
          let start = 2 * (frame * joints + joint)
          return Keypoint(x: positions.values[start] - 1, y: positions.values[start + 1] - 1)
        }
      })
  }
}
