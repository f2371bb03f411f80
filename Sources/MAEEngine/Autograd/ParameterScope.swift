/// A place in the tree of names where a layer makes its parameters: `scope["blocks"][3]["mlp"]`.
///
/// The path in the code is the name in the store, and training and loading share one initializer.
public struct ParameterScope {
  private let registry: ParameterRegistry
  private var path = ""
  private var depth: Int?
  private var isFrozen = false

  /// The root of a new tree.
  public init() { registry = ParameterRegistry() }

  /// The scope of a name inside this one.
  public subscript(_ name: String) -> ParameterScope {
    var inner = self
    inner.path = path.isEmpty ? name : "\(path).\(name)"
    return inner
  }

  /// The same place, where parameters get a ``Parameter/depth``.
  public func atDepth(_ depth: Int) -> ParameterScope {
    var scope = self
    scope.depth = depth
    return scope
  }

  /// The same place, where no parameter is trained: weights stay as they are loaded.
  public var frozen: ParameterScope {
    var scope = self
    scope.isFrozen = true
    return scope
  }

  /// The scope of a number inside this one, as of one of several blocks.
  public subscript(_ index: Int) -> ParameterScope { self[String(index)] }

  /// Declares a parameter.
  ///
  /// - Precondition: the name is new.
  public func parameter(
    _ name: String, _ shape: [Int], _ initializer: Initializer, role: Parameter.Role, isTrainable: Bool = true,
    isStored: Bool = true, frozen: Range<Int>? = nil, hiddenMaps: Int? = nil
  ) -> Parameter {
    registry.add(
      Parameter(
        name: self[name].path, shape: shape, role: role, isTrainable: isTrainable && !isFrozen, isStored: isStored,
        frozen: frozen, depth: depth, hiddenMaps: hiddenMaps, index: registry.declarations.count), initializer)
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
