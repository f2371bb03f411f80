import MAECore
import MAEEngine

/// Makes tokens of pixels, `[samples · tokens, width]`: a linear map of each patch (Dosovitskiy et al. 2020, equation 1), or
/// convolutions over whole pictures.
public struct TokenEmbedding: Sendable {
  private enum Map: Sendable {
    case patches(Linear)
    case stem(ConvolutionalStem)
    /// Of the picture, and of the maps of every sensor, which give only every so many rows and columns of theirs.
    case senses(ConvolutionalStem, touch: ConvolutionalStem, step: Int)
  }

  private let layout: PatchLayout
  private let map: Map

  /// Declares the parameters.
  public init(_ model: ModelConfiguration, in scope: ParameterScope) {
    let (values, width, initialization) = (model.patchWidth, model.encoder.blocks.width, model.method.initialization)
    layout = model.patchLayout
    if let touch = model.input.touch {
      map = .senses(
        ConvolutionalStem(model, in: scope),
        touch: ConvolutionalStem(model, touchPatch: touch.patch, in: scope["touch"]), step: model.input.patch / touch.patch)
    } else if model.encoder.stem == .conv {
      map = .stem(ConvolutionalStem(model, in: scope))
    } else {
      map = .patches(
        Linear(
          values, width, initializer: initialization.patchWeight(values, width),
          biasInitializer: initialization.patchBias(values), in: scope["proj"]))
    }
  }

  /// - Parameters:
  ///   - tokens: of each sample those that are wanted, as many of each.
  ///   - firstFrame: the frame of the batch's clips at which the model's clip starts.
  public func callAsFunction(_ pixels: PixelSource, tokens: [[Int32]], firstFrame: Int = 0, on tape: Tape) -> Variable {
    let (kernels, layout) = (tape.kernels, layout)
    // Tokens are hidden behind the stem, which sees whole pictures; a clip may have fewer of them than the grid.
    let slots = min(layout.grid.time, (pixels.shape.frames - firstFrame) / layout.tubelet)
    func frames(_ slots: Range<Int>, step: Int = 1) -> Variable {
      tape.constant(rebuilding: {
        kernels.frames(
          pixels, firstFrame: firstFrame + slots.lowerBound * layout.tubelet, count: slots.count * layout.tubelet,
          stacked: layout.tubelet, step: step)
      })
    }
    let features: Variable
    switch map {
    case .patches(let projection):
      return projection(
        tape.constant(rebuilding: { kernels.patches(pixels, layout, tokens: tokens, firstFrame: firstFrame) }))
    case .stem(let stem): features = stem(frames(0..<slots))
    case .senses(let image, let touch, let step):
      features =
        slots == 1
        ? image(frames(0..<1))
        : joined(image(frames(0..<1)), touch(frames(1..<slots, step: step)), samples: pixels.shape.samples)
    }
    let perSample = slots * layout.grid.plane
    if tokens.allSatisfy({ $0.elementsEqual(0..<Int32(perSample)) }) { return features }
    return features.rows(
      tokens.enumerated().flatMap { sample, numbers in numbers.map { Int32(sample * perSample) + $0 } })
  }

  /// The tokens of each sample's picture, then those of its maps.
  private func joined(_ image: Variable, _ touch: Variable, samples: Int) -> Variable {
    let (first, further) = (image.rows / samples, touch.rows / samples)
    func rows(_ range: Range<Int>) -> [Int32] {
      (0..<samples).flatMap { sample in range.map { Int32(sample * (first + further) + $0) } }
    }
    let empty = image.tape.constant(image.tape.kernels.zeros([samples * (first + further), image.width]))
    let half = image.added(toRows: rows(0..<first), of: empty, factor: 1)
    return touch.added(toRows: rows(first..<first + further), of: half, factor: 1)
  }
}
