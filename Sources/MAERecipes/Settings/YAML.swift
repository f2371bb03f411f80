import Yams

/// Settings from YAML text and back.
enum YAML {
  /// Reads a file's text; `snake_case` keys become `kebab-case`, an empty text an empty group.
  ///
  /// - Throws: ``RecipeError`` with the line.
  static func tree(_ text: String) throws(RecipeError) -> SettingTree {
    do {
      guard let root = try Yams.compose(yaml: text), root.null == nil, root.scalar?.string.isEmpty != true else {
        return .group([])
      }
      guard root.mapping != nil else { throw RecipeError("expected settings of the form `key: value`") }
      return tree(root)
    } catch let error as RecipeError {
      throw error
    } catch let error as YamlError {
      throw RecipeError(sentence(for: error))
    } catch {
      throw RecipeError("\(error)")
    }
  }

  /// The text of a group; members keep their order.
  static func text(_ tree: SettingTree) -> String {
    guard let text = try? Yams.serialize(node: node(tree), width: -1, allowUnicode: true) else {
      preconditionFailure("YAML: \(tree) cannot be written")
    }
    return text
  }

  private static func tree(_ node: Node) -> SettingTree {
    switch node {
    case .scalar(let scalar):
      if node.null != nil { return .nothing }
      let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
      return isQuoted ? .text(scalar.string) : .word(scalar.string)
    case .sequence(let sequence): return .list(sequence.map(tree))
    case .mapping(let mapping):
      return .group(
        mapping.map { key, value in
          SettingTree.Member((key.string ?? "?").replacing("_", with: "-"), tree(value), line: key.mark?.line)
        })
    case .alias: return .nothing
    }
  }

  private static func node(_ tree: SettingTree) -> Node {
    switch tree {
    case .nothing: return Node("null", .implicit, .plain)
    case .word(let text): return Node(text)
    case .text(let text): return .scalar(text.represented())
    case .list(let elements):
      // Short lists of numbers, such as a mean per channel, read best on one line.
      let isShort = elements.count <= 8 && elements.allSatisfy { if case .word = $0 { true } else { false } }
      return Node(elements.map(node), Tag(.seq), isShort ? .flow : .block)
    case .group(let members): return Node(members.map { (Node($0.name), node($0.value)) })
    }
  }

  private static func sentence(for error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      "line \(mark.line): not YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, let context): "line \(context.mark.line): \(keys.joined(separator: ", ")) given twice"
    default: "not YAML"
    }
  }
}
