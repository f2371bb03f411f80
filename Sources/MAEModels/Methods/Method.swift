/// A way of pretraining: what is learned, at which sizes, from which initial values, and how it is trained.
///
/// A published method is one value in a file of its own; a program can make further ones and put them into a ``Catalogue``.
/// Methods are told apart by their names, which files and the command line use.
public struct Method: Sendable {
  /// The name in files and on the command line, e.g. `mae-st`.
  public let name: String
  /// The paper, for banners and reports.
  public let citation: String
  /// Where the numbers of the recipe come from.
  public let source: String
  /// Whether it learns from videos rather than from stills.
  public let isForVideo: Bool
  /// What is computed; everything else about a method is a value.
  public let objective: any Objective.Type
  /// How its parameters start.
  public let initialization: Initialization
  /// Under which public names its weights are known.
  public let names: CheckpointNames

  private let published: @Sendable (ModelSize) -> Recipe

  /// - Parameter recipe: how a model of a size is made and trained; `model.method` and `preset` are filled in.
  public init(
    name: String, citation: String, source: String, isForVideo: Bool, objective: any Objective.Type,
    initialization: Initialization, names: CheckpointNames = .own, recipe: @escaping @Sendable (ModelSize) -> Recipe
  ) {
    self.name = name
    self.citation = citation
    self.source = source
    self.isForVideo = isForVideo
    self.objective = objective
    self.initialization = initialization
    self.names = names
    published = recipe
  }

  /// The model of a size, and the way of training it.
  public func recipe(_ size: ModelSize) -> Recipe {
    var recipe = published(size)
    recipe.model.method = self
    recipe.preset = size
    return recipe
  }

  /// The model of a size.
  public func model(_ size: ModelSize) -> ModelConfiguration { recipe(size).model }
}

extension Method: Hashable, CustomStringConvertible {
  /// Whether two have the same name.
  public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  /// The name.
  public var description: String { name }
}

/// As its name; read from the decoder's ``Catalogue``.
extension Method: Codable {
  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let method = decoder.catalogue.method(named: name) else {
      let known = decoder.catalogue.methods.map(\.name).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected one of \(known)")
    }
    self = method
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
