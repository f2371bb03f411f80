import Foundation
import MAEFoundation

/// The file `CHECKSUMS` of a checkpoint, by which a flipped bit in any of its files is noticed.
///
///     # CRC-32C, bytes and name of every file; the last line is of the lines above it
///     5f1d0a3c 412 config.json
///     90b3e877 1302 state.json
///     e07bd91a 136 CHECKSUMS
///
/// CRC-32C is that of RFC 3720, appendix B.4. Files that are not listed belong to somebody else.
public struct Checksums: Hashable, Sendable {
  /// What the file is called.
  public static let fileName = "CHECKSUMS"
  /// The files that make a checkpoint a model; the others are for going on with a run.
  static let modelFiles: Set = ["config.json", "model.safetensors", "preprocessor_config.json"]

  /// Of a file.
  struct Entry: Hashable, Sendable {
    var name: String
    var size: Int
    var checksum: UInt32

    fileprivate var line: String { "\(hexadecimal(checksum)) \(size) \(name)\n" }
  }

  let entries: [Entry]

  /// Bytes of all files together.
  public var byteCount: Int { entries.reduce(0) { $0 + $1.size } }
  /// How many files are listed.
  public var fileCount: Int { entries.count }

  /// Of the files that are in a folder now.
  init(of folder: String) throws(FileError) {
    var entries: [Entry] = []
    for name in (Folder.names(in: folder) ?? []).sorted() where name != Self.fileName {
      do throws(SystemError) { entries.append(try Self.entry(name, in: folder)) } catch {
        throw FileError(.inputOutput, join(folder, name), "cannot be read", code: error.number)
      }
    }
    self.entries = entries
  }

  /// What a folder's `CHECKSUMS` says; nil where there is none, as in checkpoints of earlier versions.
  ///
  /// - Throws: ``CheckpointError`` when it is damaged itself, or cannot be read.
  public init?(in folder: String) throws(CheckpointError) {
    let path = join(folder, Self.fileName)
    guard exists(path) else { return nil }
    let file = try FileBytes(path: path)
    try file.prepare(0..<file.count)
    let bytes = file.array(0..<file.count)
    entries = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let checksum = UInt32(parts[0], radix: 16), let size = Int(parts[1]) else { return nil }
      return Entry(name: String(parts[2]), size: size, checksum: checksum)
    }
    // Written again it has to be the same to the last byte.
    guard Array(text.utf8) == bytes else { throw .unusable(path, "is damaged: its last line is not of the lines above it") }
  }

  func write(to folder: String) throws(FileError) { try DurableFile.write(text, to: join(folder, Self.fileName)) }

  /// Reads files of a folder and compares them.
  ///
  /// - Parameter wanted: their names, as far as they are listed; nil: all that are.
  /// - Throws: ``CheckpointError`` naming the first that is damaged, is missing or cannot be read.
  func verify(_ wanted: Set<String>? = nil, in folder: String) throws(CheckpointError) {
    for entry in entries where wanted?.contains(entry.name) != false {
      let path = join(folder, entry.name)
      let found: Entry
      do throws(SystemError) { found = try Self.entry(entry.name, in: folder) } catch {
        if error.number == ENOENT { throw .unusable(path, "is missing, although \(Self.fileName) names it") }
        throw CheckpointError(.inputOutput, file: path, reason: "cannot be read (\(error))")
      }
      guard found.size == entry.size else {
        throw .unusable(path, "is damaged: it has \(found.size) bytes where \(Self.fileName) says \(entry.size)")
      }
      guard found.checksum == entry.checksum else {
        throw .unusable(
          path,
          """
          is damaged: its CRC-32C is \(hexadecimal(found.checksum)) where \(Self.fileName) says \(hexadecimal(entry.checksum))
          """)
      }
    }
  }

  private var text: String {
    let lines = "# CRC-32C, bytes and name of every file; the last line is of the lines above it\n" + entries.map(\.line).joined()
    let bytes = Array(lines.utf8)
    let own = Entry(
      name: Self.fileName, size: bytes.count, checksum: unsafe CRC32.checksum(bytes.span.bytes, .castagnoli))
    return lines + own.line
  }

  private static func entry(_ name: String, in folder: String) throws(SystemError) -> Entry {
    var file = try PatientFile(path: join(folder, name))
    var (sum, offset) = (CRC32(.castagnoli), 0)
    while true {
      let part = try file.read(1 << 20, at: offset)
      if part.isEmpty { break }
      unsafe sum.add(part.span.bytes)
      offset += part.count
    }
    return Entry(name: name, size: offset, checksum: sum.value)
  }
}

private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
