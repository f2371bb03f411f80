import MAECore
import MAEEngine
import Testing

/// Convolutions against loops in double precision; their derivatives are among the gradient checks.
@Suite struct ConvolutionTests {
  struct Layer: CustomTestStringConvertible, Sendable {
    var shape: ConvolutionWindows
    var pictures, outputs: Int
    var testDescription: String { "\(pictures) × \(shape) → \(outputs)" }
  }

  /// Windows that overlap, that touch, that leave gaps, that hang over every side, and pictures of odd sizes; the last takes
  /// several parts.
  static let layers = [
    Layer(shape: .init(height: 8, width: 8, channels: 3, kernel: 4, stride: 2, padding: 1), pictures: 2, outputs: 4),
    Layer(shape: .init(height: 7, width: 5, channels: 6, kernel: 4, stride: 2, padding: 1), pictures: 3, outputs: 17),
    Layer(shape: .init(height: 6, width: 6, channels: 2, kernel: 3, stride: 1, padding: 1), pictures: 1, outputs: 1),
    Layer(shape: .init(height: 6, width: 4, channels: 3, kernel: 2, stride: 2, padding: 0), pictures: 2, outputs: 3),
    Layer(shape: .init(height: 9, width: 9, channels: 1, kernel: 2, stride: 3, padding: 0), pictures: 2, outputs: 5),
    Layer(shape: .init(height: 1, width: 1, channels: 4, kernel: 5, stride: 1, padding: 2), pictures: 3, outputs: 2),
    Layer(shape: .init(height: 32, width: 32, channels: 24, kernel: 4, stride: 2, padding: 1), pictures: 9, outputs: 8),
  ]

  @Test("every output is the sum over its window", arguments: layers, everyLevel([1, 3]))
  func output(layer: Layer, machine: (level: InstructionLevel, threads: Int)) {
    for rectifies in [false, true] {
      let (run, expected) = (Self.run(layer, on: machine, rectifies: rectifies), Self.expected(layer, rectifies: rectifies))
      #expect(worstDifference(run.output, expected) < 1e-4 * Double(layer.shape.values).squareRoot())
    }
  }

  @Test("bits do not depend on the number of threads", arguments: layers) func threads(layer: Layer) {
    let level = InstructionLevel.available[0]
    let (one, three) = (Self.run(layer, on: (level, 1)), Self.run(layer, on: (level, 3)))
    #expect(one.output == three.output && one.weight == three.weight && one.pixels == three.pixels)
  }

  private static func values(_ layer: Layer) -> (x: [Float], w: [Float], b: [Float]) {
    var values = Values(seed: 4)
    let shape = layer.shape
    return (
      values.floats(layer.pictures * shape.pixels * shape.channels), values.floats(layer.outputs * shape.values),
      values.floats(layer.outputs)
    )
  }

  /// Output, and derivatives of half the sum of its squares.
  private static func run(
    _ layer: Layer, on machine: (level: InstructionLevel, threads: Int), rectifies: Bool = true
  ) -> (output: [Float], weight: [Float], pixels: [Float]) {
    let (shape, numbers) = (layer.shape, values(layer))
    let scope = ParameterScope()
    // The pixels are a parameter too, so that they have a gradient.
    let x = scope.parameter("x", [layer.pictures * shape.pixels, shape.channels], .values { numbers.x }, role: .weight)
    let w = scope.parameter(
      "w", [layer.outputs, shape.kernel, shape.kernel, shape.channels], .values { numbers.w }, role: .weight)
    let b = scope.parameter("b", [layer.outputs], .values { numbers.b }, role: .bias)
    let store = ParameterStore(scope, seed: 1)
    let kernels = Kernels(threads: machine.threads, level: machine.level)
    let tape = Tape(store, on: kernels)
    store.clearGradients()
    let y = tape.variable(of: x).convolution(w, bias: b, shape, rectifies: rectifies)
    let output = y.tensor.floats()
    let zeros = kernels.zeros([y.rows, y.width])
    tape.backward(from: y.pixelLoss(zeros, .squared, divisor: 2))
    store.completeGradients()
    return (output, store.gradient(of: w), store.gradient(of: x))
  }

  private static func expected(_ layer: Layer, rectifies: Bool) -> [Double] {
    let (shape, numbers) = (layer.shape, values(layer))
    var result: [Double] = []
    for picture in 0..<layer.pictures {
      for row in 0..<shape.outHeight {
        for column in 0..<shape.outWidth {
          for output in 0..<layer.outputs {
            var sum = Double(numbers.b[output])
            for place in 0..<shape.kernel * shape.kernel {
              let y = row * shape.stride - shape.padding + place / shape.kernel
              let x = column * shape.stride - shape.padding + place % shape.kernel
              guard (0..<shape.height).contains(y), (0..<shape.width).contains(x) else { continue }
              for channel in 0..<shape.channels {
                let pixel = ((picture * shape.height + y) * shape.width + x) * shape.channels + channel
                let weight = output * shape.values + place * shape.channels + channel
                sum += Double(numbers.x[pixel]) * Double(numbers.w[weight])
              }
            }
            result.append(rectifies ? max(0, sum) : sum)
          }
        }
      }
    }
    return result
  }
}
