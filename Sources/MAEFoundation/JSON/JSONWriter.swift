extension JSONValue {
  /// JSON text; with `indent` one line per key as Python's `json.dumps(indent=2)` writes, otherwise without spaces.
  package func serialized(indent: Bool) -> String {
    var text = ""
    write(to: &text, indent: indent ? 0 : nil)
    return indent ? text + "\n" : text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    // Numbers without a JSON form never come from us.
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .text(let value): Self.writeString(value, to: &text)
    case .array(let values):
      Self.writeList(values, "[", "]", to: &text, indent: indent) { value, text, indent in
        value.write(to: &text, indent: indent)
      }
    case .object(let object):
      Self.writeList(object.keys, "{", "}", to: &text, indent: indent) { key, text, indent in
        Self.writeString(key, to: &text)
        text += indent == nil ? ":" : ": "
        object[key]!.write(to: &text, indent: indent)
      }
    }
  }

  private static func writeList<T>(
    _ items: [T], _ opening: String, _ closing: String, to text: inout String, indent: Int?,
    _ write: (T, inout String, Int?) -> Void
  ) {
    text += opening
    let inner = indent.map { $0 + 2 }
    for (index, item) in items.enumerated() {
      if index > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      write(item, &text, inner)
    }
    if let indent, !items.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
    text += closing
  }

  private static func writeString(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      case _ where scalar.heldByte != nil: text += String(scalar).withHeldBytesAsJSON
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
