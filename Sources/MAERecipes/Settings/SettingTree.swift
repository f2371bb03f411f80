/// A value as files hold it.
package indirect enum SettingTree: Hashable, Sendable {
  /// Null: the value is taken away.
  case nothing
  /// A number, `true` or `false`.
  case word(String)
  /// A text, which a file quotes where it could be read as something else.
  case text(String)
  case list([SettingTree])
  case group([Member])

  /// A named value of a group.
  package struct Member: Hashable, Sendable {
    var name: String
    var value: SettingTree
    /// Where it stands in its file, counted from 1.
    var line: Int?

    package init(_ name: String, _ value: SettingTree, line: Int? = nil) {
      self.name = name
      self.value = value
      self.line = line
    }
  }

  /// The word or text; nil for anything else.
  var scalar: String? {
    switch self {
    case .word(let text), .text(let text): text
    case .nothing, .list, .group: nil
    }
  }

  /// The value of a group's member.
  subscript(name: String) -> SettingTree? {
    guard case .group(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// Adds a value at the end of its group; groups on the way are made.
  mutating func insert(_ value: SettingTree, at path: ArraySlice<Substring>) {
    guard let name = path.first.map(String.init), case .group(var members) = self else {
      self = value
      return
    }
    if !members.contains(where: { $0.name == name }) { members.append(Member(name, .group([]))) }
    for place in members.indices where members[place].name == name {
      members[place].value.insert(value, at: path.dropFirst())
    }
    self = .group(members)
  }
}

extension SettingTree: CustomStringConvertible {
  /// For messages: `0.75`, `[a, b]`, `{width: 96, height: 64}`.
  package var description: String {
    switch self {
    case .nothing: "none"
    case .word(let text): Double(text).map(RecipeText.exact) ?? text
    case .text(let text): text
    case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .group(let members): "{" + members.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + "}"
    }
  }
}
