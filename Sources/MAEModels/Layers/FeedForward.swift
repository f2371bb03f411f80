import MAEEngine

/// Two linear maps with GELU between: `W₂ · gelu(W₁ · x + b₁) + b₂`.
///
/// Input and output are `[rows, width]`.
public struct FeedForward: Sendable {
  let expand: Linear
  let contract: Linear

  /// Declares the parameters; `depth` is the number of the block, from 1.
  public init(_ blocks: BlockConfiguration, depth: Int, _ initialization: Initialization, in scope: ParameterScope) {
    let (width, inner) = (blocks.width, blocks.feedForwardWidth)
    expand = Linear(width, inner, initializer: initialization.linear(width, inner), hiddenMaps: 1, in: scope["fc1"])
    contract = Linear(
      inner, width, initializer: initialization.branchOutput(inner, width, depth), hiddenMaps: 1, in: scope["fc2"])
  }

  /// - Parameter dropout: of the hidden values.
  public func callAsFunction(_ x: Variable, onto residual: Variable? = nil, dropout: Dropout? = nil) -> Variable {
    if let dropout { return contract(expand(x).gelu().dropped(dropout), onto: residual) }
    return x.feedForward(
      expand: (expand.weight, expand.bias!), contract: (contract.weight, contract.bias!), residual: residual)
  }
}
