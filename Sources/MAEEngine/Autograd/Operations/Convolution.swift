extension Variable {
  /// A convolution of pictures, computed as products of their windows: `y = windows(x) · wᵀ + bias`, then max(y, 0) if it
  /// rectifies.
  ///
  /// x is `[pictures · height · width, channels]`, w `[out, kernel, kernel, channels]`, y `[pictures · windows, out]`. Windows
  /// are made for some pictures at a time, near the caches, and made again for the derivative by the weight: four times the
  /// pixels never lie in memory at once.
  public func convolution(
    _ weight: Parameter, bias: Parameter, _ shape: ConvolutionWindows, rectifies: Bool = false
  ) -> Variable {
    precondition(
      width == shape.channels && rows % shape.pixels == 0 && weight.width == shape.values,
      "convolution: pixels \(self.shape), weight \(weight.shape), \(shape)")
    let kernels = tape.kernels
    let (w, b) = (tape.value(of: weight).reshaped(weight.rows, weight.width), tape.value(of: bias))
    let pictures = rows / shape.pixels
    let y = kernels.empty([pictures * shape.count, weight.rows])
    for part in shape.parts(of: pictures) {
      let windows = kernels.windows(of: tensor.rows(part.pixels), shape)
      kernels.compute(
        Product(a: windows, b: w, bIsTransposed: true, bias: b), into: y.rows(part.windows), precision: kernels.precision)
    }
    if rectifies { kernels.rectify(y) }
    return tape.record(y, flops: 2 * y.count * shape.values, from: [self], [weight, bias]) {
      ConvolutionStep(
        input: id, pixels: saved, inputShape: [rows, width], shape: shape, weight: weight, bias: bias,
        output: rectifies ? y : nil)
    }
  }
}

private struct ConvolutionStep: BackwardStep {
  let input: Variable.ID?
  let pixels: SavedTensor
  let inputShape: [Int]
  let shape: ConvolutionWindows
  let weight, bias: Parameter
  /// Where it rectifies.
  let output: Tensor?

  /// Pixels have few channels and no derivative, so the first layer is unlike the others.
  var name: String { input == nil ? "Convolution of pixels" : "Convolution" }

  /// dw += dyᵀ · windows, db += Σ dy, and dx is what dy · w holds for each pixel, added up.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    if let output { kernels.rectifyGradient(output, outputGradient) }
    let dy = outputGradient.reshaped(outputGradient.count / weight.rows, weight.rows)
    let parts = shape.parts(of: inputShape[0] / shape.pixels)
    if weight.isTrainable || bias.isTrainable {
      let x = pixels.tensor().reshaped(to: inputShape)
      for part in parts {
        gradients.addWeightGradient(
          dy.rows(part.windows), kernels.windows(of: x.rows(part.pixels), shape), weight: ParameterSlice(weight),
          bias: ParameterSlice(bias))
      }
    }
    gradients.add(to: input, shape: inputShape) { destination, accumulate in
      if !accumulate { kernels.cleared(destination) }
      let w = gradients.value(of: weight).reshaped(weight.rows, weight.width)
      for part in parts {
        let windows = kernels.empty([part.windows.count, shape.values])
        kernels.compute(Product(a: dy.rows(part.windows), b: w), into: windows, precision: kernels.precision)
        kernels.addWindows(windows, shape, to: destination.rows(part.pixels))
      }
    }
  }
}

extension ConvolutionWindows {
  /// Rows of the pixels and of the windows of some pictures.
  fileprivate struct Part {
    let pixels, windows: Range<Int>
  }

  /// Pictures whose windows take two megabytes together: enough for a product, and near the caches. The cut does not depend on
  /// the number of threads, so bits do not either.
  fileprivate func parts(of pictures: Int) -> [Part] {
    let step = max(1, (1 << 19) / (count * values))
    return Swift.stride(from: 0, to: pictures, by: step).map { first in
      let last = min(pictures, first + step)
      return Part(pixels: first * pixels..<last * pixels, windows: first * count..<last * count)
    }
  }
}
