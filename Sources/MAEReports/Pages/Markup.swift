import Foundation

/// Pieces of HTML and SVG text.
enum Markup {
  /// Text that shows as it is.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// A formula in which `_{…}` and `^{…}`, or one character after `_` and `^`, stand lower and higher.
  static func formula(_ text: String) -> String {
    var result = ""
    var rest = Substring(escaped(text))
    while let character = rest.popFirst() {
      guard character == "_" || character == "^", let next = rest.first else {
        result.append(character)
        continue
      }
      let tag = character == "_" ? "sub" : "sup"
      if next == "{", let end = rest.firstIndex(of: "}") {
        result += "<\(tag)>\(rest[rest.index(after: rest.startIndex)..<end])</\(tag)>"
        rest = rest[rest.index(after: end)...]
      } else {
        result += "<\(tag)>\(next)</\(tag)>"
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// A coordinate in a drawing: two decimals at most, without superfluous zeros.
  static func coordinate(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }
}
