import MAECore
import MAEEngine
import MAEModels

/// A kind of value that recipes hold: how it is written in files and on the command line.
package protocol RecipeValue: Hashable, Sendable {
  /// The names that a value can have, where it has names.
  static func choices(in catalogue: Catalogue) -> [String]
  /// What a value looks like, for messages: `a whole number`.
  static func form(in catalogue: Catalogue) -> String
  /// Nil when the tree is not such a value.
  init?(_ tree: SettingTree, in catalogue: Catalogue)
  var tree: SettingTree { get }
  /// For messages, as the command line takes it.
  var text: String { get }
}

extension RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { [] }
  package static func form(in catalogue: Catalogue) -> String {
    "one of \(choices(in: catalogue).joined(separator: ", "))"
  }
  package var text: String { tree.description }
}

extension RecipeValue where Self: CaseIterable & RawRepresentable, RawValue == String {
  package static func choices(in catalogue: Catalogue) -> [String] { allCases.map(\.rawValue) }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let name = tree.scalar, let value = Self.allCases.first(where: { NearestName.isSame($0.rawValue, name) }) else {
      return nil
    }
    self = value
  }

  package var tree: SettingTree { .text(rawValue) }
}

extension ModelSize: RecipeValue {}
extension PositionKind: RecipeValue {}
extension Stem: RecipeValue {}
extension ClassifierConfiguration.Pooling: RecipeValue {
  /// The class token under its name in `mae embed` and `mae probe`, too.
  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    let name = tree.scalar.map { $0 == "cls" ? Self.classToken.rawValue : $0 } ?? ""
    guard let value = Self.allCases.first(where: { NearestName.isSame($0.rawValue, name) }) else { return nil }
    self = value
  }
}
extension AttentionBias: RecipeValue {}
extension DecoderClassToken: RecipeValue {}
extension CrossDecoding.Order: RecipeValue {}
extension TargetConfiguration.Normalization: RecipeValue {}
extension TargetConfiguration.Values: RecipeValue {}
extension TargetConfiguration.Loss: RecipeValue {}
extension EdgeWeights.Kind: RecipeValue {}
extension ClusterChoice: RecipeValue {}
extension GuideStack: RecipeValue {}
extension GuideRelations: RecipeValue {}
extension GuideTarget: RecipeValue {}
extension ClipGraph: RecipeValue {}
extension GuideMode: RecipeValue {}
extension HintKind: RecipeValue {}
extension DataRecipe.Sampling: RecipeValue {}
extension DataRecipe.Crop: RecipeValue {}
extension ResizeFilter: RecipeValue {}
extension Parameter.Role: RecipeValue {}
extension OptimizerRecipe.Kind: RecipeValue {}
extension ScheduleRecipe.Kind: RecipeValue {}
extension Precision: RecipeValue {}

/// By a name of the catalogue.
extension Method: RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { catalogue.methods.map(\.name) }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let name = tree.scalar, let found = catalogue.methods.first(where: { NearestName.isSame($0.name, name) }) else {
      return nil
    }
    self = found
  }

  package var tree: SettingTree { .text(name) }
}

/// By a name or alias of the catalogue.
extension MaskingKind: RecipeValue {
  package static func choices(in catalogue: Catalogue) -> [String] { catalogue.maskingNames }

  package init?(_ tree: SettingTree, in catalogue: Catalogue) {
    guard let name = tree.scalar, let known = catalogue.maskingNames.first(where: { NearestName.isSame($0, name) }),
      let found = catalogue.masking(named: known)
    else { return nil }
    self = found
  }

  package var tree: SettingTree { .text(name) }
}
