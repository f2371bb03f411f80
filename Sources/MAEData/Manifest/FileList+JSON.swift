import MAEFoundation

/// JSON lines, and JSON documents in the forms that data sets have.
extension FileList {
  mutating func readJSON(_ text: String, lines: some Collection<String>) throws(DataError) {
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
    let frames = span(line: line) { role in
      guard let value = ListColumns.value(role, of: object), let text = value.listText ?? value.unread else { return nil }
      return (role.rawValue, text, Double(text))
    }
    entries.append(
      Entry(
        path: path, label: ListColumns.value(.label, of: object)?.listText, span: frames, line: line,
        further: ListColumns.numbers(of: object)))
  }

  private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (1 + before.count { $0 == UInt8(ascii: "\n") }, offset - start + 1)
  }
}

extension JSONValue {
  /// A label: text, or a number as text.
  var listText: String? {
    if let text { return text.isEmpty ? nil : text }
    return integer.map(String.init) ?? number.map { "\($0)" }
  }

  /// What is neither text nor number, as it stands there; nil for null and an empty text.
  fileprivate var unread: String? { self == .null || text != nil ? nil : serialized(indent: false) }
}
