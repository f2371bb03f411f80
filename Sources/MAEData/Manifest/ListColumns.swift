import Foundation
import MAEFoundation

/// Column names and keys of lists, and what they stand for, in the spellings that data sets use.
struct ListColumns: CustomStringConvertible {
  enum Role: String, CaseIterable {
    case path, label, start, end
    case total = "total frames"

    /// Without case, underscores, hyphens and spaces.
    fileprivate var names: [String] {
      switch self {
      case .path:
        [
          "path", "file", "filename", "filepath", "relpath", "relativepath", "abspath", "fullpath", "location", "video",
          "videopath",
          "videoname", "videofile", "clip", "clippath", "clipname", "image", "imagepath", "imagename", "imagefile", "img",
          "imgpath",
          "imgname", "imgfile", "picture", "photo", "frame", "framepath", "media", "mediapath", "name",
        ]
      case .label: ["label", "class", "classname", "classid", "labelid", "labelname", "category", "target", "action", "y"]
      case .start: ["start", "startframe", "startindex", "startidx", "startframeidx"]
      case .end: ["end", "endframe", "endindex", "endidx", "stop", "stopframe"]
      case .total: ["total", "totalframes", "numframes", "nframes", "framecount", "frames", "length"]
      }
    }
  }

  /// As they stand in the first line.
  private let names: [String]
  private let separator: Character?
  private let places: [Role: Int]

  /// nil unless one of the names is a path's.
  init?(header line: String) {
    separator = Self.separator(of: line)
    let names = Self.fields(of: line, separator ?? " ").filter { [separator] in !$0.isEmpty || separator != nil }
    self.names = names
    var places: [Role: Int] = [:]
    for role in Role.allCases {
      // The names of a role are listed by how sure they are.
      places[role] = role.names.lazy.compactMap { name in names.firstIndex { Self.plain($0) == name } }.first
    }
    guard places[.path] != nil else { return nil }
    self.places = places
  }

  /// Each column with what it stands for, and those that stand for nothing here.
  var description: String {
    let used = Role.allCases.compactMap { role in
      name(of: role).map { $0 == role.rawValue ? $0 : "\($0) (\(role.rawValue))" }
    }
    let unused = names.indices.filter { !places.values.contains($0) }.map { names[$0] }
    return used.joined(separator: ", ")
      + (unused.isEmpty ? "" : "; others, of which numbers are kept: " + unused.joined(separator: ", "))
  }

  func name(of role: Role) -> String? { places[role].map { names[$0] } }

  func fields(of line: String) -> [String] {
    guard let separator else {
      // Of columns between spaces the path takes what the others leave.
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      let spare = max(0, words.count - names.count)
      guard let place = places[.path], place + spare < words.count else { return words }
      return Array(words[..<place]) + [words[place...(place + spare)].joined(separator: " ")] + words[(place + spare + 1)...]
    }
    return Self.fields(of: line, separator)
  }

  func value(_ role: Role, of fields: [String]) -> String? {
    guard let place = places[role], place < fields.count else { return nil }
    return fields[place].isEmpty ? nil : fields[place]
  }

  /// What a JSON object says of a role.
  static func value(_ role: Role, of object: JSONObject) -> JSONValue? {
    let ranked = object.keys.compactMap { key in role.names.firstIndex(of: plain(key)).map { (rank: $0, key: key) } }
    return ranked.min { $0.rank < $1.rank }.flatMap { object[$0.key] }
  }

  /// The numbers in columns that stand for nothing here, by their names.
  func numbers(of fields: [String]) -> [String: Double] {
    var numbers: [String: Double] = [:]
    for index in names.indices where index < fields.count && !places.values.contains(index) {
      numbers[names[index]] = Double(fields[index])
    }
    return numbers
  }

  /// The same of a JSON object.
  static func numbers(of object: JSONObject) -> [String: Double] {
    var numbers: [String: Double] = [:]
    for key in object.keys where !Role.allCases.contains(where: { $0.names.contains(plain(key)) }) {
      numbers[key] = object[key]?.number
    }
    return numbers
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { !"_- ".contains($0) } }

  static func separator(of line: String) -> Character? { ["\t", ",", ";"].first(where: line.contains) }

  /// Fields of a line; one in double quotes may hold separators, and a doubled quote in it stands for one.
  static func fields(of line: String, _ separator: Character) -> [String] {
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
