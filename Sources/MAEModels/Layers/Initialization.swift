import MAEEngine

/// Initial values of layers; the public implementations differ, and small differences decide how training starts.
///
/// Each is a function of a map's inputs and outputs.
public struct Initialization: Sendable {
  /// Of a map from inputs to outputs.
  public typealias Map = @Sendable (_ inputs: Int, _ outputs: Int) -> Initializer

  /// Of maps that are not named below.
  public var linear: Map
  /// The last map of a branch in block `depth`, from 1.
  public var branchOutput: @Sendable (_ inputs: Int, _ outputs: Int, _ depth: Int) -> Initializer
  /// What makes tokens of patches.
  public var patchWeight: Map
  /// The bias of what makes tokens of patches.
  public var patchBias: @Sendable (_ inputs: Int) -> Initializer
  /// The map from encoder to decoder width.
  public var bridge: Map
  /// Class and mask tokens.
  public var token: Initializer
  /// Learned position tables.
  public var positions: Initializer

  /// What is nil is made as `linear` says.
  public init(
    linear: @escaping Map, branchOutput: (@Sendable (_ inputs: Int, _ outputs: Int, _ depth: Int) -> Initializer)? = nil,
    patchWeight: Map? = nil, patchBias: @escaping @Sendable (_ inputs: Int) -> Initializer, bridge: Map? = nil,
    token: Initializer, positions: Initializer = .truncatedNormal(deviation: 0.02, cut: 2)
  ) {
    self.linear = linear
    self.branchOutput = branchOutput ?? { inputs, outputs, _ in linear(inputs, outputs) }
    self.patchWeight = patchWeight ?? linear
    self.patchBias = patchBias
    self.bridge = bridge ?? linear
    self.token = token
    self.positions = positions
  }
}
