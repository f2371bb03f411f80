import Foundation
import MAEFoundation

/// A text that names media files.
///
/// Lines are `path`, `path label`, `path start total`, `path total label` or `path start total label`, their parts separated by
/// spaces, tabs, commas or semicolons; a path may hold spaces, and a field of a comma-separated line may stand in quotes. A first
/// line with column names is understood, and so are JSON lines and JSON documents: arrays of paths or of objects with the same
/// names, objects that hold such arrays, and objects of labels by path. Paths are relative to the folder of the list. `total` −1
/// means all frames from `start` on. Empty lines are skipped, and lines that begin with `#` and name no file.
package struct FileList {
  package struct Entry: Hashable {
    package var path: String
    package var label: String?
    package var span: ManifestFile.FrameSpan?
    package var line: Int
    /// The two whole numbers that alone stand behind the path; see ``settleColumns(_:)``.
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
  package private(set) var misses: [Miss] = []
  /// How the text was read, in words, e.g. `lines of path, label`.
  package internal(set) var form = "lines of path"
  /// Whether a path was found only after its bytes were taken for Windows-1252.
  package private(set) var isWindows1252 = false

  private let folder: String
  private let exists: (String) -> Bool

  /// - Parameters:
  ///   - folder: Where relative paths begin.
  ///   - exists: Whether a file or folder is at a path.
  /// - Throws: ``DataError`` for JSON that is none or names no files.
  package init(_ text: String, relativeTo folder: String, exists: @escaping (String) -> Bool) throws(DataError) {
    self.folder = folder
    self.exists = exists
    let lines = text.split(omittingEmptySubsequences: false) { ["\n", "\r\n", "\r"].contains($0) }.map(Self.trimmed)
    guard let first = lines.first(where: { !$0.isEmpty }) else { return }
    if ["[", "{"].contains(first.first), resolve(first) == nil {
      try readJSON(text, lines: lines)
    } else {
      readLines(lines)
    }
  }

  // MARK: - Lines

  private mutating func readLines(_ lines: [String]) {
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
        span: Self.span(
          columns.value(.start, of: fields).flatMap { Int($0) }, columns.value(.total, of: fields).flatMap { Int($0) }),
        line: number, further: columns.numbers(of: fields))
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
        return Self.described(path, by: line[end...].split(whereSeparator: \.isWhitespace).map(String.init), number)
      }
      guard let space = line[..<end].lastIndex(where: \.isWhitespace) else { return nil }
      end = space
    }
  }

  /// What the fields behind a path say: two whole numbers first are a span, the rest is the label.
  private static func described(_ path: String, by fields: [String], _ number: Int) -> Entry {
    let numbers = fields.prefix(2).compactMap { Int($0) }
    guard numbers.count == 2, numbers[0] >= 0 else {
      let label = fields.joined(separator: " ")
      return Entry(path: path, label: label.isEmpty ? nil : self.label(label), line: number)
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

  // MARK: - JSON

  private mutating func readJSON(_ text: String, lines: [String]) throws(DataError) {
    let bytes = Array(text.utf8)
    // Several values one after the other are JSON lines.
    let first = lines.first { !$0.isEmpty } ?? ""
    if lines.count(where: { !$0.isEmpty }) > 1, (try? JSONParser.parse(Array(first.utf8))) != nil {
      form = "JSON lines"
      for (index, line) in lines.enumerated() where !line.isEmpty {
        do throws(JSONParser.Failure) {
          read(try JSONParser.parse(Array(line.utf8)), line: index + 1)
        } catch {
          throw Self.notJSON(error, line: index + 1, column: error.offset + 1)
        }
      }
      return
    }
    do throws(JSONParser.Failure) {
      let document = try JSONParser.parse(bytes)
      let start = bytes.firstIndex { ["[", "{"].contains(UnicodeScalar($0)) } ?? 0
      if let object = document.object {
        try readObject(object, try JSONParser.members(of: bytes, at: start), bytes)
      } else {
        form = "a JSON array"
        readArray(try JSONParser.elements(of: bytes, at: start), bytes)
      }
    } catch {
      let place = Self.place(of: error.offset, in: bytes)
      throw Self.notJSON(error, line: place.line, column: place.column)
    }
  }

  private static func notJSON(_ failure: JSONParser.Failure, line: Int, column: Int) -> DataError {
    DataError(.unusable, "line \(line), column \(column): it is not valid JSON (\(failure.reason))")
  }

  private mutating func readArray(_ elements: [(value: JSONValue, offset: Int)], _ bytes: [UInt8]) {
    var line = 1
    var counted = 0
    for (value, offset) in elements {
      line += bytes[counted..<offset].count { $0 == UInt8(ascii: "\n") }
      counted = offset
      read(value, line: line)
    }
  }

  /// A document that is an object: arrays of files under names, or labels by path.
  private mutating func readObject(
    _ object: JSONObject, _ members: [(key: String, value: JSONValue, offset: Int)], _ bytes: [UInt8]
  ) throws(JSONParser.Failure) {
    if ListColumns.value(.path, of: object) != nil {
      form = "JSON lines"
      return read(.object(object), line: 1)
    }
    var names: [String] = []
    for (key, value, offset) in members {
      guard let first = value.array?.first, first.text != nil || first.object.flatMap({ ListColumns.value(.path, of: $0) }) != nil
      else { continue }
      names.append(key)
      readArray(try JSONParser.elements(of: bytes, at: offset), bytes)
    }
    form = "JSON, the arrays \(names.joined(separator: ", "))"
    guard names.isEmpty else { return }
    form = "JSON, labels by path"
    for (key, value, offset) in members {
      let line = Self.place(of: offset, in: bytes).line
      if let path = resolve(key) {
        entries.append(Entry(path: path, label: value.listText, line: line))
      } else {
        misses.append(Miss(line: line, text: key))
      }
    }
  }

  private mutating func read(_ value: JSONValue, line: Int) {
    let text = value.text ?? value.object.flatMap { ListColumns.value(.path, of: $0)?.text }
    guard let text, let path = resolve(text) else {
      misses.append(Miss(line: line, text: text ?? value.serialized(indent: false)))
      return
    }
    let object = value.object ?? JSONObject()
    func number(_ role: ListColumns.Role) -> Int? {
      ListColumns.value(role, of: object)?.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
    }
    entries.append(
      Entry(
        path: path, label: ListColumns.value(.label, of: object)?.listText, span: Self.span(number(.start), number(.total)),
        line: line, further: ListColumns.numbers(of: object)))
  }

  private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (1 + before.count { $0 == UInt8(ascii: "\n") }, offset - start + 1)
  }

  // MARK: - Parts

  /// The file that a path of the list names: as it stands, or as Windows writes it.
  private mutating func resolve(_ path: String) -> String? {
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

extension JSONValue {
  /// A label: text, or a number as text.
  fileprivate var listText: String? {
    if let text { return text.isEmpty ? nil : text }
    return integer.map(String.init) ?? number.map { "\($0)" }
  }
}
