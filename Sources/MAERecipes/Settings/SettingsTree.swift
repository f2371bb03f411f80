import Yams

/// A recipe, or part of one, as a tree of YAML nodes: what files hold and what layers are merged in.
struct SettingsTree {
  var root: Node

  init(_ root: Node = Node([(Node, Node)]())) { self.root = root }

  /// The tree of a value; keys in declaration order.
  init(of value: some Encodable) throws { root = try SettingsEncoder.node(of: value) }

  /// Reads YAML text. An empty text is an empty tree.
  ///
  /// - Throws: ``RecipeError`` naming `source` and the line.
  init(yaml text: String, from source: String) throws(RecipeError) {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw RecipeError("\(source): \(Self.sentence(for: error))")
    } catch {
      throw RecipeError("\(source): \(error)")
    }
    root = node ?? Node([(Node, Node)]())
    if root.scalar?.string.isEmpty == true || root.null != nil { root = Node([(Node, Node)]()) }
    guard root.mapping != nil else { throw RecipeError("\(source): expected settings of the form `key: value`") }
  }

  var yaml: String {
    (try? Yams.serialize(node: root, width: -1, allowUnicode: true)) ?? ""
  }

  /// The node at a dotted path, e.g. `model.masking.ratio`.
  subscript(path: String) -> Node? {
    get { Self.node(at: path.split(separator: ".").map(String.init)[...], in: root) }
    set { root = Self.setting(newValue, at: path.split(separator: ".").map(String.init)[...], in: root) }
  }

  /// This tree with `change` laid over it: groups merge key by key, everything else replaces.
  ///
  /// A null takes the setting away. Groups at the paths in `whole` replace as well: they are choices with payload.
  func merging(_ change: SettingsTree, whole: Set<String> = []) -> SettingsTree {
    SettingsTree(Self.merge(root, change.root, path: "", whole: whole))
  }

  /// Values by path.
  var leaves: [(path: String, node: Node)] { Self.leaves(of: root, path: "") }

  /// Decodes a value, with all keys turned back to `camelCase`.
  func decode<Value: Decodable>(_ type: Value.Type) throws(RecipeError) -> Value {
    do {
      return try YAMLDecoder().decode(type, from: Self.camel(root))
    } catch let error as DecodingError {
      throw RecipeError(sentence(for: error))
    } catch {
      throw RecipeError("\(error)")
    }
  }

  /// Paths whose values differ, with both values as text (`nil` = absent).
  func differences(from other: SettingsTree) -> [(path: String, mine: String?, theirs: String?)] {
    let mine = Dictionary(leaves.map { ($0.path, Self.text($0.node)) }, uniquingKeysWith: { first, _ in first })
    let theirs = Dictionary(other.leaves.map { ($0.path, Self.text($0.node)) }, uniquingKeysWith: { first, _ in first })
    let paths = Set(mine.keys).union(theirs.keys).sorted()
    return paths.compactMap { path in
      let (a, b) = (mine[path] ?? nil, theirs[path] ?? nil)
      return a == b ? nil : (path, a, b)
    }
  }

  // MARK: - Walking

  private static func node(at path: ArraySlice<String>, in node: Node) -> Node? {
    guard let key = path.first else { return node }
    guard let mapping = node.mapping, let child = mapping[key] else { return nil }
    return Self.node(at: path.dropFirst(), in: child)
  }

  private static func setting(_ value: Node?, at path: ArraySlice<String>, in node: Node) -> Node {
    guard let key = path.first else { return value ?? node }
    var mapping = node.mapping ?? Node.Mapping([])
    if path.count == 1 {
      mapping[key] = value
    } else {
      mapping[key] = setting(value, at: path.dropFirst(), in: mapping[key] ?? Node([(Node, Node)]()))
    }
    return .mapping(mapping)
  }

  private static func merge(_ base: Node, _ change: Node, path: String, whole: Set<String>) -> Node {
    guard var merged = base.mapping, let changes = change.mapping, !whole.contains(path) else { return change }
    for (key, value) in changes {
      let name = key.string ?? ""
      let inner = path.isEmpty ? name : "\(path).\(name)"
      merged[name] = value.null != nil ? nil : merged[name].map { merge($0, value, path: inner, whole: whole) } ?? value
    }
    return .mapping(merged)
  }

  private static func leaves(of node: Node, path: String) -> [(path: String, node: Node)] {
    guard let mapping = node.mapping, !mapping.isEmpty else { return [(path, node)] }
    return mapping.flatMap { key, value in
      leaves(of: value, path: path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
    }
  }

  private static func camel(_ node: Node) -> Node {
    switch node {
    case .mapping(let mapping):
      .mapping(
        Node.Mapping(mapping.map { (Node(SettingsKey.camel($0.key.string ?? "")), camel($0.value)) }, mapping.tag))
    case .sequence(let sequence): Node(sequence.map(camel))
    default: node
    }
  }

  static func text(_ node: Node) -> String? {
    switch node {
    case .scalar(let scalar): node.null != nil ? nil : number(scalar) ?? scalar.string
    case .sequence(let sequence): "[" + sequence.map { text($0) ?? "null" }.joined(separator: ", ") + "]"
    case .mapping(let mapping):
      "{" + mapping.map { "\($0.key.string ?? ""): \(text($0.value) ?? "null")" }.joined(separator: ", ") + "}"
    case .alias: nil
    }
  }

  /// One spelling per number, so that `1e-3` and `0.001` are equal.
  private static func number(_ scalar: Node.Scalar) -> String? {
    guard scalar.style != .singleQuoted, scalar.style != .doubleQuoted else { return nil }
    return Double(scalar.string).map(RecipeText.exact)
  }

  // MARK: - Sentences

  private static func sentence(for error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      "line \(mark.line): not YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, let context): "line \(context.mark.line): \(keys.joined(separator: ", ")) given twice"
    default: "not YAML"
    }
  }

  private func sentence(for error: DecodingError) -> String {
    let context: DecodingError.Context
    var path: [any CodingKey]
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
      path = found.codingPath
    case .keyNotFound(let key, let found):
      context = found
      path = found.codingPath + [key]
    @unknown default: return "\(error)"
    }
    path.removeAll { $0.intValue != nil }
    let name = path.map { SettingsKey.kebab($0.stringValue) }.joined(separator: ".")
    let found = self[name].flatMap(Self.text)
    switch error {
    case .keyNotFound: return "\(name) is missing"
    case .typeMismatch(let type, _): return "\(name) is \(found ?? "empty"); expected \(Self.noun(for: type))"
    case .valueNotFound(let type, _): return "\(name) is empty; expected \(Self.noun(for: type))"
    default:
      let reason = found == nil ? context.debugDescription : "this value is not possible there"
      return "\(name) is \(found ?? "unreadable"): \(reason)"
    }
  }

  private static func noun(for type: Any.Type) -> String {
    switch type {
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a text"
    default: "settings of the form `key: value`"
    }
  }
}

extension Node {
  /// A null as files spell it.
  static var nothing: Node { Node("null", .implicit, .plain) }
}
