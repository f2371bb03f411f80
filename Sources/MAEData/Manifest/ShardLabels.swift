import Foundation
import MAEFoundation
import MAEMedia

/// Labels that stand in a shard beside samples, under the same name but for its ending: `000123.cls` beside `000123.jpg`.
///
/// `.cls` holds a number or a word, `.json` a member such as `label` or `class`, and `.txt` counts where it holds a single word:
/// more is a caption.
struct ShardLabels {
  private static let endings = ["cls", "json", "txt"]
  /// Bytes of the longest file that is looked at.
  private static let sizeLimit = 1 << 16

  private let index: TarIndex
  private let isAny: Bool
  private var used: Set<String> = []

  init(_ index: TarIndex) {
    self.index = index
    isAny = index.members.contains { Self.isLabel($0.name) }
  }

  /// Whether a member is one that labels are looked for in.
  static func isLabel(_ name: String) -> Bool { endings.contains(name.fileExtension) }

  /// The label of a sample; nil where there is none beside it.
  ///
  /// - Parameter file: The shard.
  mutating func label(of name: String, in file: inout PatientFile) throws(SystemError) -> String? {
    guard isAny else { return nil }
    for stem in Self.stems(of: name) {
      for ending in Self.endings {
        guard let member = index["\(stem).\(ending)"], member.range.count <= Self.sizeLimit else { continue }
        Progress.current?.advance()
        let bytes = try file.read(member.range.count, at: member.range.lowerBound)
        if let label = ending == "json" ? Self.field(bytes) : Self.word(bytes) {
          used.insert(member.name)
          return label
        }
      }
    }
    return nil
  }

  /// Those that gave no label, by what their names end in.
  var unused: [String: Int] {
    index.members.reduce(into: [:]) { counts, member in
      if Self.isLabel(member.name), !used.contains(member.name) { counts[member.name.fileExtension, default: 0] += 1 }
    }
  }

  /// A name without its ending, and up to the first dot, which is what WebDataset calls the key.
  private static func stems(of name: String) -> [String] {
    let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let last = name[start...].lastIndex(of: "."), let first = name[start...].firstIndex(of: ".") else { return [name] }
    return (first == last ? [last] : [last, first]).map { String(name[..<$0]) }
  }

  private static func word(_ bytes: [UInt8]) -> String? {
    guard bytes.count <= 256, let text = String(validating: bytes, as: UTF8.self)?.trimmingCharacters(in: .whitespacesAndNewlines)
    else { return nil }
    return text.isEmpty || text.contains { $0.isWhitespace || $0 == "\0" } ? nil : text
  }

  private static func field(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONParser.parse(bytes) else { return nil }
    return (value.object.map { ListColumns.value(.label, of: $0) } ?? value)?.listText
  }
}
