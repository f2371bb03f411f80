/// A place in the tree of names where a layer makes its parameters: `scope["blocks"][3]["mlp"]`.
///
/// The path in the code is the name in the store, and training and loading share one initializer.
public struct ParameterScope {
  private let registry: ParameterRegistry
  private let path: String

  /// The root of a new tree.
  public init() {
    registry = ParameterRegistry()
    path = ""
  }

  private init(_ registry: ParameterRegistry, _ path: String) {
    self.registry = registry
    self.path = path
  }

  public subscript(_ name: String) -> ParameterScope {
    ParameterScope(registry, path.isEmpty ? name : "\(path).\(name)")
  }

  public subscript(_ index: Int) -> ParameterScope { self[String(index)] }

  /// Declares a parameter.
  ///
  /// - Precondition: the name is new.
  public func parameter(
    _ name: String, _ shape: [Int], _ initializer: Initializer, role: Parameter.Role, isTrainable: Bool = true,
    isStored: Bool = true, frozen: Range<Int>? = nil
  ) -> Parameter {
    registry.add(
      Parameter(
        name: self[name].path, shape: shape, role: role, isTrainable: isTrainable, isStored: isStored, frozen: frozen,
        index: registry.declarations.count), initializer)
  }

  package var declarations: [(parameter: Parameter, initializer: Initializer)] { registry.declarations }
}

private final class ParameterRegistry {
  private(set) var declarations: [(parameter: Parameter, initializer: Initializer)] = []
  private var names: Set<String> = []

  func add(_ parameter: Parameter, _ initializer: Initializer) -> Parameter {
    precondition(
      names.insert(parameter.name).inserted, "ParameterScope: two parameters are called \(parameter.name)")
    declarations.append((parameter, initializer))
    return parameter
  }
}
