import MAEEngine

/// Initial values of layers; the public implementations differ, and small differences decide how training starts.
public enum Initialization: Sendable {
  /// Xavier-uniform maps, tokens normal 0.02 (MAE and its relatives).
  case mae
  /// As `mae`, but the patch embedding and the bridge keep PyTorch's defaults and the mask token is cut at one deviation.
  case videoMAE
  /// Normal 0.02 cut at one deviation; branch outputs shrink with depth (SimMIM's pretraining ViT, spec A4).
  case simMIM

  init(_ method: Method) {
    self =
      switch method {
      case .videomae: .videoMAE
      case .simmim: .simMIM
      case .mae, .maeST, .siammae, .uMAE, .selfGuided: .mae
      }
  }

  func linear(inputs: Int, outputs: Int) -> Initializer {
    switch self {
    case .mae, .videoMAE: .xavierUniform(inputs: inputs, outputs: outputs)
    case .simMIM: .truncatedNormal(deviation: 0.02, cut: 1)
    }
  }

  /// The last map of a branch in block `depth` (from 1).
  func branchOutput(inputs: Int, outputs: Int, depth: Int) -> Initializer {
    switch self {
    case .mae, .videoMAE: linear(inputs: inputs, outputs: outputs)
    case .simMIM: .truncatedNormal(deviation: 0.02 / (2 * Double(depth)).squareRoot(), cut: 1)
    }
  }

  func patchWeight(inputs: Int, outputs: Int) -> Initializer {
    switch self {
    case .mae: .xavierUniform(inputs: inputs, outputs: outputs)
    case .videoMAE: .uniform(bound: 1 / Double(inputs).squareRoot())
    case .simMIM: .truncatedNormal(deviation: 0.02, cut: 1)
    }
  }

  func patchBias(inputs: Int) -> Initializer {
    switch self {
    case .mae, .videoMAE: .uniform(bound: 1 / Double(inputs).squareRoot())
    case .simMIM: .zeros
    }
  }

  /// The map from encoder to decoder width.
  func bridge(inputs: Int, outputs: Int) -> Initializer {
    switch self {
    case .videoMAE: .uniform(bound: 1 / Double(inputs).squareRoot())
    case .mae, .simMIM: linear(inputs: inputs, outputs: outputs)
    }
  }

  var token: Initializer {
    switch self {
    case .mae: .normal(deviation: 0.02)
    case .videoMAE, .simMIM: .truncatedNormal(deviation: 0.02, cut: 1)
    }
  }

  var learnedPositions: Initializer { .truncatedNormal(deviation: 0.02, cut: 2) }
}
