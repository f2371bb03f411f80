import Foundation
import MAEFoundation

/// A text that names media files.
///
/// Lines are `path`, `path label`, `path start total`, `path total label` or `path start total label`, their parts separated by
/// spaces, tabs, commas or semicolons; a path may hold spaces, and a field of a comma-separated line may stand in quotes. A first
/// line with column names is understood, and so are JSON lines and JSON documents: arrays of paths or of objects with the same
/// names, objects that hold such arrays, and objects of labels by path. Paths are relative to the folder of the list. `total` −1
/// means all frames from `start` on; a column `end` is the frame behind the last. In a video frames are counted from 0; of a
/// folder of frames `start` is the number at the end of the first one's name, as in VideoMAE V2's lists (`HybridVideoMAE`).
/// Empty lines are skipped, and lines that begin with `#` and name no file.
package struct FileList {
  package struct Entry: Hashable {
    package var path: String
    package var label: String?
    package var span: ManifestFile.FrameSpan?
    package var line: Int
    /// The two whole numbers that alone stand behind the path, or the one before words; see ``settleColumns(_:)``.
    package var numbers: [Int] = []
    /// Numbers in further columns, by their names.
    package var further: [String: Double] = [:]

    package init(
      path: String, label: String? = nil, span: ManifestFile.FrameSpan? = nil, line: Int, numbers: [Int] = [],
      further: [String: Double] = [:]
    ) {
      self.path = path
      self.label = label
      self.span = span
      self.line = line
      self.numbers = numbers
      self.further = further
    }
  }

  /// A line that names no file.
  package struct Miss: Hashable {
    package var line: Int
    /// The column, where there is more than one.
    package var column: String?
    package var text: String
  }

  package internal(set) var entries: [Entry] = []
  package internal(set) var misses: [Miss] = []
  /// How the text was read, in words, e.g. `lines of path, label`.
  package internal(set) var form = "lines of path"
  /// Whether a path was found only after its bytes were taken for Windows-1252.
  package private(set) var isWindows1252 = false

  /// The first place whose value cannot be what its column says.
  private var problem: DataError?
  private let folder: String
  private let exists: (String) -> Bool

  /// - Parameters:
  ///   - folder: Where relative paths begin.
  ///   - exists: Whether a file or folder is at a path.
  /// - Throws: ``DataError`` for JSON that is none, and for frames that are no whole numbers.
  package init(_ text: String, relativeTo folder: String, exists: @escaping (String) -> Bool) throws(DataError) {
    self.folder = folder
    self.exists = exists
    // A line becomes a text of its own only while it is read.
    let lines = text.split(omittingEmptySubsequences: false) { ["\n", "\r\n", "\r"].contains($0) }.lazy.map { Self.trimmed($0) }
    guard let first = lines.first(where: { !$0.isEmpty }) else { return }
    if ["[", "{"].contains(first.first), resolve(first) == nil {
      try readJSON(text, lines: lines)
    } else {
      readLines(lines)
    }
    if let problem { throw problem }
  }

  // MARK: - Lines

  private mutating func readLines(_ lines: some Collection<String>) {
    var columns: ListColumns?
    var shapes: [String] = []
    var isFirst = true
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if line.hasPrefix("#"), resolve(line) == nil, fromWords(line, index + 1) == nil { continue }
      defer { isFirst = false }
      if let entry = entry(line, index + 1, columns) {
        entries.append(entry)
        if columns == nil, !shapes.contains(entry.shape) { shapes.append(entry.shape) }
      } else if isFirst, let names = ListColumns(header: line) {
        columns = names
      } else {
        misses.append(miss(line, index + 1, columns))
      }
    }
    form =
      columns.map { "columns " + $0.description } ?? "lines of " + (shapes.isEmpty ? "path" : shapes.joined(separator: " or "))
  }

  private mutating func entry(_ line: String, _ number: Int, _ columns: ListColumns?) -> Entry? {
    if let columns {
      let fields = columns.fields(of: line)
      guard let path = columns.value(.path, of: fields).flatMap({ resolve($0) }) else { return nil }
      return Entry(
        path: path, label: columns.value(.label, of: fields).map(Self.label),
        span: span(line: number) { role in
          columns.value(role, of: fields).map { (columns.name(of: role) ?? role.rawValue, $0, Double($0)) }
        }, line: number, further: columns.numbers(of: fields))
    }
    if let entry = fromWords(line, number) { return entry }
    guard let separator = ListColumns.separator(of: line) else { return nil }
    let fields = ListColumns.fields(of: line, separator)
    guard let path = resolve(fields[0]) else { return nil }
    return Self.described(path, by: Array(fields.dropFirst()), number)
  }

  /// The longest beginning of the line that is a path, then the words behind it.
  private mutating func fromWords(_ line: String, _ number: Int) -> Entry? {
    var end = line.endIndex
    while true {
      let beginning = Self.trimmed(line[..<end])
      if let path = resolve(beginning) ?? resolve(beginning.trimmingCharacters(in: .init(charactersIn: "\"'"))) {
        let words = line[end...].split(whereSeparator: \.isWhitespace).map(String.init)
        // A label behind a tab may be several words.
        let isLabel =
          words.count > 1 && line[end] == "\t" && line[end...].count { $0 == "\t" } == 1 && Int(words[1]) == nil
        return Self.described(path, by: isLabel ? [words.joined(separator: " ")] : words, number)
      }
      guard let space = line[..<end].lastIndex(where: \.isWhitespace) else { return nil }
      end = space
    }
  }

  /// What the fields behind a path say: two whole numbers first are a span, one before words may be a total, the rest is the
  /// label.
  private static func described(_ path: String, by fields: [String], _ number: Int) -> Entry {
    let numbers = Array(fields.prefix(2).map { Int($0) }.prefix { $0 != nil }).compactMap(\.self)
    guard let first = numbers.first, first >= 0, fields.count > 1 else {
      let label = fields.joined(separator: " ")
      return Entry(path: path, label: label.isEmpty ? nil : self.label(label), line: number)
    }
    guard numbers.count == 2 else {
      return Entry(path: path, label: label(fields.dropFirst().joined(separator: " ")), line: number, numbers: numbers)
    }
    guard fields.count > 2 else { return Entry(path: path, line: number, numbers: numbers) }
    return Entry(
      path: path, label: label(fields.dropFirst(2).joined(separator: " ")), span: span(numbers[0], numbers[1]), line: number)
  }

  private func miss(_ line: String, _ number: Int, _ columns: ListColumns?) -> Miss {
    if let columns {
      let fields = columns.fields(of: line)
      return Miss(line: number, column: columns.name(of: .path), text: columns.value(.path, of: fields) ?? "")
    }
    guard let separator = ListColumns.separator(of: line) else { return Miss(line: number, text: line) }
    return Miss(line: number, column: "1", text: ListColumns.fields(of: line, separator)[0])
  }

  // MARK: - Parts

  /// The file that a path of the list names: as it stands, or as Windows writes it.
  mutating func resolve(_ path: String) -> String? {
    guard !path.isEmpty else { return nil }
    func found(_ path: String) -> String? {
      let full = path.hasPrefix("/") ? path : folder + "/" + path
      return exists(full) ? full : nil
    }
    if let full = found(path) ?? (path.contains("\\") ? found(path.replacing("\\", with: "/")) : nil) { return full }
    guard path.holdsBytes, let text = ListText.windows1252(path), let full = found(text) ?? found(text.replacing("\\", with: "/"))
    else { return nil }
    isWindows1252 = true
    return full
  }

  /// A label is text, whatever its bytes.
  private static func label(_ text: String) -> String { text.holdsBytes ? ListText.windows1252(text) ?? text : text }

  /// A span that says more than "everything".
  static func span(_ start: Int?, _ total: Int?) -> ManifestFile.FrameSpan? {
    let (start, count) = (max(0, start ?? 0), total.flatMap { $0 > 0 ? $0 : nil })
    return start == 0 && count == nil ? nil : ManifestFile.FrameSpan(start: start, count: count)
  }

  /// The span that columns give; what is no whole number of frames is noted as a ``problem``.
  ///
  /// - Parameter value: name, text and number of a column; nil where it is empty.
  mutating func span(
    line: Int, _ value: (ListColumns.Role) -> (name: String, text: String, number: Double?)?
  ) -> ManifestFile.FrameSpan? {
    func refuse(_ column: String, _ reason: String) {
      problem = problem ?? DataError(.unusable, "line \(line), column \(column): \(reason)")
    }
    func frames(_ role: ListColumns.Role) -> Int? {
      guard let (name, text, number) = value(role) else { return nil }
      if let frames = number.flatMap({ Int(exactly: $0) }) { return frames }
      refuse(name, "\(text.prefix(40)) is no whole number of frames; give frames, not seconds, or call the column something else")
      return nil
    }
    let (start, end, total) = (frames(.start), frames(.end), frames(.total))
    guard let end, problem == nil else { return Self.span(start, total) }
    if end <= start ?? 0 { refuse(value(.end)?.name ?? "", "the end \(end) is not behind the start \(start ?? 0)") }
    return Self.span(start, end - (start ?? 0))
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines.union(.init(charactersIn: "\u{feff}")))
  }
}

extension FileList.Entry {
  /// Its parts in words.
  fileprivate var shape: String {
    if !numbers.isEmpty { return "path and two numbers" }
    return "path" + (span == nil ? "" : ", start, total") + (label == nil ? "" : ", label")
  }
}
