import MAECore
import MAEModels

/// Numbers are written with the fewest digits that read back as the same number.
extension RecipeValue where Self: LosslessStringConvertible {
  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let value = tree.scalar.flatMap({ Self($0) }) else { return nil }
    self = value
  }

  package var tree: SettingTree { .word(description) }
}

extension Int: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a whole number" }
}

extension UInt64: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a whole number of at least 0" }
}

extension Float: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a number" }
}

extension Double: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a number" }
}

extension String: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a text" }
  package var tree: SettingTree { .text(self) }
}

/// In every spelling that YAML has.
extension Bool: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "true or false" }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    switch tree.scalar?.lowercased() {
    case "true", "yes", "on", "y": self = true
    case "false", "no", "off", "n": self = false
    default: return nil
    }
  }
}

extension Optional: RecipeValue where Wrapped: RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { Wrapped.choices(in: catalogue) }
  package static func form(in catalogue: Catalogue) -> String { "\(Wrapped.form(in: catalogue)), or none" }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    if tree == .nothing || tree.scalar == "none" {
      self = .none
    } else if let value = Wrapped(tree, in: catalogue) {
      self = .some(value)
    } else {
      return nil
    }
  }

  package var tree: SettingTree { map(\.tree) ?? .nothing }
  package var text: String { map(\.text) ?? "none" }
}

/// A list; on the command line its elements are separated by commas.
extension Array: RecipeValue where Element: RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { Element.choices(in: catalogue) }
  package static func form(in catalogue: Catalogue) -> String { "a list, each \(Element.form(in: catalogue))" }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    let elements: [SettingTree]
    switch tree {
    case .list(let list): elements = list
    case .word(let text), .text(let text):
      elements = text.split(separator: ",", omittingEmptySubsequences: false).map {
        .word(String($0.trimmingPrefix { $0 == " " }))
      }
    case .nothing, .group: return nil
    }
    let values = elements.compactMap { Element($0, in: catalogue) }
    guard values.count == elements.count else { return nil }
    self = values
  }

  package var tree: SettingTree { .list(map(\.tree)) }
  package var text: String { map(\.text).joined(separator: ",") }
}

/// Each channel count by its number.
extension PixelChannels: RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { allCases.map { "\($0.count)" } }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let value = tree.scalar.flatMap({ Int($0) }).flatMap(PixelChannels.init) else { return nil }
    self = value
  }

  package var tree: SettingTree { .word("\(rawValue)") }
}

/// `224`, `HEIGHTxWIDTH`, or a group of width and height.
extension FrameSize: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "pixels, as 224 or 192x320 (height x width)" }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    if let text = tree.scalar {
      let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
      switch sides.count {
      case 1 where !text.lowercased().contains("x"): self.init(square: sides[0])
      case 2: self.init(width: sides[1], height: sides[0])
      default: return nil
      }
    } else if let width = tree["width"]?.scalar.flatMap({ Int($0) }), let height = tree["height"]?.scalar.flatMap({ Int($0) }) {
      self.init(width: width, height: height)
    } else {
      return nil
    }
  }

  package var tree: SettingTree { .group([.init("width", width.tree), .init("height", height.tree)]) }
  package var text: String { isSquare ? "\(width)" : "\(height)x\(width)" }
}

/// `visible-down: {}`, `hidden-down: {}`, `hidden-up: {unit: 32}` or `visible-down-blocks: {patches: 4}`, in pixels `{unit: 64}`.
extension RatioRounding: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String {
    "one of visible-down: {}, hidden-down: {}, hidden-up: {unit: 32}, visible-down-blocks: {patches: 4}"
  }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    if tree["visible-down"] != nil {
      self = .visibleDown
    } else if tree["hidden-down"] != nil {
      self = .hiddenDown
    } else if let unit = tree["hidden-up"]?["unit"]?.scalar.flatMap({ Int($0) }) {
      self = .hiddenUp(unit: unit)
    } else if let side = tree["visible-down-blocks"]?["patches"]?.scalar.flatMap({ Int($0) }) {
      self = .visibleDownPatches(side: side)
    } else if let unit = tree["visible-down-blocks"]?["unit"]?.scalar.flatMap({ Int($0) }) {
      self = .visibleDownBlocks(unit: unit)
    } else {
      return nil
    }
  }

  package var tree: SettingTree {
    switch self {
    case .visibleDown: .group([.init("visible-down", .group([]))])
    case .hiddenDown: .group([.init("hidden-down", .group([]))])
    case .hiddenUp(let unit): .group([.init("hidden-up", .group([.init("unit", unit.tree)]))])
    case .visibleDownPatches(let side): .group([.init("visible-down-blocks", .group([.init("patches", side.tree)]))])
    case .visibleDownBlocks(let unit): .group([.init("visible-down-blocks", .group([.init("unit", unit.tree)]))])
    }
  }
}

extension TimeLimit: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a time as 90s, 45m, 8h or 1h30m" }
  package var tree: SettingTree { .text(description) }
}

extension VectorInput: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a name and a length, as state:7" }
  package var tree: SettingTree { .text(description) }
}

extension CheckpointKeeping: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String { "a whole number, or spread:6" }
  package var tree: SettingTree { if case .newest(let count) = self { count.tree } else { .text(description) } }
}

extension GuideStart: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String {
    "an epoch as 50, a share of the run as 12.5%, or auto"
  }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let value = tree.scalar.flatMap({ GuideStart($0) }) else { return nil }
    self = value
  }

  package var tree: SettingTree { .text(description) }
}

/// `112@50%`: a value and the share of the run that it lasts, in percent or from 0 to 1.
extension Stage: RecipeValue where Value: RecipeValue {
  package static func form(in catalogue: Catalogue) -> String {
    "\(Value.form(in: catalogue)), then @ and its share of the run as @50%"
  }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let text = tree.scalar, let mark = text.lastIndex(of: "@"),
      let value = Value(.word(String(text[..<mark])), in: catalogue),
      let share = RecipeText.share(text[text.index(after: mark)...])
    else { return nil }
    self.init(value, share: share)
  }

  package var tree: SettingTree { .text(text) }
  package var text: String { "\(value.text)@\(RecipeText.percent(share))" }
}
