extension Settings {
  /// `; did you mean …?` for a path that no setting has: the nearest key at the same place, else the setting of a flag of that
  /// name, else the nearest key anywhere; without any, the keys of the place.
  static func suggestion(for path: String) -> String {
    let parts = path.split(separator: ".").map(String.init)
    let (place, name) = (parts.dropLast().map { $0 + "." }.joined(), parts.last ?? "")
    let paths = all.map(\.path)
    let siblings = paths.filter { $0.hasPrefix(place) }.compactMap {
      $0.dropFirst(place.count).split(separator: ".").first.map(String.init)
    }
    if let nearest = NearestName.of(name, among: siblings) { return "; did you mean \(place)\(nearest)?" }
    if let setting = all.first(where: { $0.flag == name }) { return "; did you mean \(setting.path)?" }
    let keys = paths.compactMap { $0.split(separator: ".").last.map(String.init) }
    if let nearest = NearestName.of(name, among: keys), let home = paths.first(where: { ".\($0)".hasSuffix(".\(nearest)") }) {
      return "; did you mean \(home)?"
    }
    let known = siblings.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    return known.isEmpty ? "" : "; known here: \(known.joined(separator: ", "))"
  }

  /// Whether settings stand below a path.
  static func hasGroup(_ path: String) -> Bool {
    ["model.masking.options", "model.options"].contains(path) || all.contains { $0.path.hasPrefix(path + ".") }
  }

  /// A sentence in which settings have the names of the command line, with those of files.
  static func inFileSpelling(_ sentence: String) -> String {
    sentence.replacing(/--([a-z-]+)/) { match in
      all.first { $0.flag.map { $0 == match.1 } == true }?.path ?? String(match.0)
    }
  }
}
