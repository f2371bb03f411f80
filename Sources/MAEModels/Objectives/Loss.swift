import MAEEngine

/// What an objective makes of a batch for training.
public struct Loss {
  /// What is minimised, one value.
  public var total: Variable
  /// Named parts, weights not applied; the reconstruction error first, where there is one.
  public var parts: [(name: String, value: Double)]

  /// A loss with its parts.
  public init(_ total: Variable, parts: [(name: String, value: Double)]) {
    self.total = total
    self.parts = parts
  }

  /// The reconstruction error alone.
  init(reconstruction: Variable) {
    self.init(reconstruction, parts: [(name: "reconstruction", value: Double(reconstruction.tensor.scalar))])
  }
}
