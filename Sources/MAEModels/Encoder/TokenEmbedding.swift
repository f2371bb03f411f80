import MAECore
import MAEEngine

/// Makes tokens of pixels, `[samples · tokens, width]`: a linear map of each patch (Dosovitskiy et al. 2020, equation 1), between
/// norms where there are several senses, or convolutions over whole pictures.
public struct TokenEmbedding: Sendable {
  private enum Map: Sendable {
    case patches(Linear)
    case stem(ConvolutionalStem)
    /// Of the picture, and of the maps of every sensor, which give only every so many rows and columns of theirs.
    case senses(ConvolutionalStem, touch: ConvolutionalStem, step: Int)
    /// The same of patches.
    case patchesOfSenses(NormalizedPatches, touch: NormalizedPatches?, step: Int)
  }

  private let layout: PatchLayout
  private let map: Map

  /// Declares the parameters.
  public init(_ model: ModelConfiguration, in scope: ParameterScope) {
    let (values, width, initialization) = (model.patchWidth, model.encoder.blocks.width, model.method.initialization)
    layout = model.patchLayout
    let touch = model.input.sensors > 0 ? model.input.touch : nil
    if model.encoder.stem == .conv {
      if let touch {
        map = .senses(
          ConvolutionalStem(model, in: scope),
          touch: ConvolutionalStem(model, touchPatch: touch.patch, in: scope["touch"]), step: model.input.patch / touch.patch)
      } else {
        map = .stem(ConvolutionalStem(model, in: scope))
      }
    } else if touch != nil || model.input.vector != nil {
      map = .patchesOfSenses(
        NormalizedPatches(model, patch: model.input.patch, in: scope),
        touch: touch.map { NormalizedPatches(model, patch: $0.patch, in: scope["touch"]) },
        step: touch.map { model.input.patch / $0.patch } ?? 1)
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
    let pictures = { (slots: Range<Int>, step: Int) in
      kernels.frames(
        pixels, firstFrame: firstFrame + slots.lowerBound * layout.tubelet, count: slots.count * layout.tubelet,
        stacked: layout.tubelet, step: step)
    }
    func frames(_ slots: Range<Int>, step: Int = 1) -> Variable { tape.constant(rebuilding: { pictures(slots, step) }) }
    let features: Variable
    switch map {
    case .patches(let projection):
      return projection(
        tape.constant(rebuilding: { kernels.patches(pixels, layout, tokens: tokens, firstFrame: firstFrame) }))
    case .patchesOfSenses(let image, let touch, let step):
      return patches(image, touch, step: step, tokens: tokens, slots: slots, of: pictures, on: tape)
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

  /// Tokens of patches of pictures and maps, in the order in which they are listed.
  ///
  /// - Parameter pictures: the pixels of some slots, of which only every so many rows and columns are taken.
  private func patches(
    _ image: NormalizedPatches, _ touch: NormalizedPatches?, step: Int, tokens: [[Int32]], slots: Int,
    of pictures: @escaping (_ slots: Range<Int>, _ step: Int) -> Tensor, on tape: Tape
  ) -> Variable {
    let (kernels, grid) = (tape.kernels, layout.grid)
    // Numbers of the patches among those of all pictures, or of all maps, and the rows that they become.
    var (seen, felt): (PlacedPatches, PlacedPatches) = ([], [])
    var row: Int32 = 0
    for (sample, numbers) in tokens.enumerated() {
      for token in numbers.lazy.map(Int.init) {
        if token < grid.plane {
          seen.append((sample * grid.plane + token, row))
        } else {
          felt.append(((sample * (slots - 1) - 1) * grid.plane + token, row))
        }
        row += 1
      }
    }
    func made(_ map: NormalizedPatches, _ slots: Range<Int>, step: Int, _ places: PlacedPatches) -> Variable {
      let numbers = places.map(\.number)
      return map(
        tape.constant(rebuilding: { pictures(slots, step).patches(numbers, of: map.patch, in: grid, on: kernels) }))
    }
    guard let touch, !felt.isEmpty else { return made(image, 0..<1, step: 1, seen) }
    let sensed = made(touch, 1..<slots, step: step, felt)
    guard !seen.isEmpty else { return sensed }
    let empty = tape.constant(kernels.zeros([seen.count + felt.count, sensed.width]))
    let pictured = made(image, 0..<1, step: 1, seen).added(toRows: seen.map(\.row), of: empty, factor: 1)
    return sensed.added(toRows: felt.map(\.row), of: pictured, factor: 1)
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

private typealias PlacedPatches = [(number: Int, row: Int32)]

/// Makes tokens of the values of patches by a norm, a linear map and a norm (vit-pytorch, `vit.py`, as M3L has it without a
/// stem).
private struct NormalizedPatches: Sendable {
  /// Side, in values of the picture or map.
  let patch: Int
  private let valuesNorm, norm: LayerNorm
  private let projection: Linear

  init(_ model: ModelConfiguration, patch: Int, in scope: ParameterScope) {
    let (input, encoder, initialization) = (model.input, model.encoder.blocks, model.method.initialization)
    let values = patch * patch * input.tubelet * input.channels.count
    self.patch = patch
    valuesNorm = LayerNorm(values, epsilon: encoder.normEpsilon, in: scope["values_norm"])
    projection = Linear(
      values, encoder.width, initializer: initialization.patchWeight(values, encoder.width),
      biasInitializer: initialization.patchBias(values), in: scope["proj"])
    norm = LayerNorm(encoder.width, epsilon: encoder.normEpsilon, in: scope["norm"])
  }

  /// `[tokens, rows · columns · channels]` → `[tokens, width]`.
  func callAsFunction(_ values: Variable) -> Variable { norm(projection(valuesNorm(values))) }
}

extension Tensor {
  /// Of rows of pixels of whole pictures the values of patches, `[patches, rows · columns · channels]`.
  ///
  /// - Parameters:
  ///   - numbers: of the patches, picture after picture and in each row by row.
  ///   - patch: side, in pixels.
  ///   - grid: how many patches a picture has in its height and width.
  fileprivate func patches(_ numbers: [Int], of patch: Int, in grid: TokenGrid, on kernels: Kernels) -> Tensor {
    let line = grid.width * patch
    let pixels = numbers.flatMap { number in
      let (picture, place) = number.quotientAndRemainder(dividingBy: grid.plane)
      let first = (picture * grid.height + place / grid.width) * patch * line + place % grid.width * patch
      return (0..<patch * patch).map { Int32(first + $0 / patch * line + $0 % patch) }
    }
    return kernels.gatherRows(self, pixels).reshaped(numbers.count, patch * patch * width)
  }
}
