import MAEEngine

/// Makes tokens of pixels by convolutions that halve a picture, 4 × 4 every 2 pixels with max(x, 0) behind each, until a patch is
/// a pixel, and a linear map of that (Seo et al. 2022, Masked World Models; public code `mwm/common/mae.py`).
///
/// Widths double from layer to layer, up to half the encoder's. A token has seen more than its patch: 22 pixels along a side
/// where patches have 8.
public struct ConvolutionalStem: Sendable {
  private struct Layer: Sendable {
    let weight, bias: Parameter
    let windows: ConvolutionWindows
  }

  private let layers: [Layer]
  private let projection: Linear
  /// Tokens of a picture.
  let tokens: Int

  /// What is impossible about a model's sizes, one sentence each.
  static func problems(of model: ModelConfiguration) -> [String] {
    let (patch, width) = (model.input.patch, model.encoder.blocks.width)
    var problems: [String] = []
    if patch < 2 || patch.nonzeroBitCount != 1 {
      problems.append("--stem conv halves pictures until a patch is a pixel; --patch-size \(patch) is not 2, 4, 8, 16 or 32")
    } else if width > 0, width % patch != 0 {
      problems.append(
        "--stem conv starts with width ÷ patch size channels; \(patch) does not divide the encoder's width \(width)")
    }
    return problems
  }

  /// Declares the parameters; weights are `[outputs, rows, columns, inputs]`. Frames of a token stand side by side in the
  /// channels.
  ///
  /// - Parameter touchPatch: of a sensor's map, whose patches are smaller than the picture's: layers that halve nothing, 3 × 3,
  ///   take the place of the last ones; nil for a picture.
  /// - Precondition: there are no ``problems(of:)``.
  init(_ model: ModelConfiguration, touchPatch: Int? = nil, in scope: ParameterScope) {
    let (input, width, initialization) = (model.input, model.encoder.blocks.width, model.method.initialization)
    let patch = touchPatch ?? input.patch
    var height = input.size.height / input.patch * patch
    var columns = input.size.width / input.patch * patch
    var channels = input.channels.count * input.tubelet
    layers = (0..<input.patch.trailingZeroBitCount).map { index in
      let halves = index < patch.trailingZeroBitCount
      let windows = ConvolutionWindows(
        height: height, width: columns, channels: channels, kernel: halves ? 4 : 3, stride: halves ? 2 : 1, padding: 1)
      let (outputs, area) = ((width / input.patch) << index, windows.kernel * windows.kernel)
      // Inputs and outputs of a convolution count once for each pixel of its window (Glorot and Bengio 2010, as Keras has it).
      let layer = Layer(
        weight: scope["\(index)"].parameter(
          "weight", [outputs, windows.kernel, windows.kernel, channels],
          initialization.linear(area * channels, area * outputs), role: .weight),
        bias: scope["\(index)"].parameter("bias", [outputs], .zeros, role: .bias), windows: windows)
      (height, columns, channels) = (windows.outHeight, windows.outWidth, outputs)
      return layer
    }
    tokens = height * columns
    projection = Linear(channels, width, initializer: initialization.linear(channels, width), in: scope["proj"])
  }

  /// Features of all tokens of pictures: rows of pixels `[pictures · height · width, channels]` → `[pictures · tokens, width]`.
  func callAsFunction(_ pixels: Variable) -> Variable {
    projection(layers.reduce(pixels) { $0.convolution($1.weight, bias: $1.bias, $1.windows, rectifies: true) })
  }
}
