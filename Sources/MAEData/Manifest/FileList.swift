import Foundation
import MAEFoundation

/// A text file that names media files, one per line.
///
/// A line is `path`, `path label`, `path start total` or `path start total label`, its parts separated by spaces, tabs, commas
/// or semicolons; a path may hold spaces, and a field of a comma-separated line may stand in quotes. A first line with column
/// names is understood, and so are JSON objects with the same names. Paths are relative to the folder of the list. `total` −1
/// means all frames from `start` on. Empty lines and lines that begin with `#` are skipped.
package struct FileList {
  package struct Entry: Hashable {
    package var path: String
    package var label: String?
    package var span: ManifestFile.FrameSpan?
    package var line: Int

    package init(path: String, label: String? = nil, span: ManifestFile.FrameSpan? = nil, line: Int) {
      self.path = path
      self.label = label
      self.span = span
      self.line = line
    }
  }

  /// A line that names no file.
  package struct Miss: Hashable {
    package var line: Int
    package var text: String
  }

  package private(set) var entries: [Entry] = []
  package private(set) var misses: [Miss] = []

  private static let pathNames = ["path", "file", "filename", "file_name", "video", "video_path", "image", "image_path"]
  private static let labelNames = ["label", "class", "class_name", "category"]
  private static let startNames = ["start", "start_frame", "start_index"]
  private static let totalNames = ["total", "total_frames"]

  /// - Parameters:
  ///   - folder: Where relative paths begin.
  ///   - exists: Whether a file or folder is at a path.
  package init(_ text: String, relativeTo folder: String, exists: (String) -> Bool) {
    var columns: [String]?
    var isFirst = true
    let lines = text.split(omittingEmptySubsequences: false) { ["\n", "\r\n", "\r"].contains($0) }
    for (index, raw) in lines.enumerated() {
      let line = raw.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{feff}")))
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      defer { isFirst = false }
      let number = index + 1
      func resolve(_ path: String) -> String? {
        let full = path.hasPrefix("/") ? path : folder + "/" + path
        return !path.isEmpty && exists(full) ? full : nil
      }
      if let entry = Self.entry(line, number, columns, resolve) {
        entries.append(entry)
      } else if isFirst, let names = Self.header(line) {
        columns = names
      } else {
        misses.append(Miss(line: number, text: Self.likelyPath(line, columns)))
      }
    }
  }

  private typealias Resolve = (String) -> String?

  private static func entry(_ line: String, _ number: Int, _ columns: [String]?, _ resolve: Resolve) -> Entry? {
    if line.hasPrefix("{") { return fromJSON(line, number, resolve) }
    if let columns, let separator = separator(of: line) {
      return fromColumns(fields(line, separator), columns, number, resolve)
    }
    if let entry = fromWords(line, number, resolve) { return entry }
    guard let separator = separator(of: line) else { return nil }
    let fields = fields(line, separator)
    return resolve(fields[0]).flatMap { described($0, by: Array(fields.dropFirst()), number) }
  }

  /// The longest beginning of the line that is a path, then the words behind it.
  private static func fromWords(_ line: String, _ number: Int, _ resolve: Resolve) -> Entry? {
    var end = line.endIndex
    while true {
      let beginning = line[..<end].trimmingCharacters(in: .whitespaces)
      if let path = resolve(beginning) ?? resolve(beginning.trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))) {
        return described(path, by: line[end...].split(whereSeparator: \.isWhitespace).map(String.init), number)
      }
      guard let space = line[..<end].lastIndex(where: \.isWhitespace) else { return nil }
      end = space
    }
  }

  /// What the fields behind a path say: two whole numbers first are a span, the rest is the label.
  private static func described(_ path: String, by fields: [String], _ number: Int) -> Entry {
    var rest = fields[...]
    var span: ManifestFile.FrameSpan?
    if rest.count >= 2, let start = Int(fields[0]), let total = Int(fields[1]), start >= 0 {
      span = self.span(start, total)
      rest = rest.dropFirst(2)
    }
    let label = rest.joined(separator: " ")
    return Entry(path: path, label: label.isEmpty ? nil : label, span: span, line: number)
  }

  /// A span that says more than "everything".
  private static func span(_ start: Int, _ total: Int?) -> ManifestFile.FrameSpan? {
    let count = total.flatMap { $0 > 0 ? $0 : nil }
    return start == 0 && count == nil ? nil : ManifestFile.FrameSpan(start: start, count: count)
  }

  private static func fromColumns(
    _ fields: [String], _ columns: [String], _ number: Int, _ resolve: Resolve
  ) -> Entry? {
    func field(_ names: [String]) -> String? {
      guard let column = columns.firstIndex(where: names.contains), column < fields.count else { return nil }
      return fields[column].isEmpty ? nil : fields[column]
    }
    guard let path = field(pathNames).flatMap(resolve) else { return nil }
    let start = field(startNames).flatMap { Int($0) }
    let total = field(totalNames).flatMap { Int($0) }
    return Entry(path: path, label: field(labelNames), span: span(max(0, start ?? 0), total), line: number)
  }

  private static func fromJSON(_ line: String, _ number: Int, _ resolve: Resolve) -> Entry? {
    guard let object = (try? JSONParser.parse(Array(line.utf8)))?.object else { return nil }
    func value(_ names: [String]) -> JSONValue? { names.lazy.compactMap { object[$0] }.first }
    func text(_ names: [String]) -> String? {
      switch value(names) {
      case .text(let text): text.isEmpty ? nil : text
      case let number?: number.integer.map { "\($0)" } ?? number.number.map { "\($0)" }
      case nil: nil
      }
    }
    guard let path = text(pathNames).flatMap(resolve) else { return nil }
    let start = value(startNames)?.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
    let total = value(totalNames)?.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
    return Entry(path: path, label: text(labelNames), span: span(max(0, start ?? 0), total), line: number)
  }

  /// Column names, if one of them is a path's.
  private static func header(_ line: String) -> [String]? {
    let names = fields(line.lowercased(), separator(of: line) ?? " ")
    return names.contains(where: pathNames.contains) ? names : nil
  }

  private static func likelyPath(_ line: String, _ columns: [String]?) -> String {
    guard !line.hasPrefix("{"), let separator = separator(of: line) else { return line }
    let fields = fields(line, separator)
    let column = columns?.firstIndex(where: pathNames.contains) ?? 0
    return column < fields.count ? fields[column] : line
  }

  private static func separator(of line: String) -> Character? { ["\t", ",", ";"].first(where: line.contains) }

  /// Fields of a line; one in double quotes may hold separators, and a doubled quote in it stands for one.
  private static func fields(_ line: String, _ separator: Character) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var characters = line.makeIterator()
    var pending = characters.next()
    while let character = pending {
      pending = characters.next()
      if character == "\"" {
        if isQuoted, pending == "\"" {
          field.append("\"")
          pending = characters.next()
        } else {
          isQuoted.toggle()
        }
      } else if character == separator, !isQuoted {
        fields.append(field.trimmingCharacters(in: .whitespaces))
        field = ""
      } else {
        field.append(character)
      }
    }
    return fields + [field.trimmingCharacters(in: .whitespaces)]
  }
}
