import Foundation
import MAECheckpoint
import MAECore
import MAEFoundation

/// What a guide found in the whole of every picture of a manifest, in half precision: one file of a run's folder.
public struct RelevanceMaps: Hashable, Sendable {
  /// Rows and columns that pictures were cut into.
  public let grid: TokenGrid
  /// Views of each picture that take turns.
  public let views: Int
  /// Of the weights and pictures that they were made with.
  let key: String
  /// Width, height, and how many of its views' graphs had similarities left out, `[pictures, 3]`.
  private var places: [Int32] = []
  /// Bits of half-precision numbers, `[pictures, views, tokens]`; not numbers where nothing was found.
  private var scores: [UInt16] = []

  init(grid: TokenGrid, views: Int, key: String) {
    self.grid = grid
    self.views = views
    self.key = key
  }

  /// Pictures looked at so far.
  public var count: Int { places.count / 3 }

  /// Views whose graphs had similarities below zero left out.
  var clipped: Int { stride(from: 2, to: places.count, by: 3).reduce(0) { $0 + Int(places[$1]) } }

  /// The map of a picture by its number in the manifest; nil where nothing was found.
  public func map(of file: Int, view: Int) -> RelevanceMap? {
    guard file < count else { return nil }
    let start = (file * views + view) * grid.count
    let scores = scores[start..<start + grid.count].map { Double(Float16(bitPattern: $0)) }
    guard scores.allSatisfy({ $0.isFinite }) else { return nil }
    return RelevanceMap(
      size: FrameSize(width: Int(places[file * 3]), height: Int(places[file * 3 + 1])), grid: grid, scores: scores)
  }

  /// Adds the next picture.
  ///
  /// - Parameters:
  ///   - size: of the upright picture, in pixels.
  ///   - scores: for each view; nil where nothing was found.
  mutating func append(size: FrameSize, clipped: Int, scores views: [[Double]?]) {
    places += [Int32(size.width), Int32(size.height), Int32(clipped)]
    let nothing = Float16.nan.bitPattern
    for view in views {
      scores += view.map { $0.map { Float16($0).bitPattern } } ?? [UInt16](repeating: nothing, count: grid.count)
    }
  }

  // MARK: - The whole file

  /// The checksum of what was found; files are named by it.
  var checksum: String {
    var checksum = FNV1a()
    checksum.add(records(from: 0))
    return String(checksum.value, radix: 16)
  }

  static func path(_ checksum: String, in folder: String) -> String { "\(folder)/maps-\(checksum).safetensors" }

  /// Writes the file, durably.
  ///
  /// - Returns: the checksum that names it.
  func write(to folder: String) throws(FileError) -> String {
    var state = StateDictionary(metadata: ["key": key])
    state["pictures"] = StoredTensor(type: .int32, shape: [count, 3], bytes: Self.bytes(of: places))
    state["scores"] = StoredTensor(type: .float16, shape: [count, views, grid.count], bytes: Self.bytes(of: scores))
    let checksum = checksum
    try SafeTensorsWriter.write(state, to: Self.path(checksum, in: folder))
    try? FileManager.default.removeItem(atPath: Self.partialPath(in: folder))
    return checksum
  }

  /// Reads a file; nil when it is not what its name and the model say.
  init?(_ checksum: String, in folder: String, grid: TokenGrid, views: Int) {
    guard let state = try? SafeTensorsReader.read(path: Self.path(checksum, in: folder)), let key = state.metadata["key"],
      let places = state["pictures"], let scores = state["scores"], scores.type == .float16,
      scores.shape == [places.shape[0], views, grid.count]
    else { return nil }
    self.init(grid: grid, views: views, key: key)
    self.places = places.floats().map { Int32($0) }
    self.scores = scores.floats().map { Float16($0).bitPattern }
    guard self.checksum == checksum else { return nil }
  }

  /// The file that was made with some weights and pictures, if there is one.
  init?(key: String, in folder: String, grid: TokenGrid, views: Int) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let checksum = name.wholeMatch(of: /maps-([0-9a-f]+)\.safetensors/)?.1,
        let header = try? SafeTensorsReader.header(path: "\(folder)/\(name)"), header.metadata["key"] == key,
        let found = Self(String(checksum), in: folder, grid: grid, views: views)
      else { continue }
      self = found
      return
    }
    return nil
  }

  // MARK: - Other processes

  /// Pictures one after the other, as ``init(_:key:grid:views:)`` takes them.
  var bytes: [UInt8] { records(from: 0) }

  /// What another process found.
  init(_ bytes: [UInt8], key: String, grid: TokenGrid, views: Int) {
    self.init(grid: grid, views: views, key: key)
    addRecords(bytes[...])
  }

  // MARK: - The unfinished file

  static func partialPath(in folder: String) -> String { "\(folder)/maps.partial" }
  private static let headLength = 64

  private var recordLength: Int { 12 + 2 * views * grid.count }

  /// Pictures one after the other, each whole.
  private func records(from first: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((count - first) * recordLength)
    let tokens = views * grid.count
    for picture in first..<count {
      for place in places[picture * 3..<picture * 3 + 3] { Self.append(place, to: &bytes) }
      for score in scores[picture * tokens..<(picture + 1) * tokens] { Self.append(score, to: &bytes) }
    }
    return bytes
  }

  /// Takes up what a killed process had found with the same weights and pictures.
  mutating func takeUp(_ folder: String) {
    guard let bytes = try? DurableFile.bytes(of: Self.partialPath(in: folder)), bytes.starts(with: head) else { return }
    addRecords(bytes.dropFirst(Self.headLength))
  }

  /// Adds pictures from bytes that ``records(from:)`` made; what is not whole is left out.
  private mutating func addRecords(_ bytes: ArraySlice<UInt8>) {
    for record in 0..<bytes.count / recordLength {
      let start = bytes.startIndex + record * recordLength
      func value<Number: FixedWidthInteger>(_ offset: Int, as: Number.Type) -> Number {
        (0..<Number.bitWidth / 8).reduce(0) { $0 | Number(truncatingIfNeeded: bytes[start + offset + $1]) << Number(8 * $1) }
      }
      for place in 0..<3 { places.append(value(4 * place, as: Int32.self)) }
      for token in 0..<views * grid.count { scores.append(value(12 + 2 * token, as: UInt16.self)) }
    }
  }

  /// Writes what came since `first` pictures; what a kill leaves half-written is not taken up.
  func keep(from first: Int, in folder: String) throws(FileError) {
    let path = Self.partialPath(in: folder)
    if first == 0 { try DurableFile.write(head, to: path) }
    do {
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seek(toOffset: UInt64(Self.headLength + first * recordLength))
      try file.write(contentsOf: Data(records(from: first)))
      try file.close()
    } catch { throw FileError(.inputOutput, path, "cannot be written") }
  }

  private var head: [UInt8] {
    let text = Array("maps \(views) \(grid.count) \(key)\n".utf8.prefix(Self.headLength))
    return text + [UInt8](repeating: 0x20, count: Self.headLength - text.count)
  }

  private static func append<Number: FixedWidthInteger>(_ value: Number, to bytes: inout [UInt8]) {
    for byte in 0..<Number.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> Number(8 * byte))) }
  }

  private static func bytes<Number: FixedWidthInteger>(of values: [Number]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * Number.bitWidth / 8)
    for value in values { append(value, to: &bytes) }
    return bytes
  }
}
