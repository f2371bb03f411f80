import MAEEngine

/// Two linear maps with GELU between: `W₂ · gelu(W₁ · x + b₁) + b₂`.
///
/// Input and output are `[rows, width]`.
public struct FeedForward: Sendable {
  let expand: Linear
  let contract: Linear

  init(_ blocks: BlockConfiguration, depth: Int, _ initialization: Initialization, in scope: ParameterScope) {
    let (width, inner) = (blocks.width, blocks.feedForwardWidth)
    expand = Linear(width, inner, initializer: initialization.linear(inputs: width, outputs: inner), in: scope["fc1"])
    contract = Linear(
      inner, width, initializer: initialization.branchOutput(inputs: inner, outputs: width, depth: depth),
      in: scope["fc2"])
  }

  func callAsFunction(_ x: Variable, onto residual: Variable? = nil) -> Variable {
    x.feedForward(
      expand: (expand.weight, expand.bias!), contract: (contract.weight, contract.bias!), residual: residual)
  }
}
