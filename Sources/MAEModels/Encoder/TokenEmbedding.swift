import MAECore
import MAEEngine

/// Makes tokens of pixels: a linear map of each patch, `[samples · tokens, width]` (Dosovitskiy et al. 2020, equation 1).
public struct TokenEmbedding: Sendable {
  private let layout: PatchLayout
  private let projection: Linear

  /// Declares the parameters.
  public init(_ model: ModelConfiguration, in scope: ParameterScope) {
    let (values, width, initialization) = (model.patchWidth, model.encoder.blocks.width, model.method.initialization)
    layout = model.patchLayout
    projection = Linear(
      values, width, initializer: initialization.patchWeight(values, width),
      biasInitializer: initialization.patchBias(values), in: scope["proj"])
  }

  /// - Parameters:
  ///   - tokens: of each sample those that are wanted, as many of each.
  ///   - firstFrame: the frame of the batch's clips at which the model's clip starts.
  public func callAsFunction(_ pixels: PixelSource, tokens: [[Int32]], firstFrame: Int = 0, on tape: Tape) -> Variable {
    let (kernels, layout) = (tape.kernels, layout)
    return projection(
      tape.constant(rebuilding: { kernels.patches(pixels, layout, tokens: tokens, firstFrame: firstFrame) }))
  }
}
