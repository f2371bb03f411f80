import MAEModels

extension Dialect {
  /// The names and shapes of our own parameters, for a method that has no public ones.
  static func own(_ model: ModelConfiguration) -> Dialect {
    Dialect("our own", model.method, model.parameters.map { NameRule($0.name, $0.name) })
  }
}
