import Foundation
import MAECore
import MAEEngine
import Testing

/// One gradient check per operation: derivatives against finite differences.
@Suite struct GradientTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let inputs: [[Int]]
    let make: @Sendable (ParameterScope) -> GradientCheck.Function
  }

  @Test("derivatives agree with difference quotients", arguments: Self.cases, everyLevel([1, 2]))
  func derivative(of operation: Case, on machine: (level: InstructionLevel, threads: Int)) {
    let scope = ParameterScope()
    let function = operation.make(scope)
    var random = RandomStream(seed: 5)
    let inputs = operation.inputs.map { shape in
      (values: (0..<shape.reduce(1, *)).map { _ in Float(random.normal()) }, shape: shape)
    }
    let kernels = Kernels(threads: machine.threads, level: machine.level)
    let error = GradientCheck(scope, inputs: inputs, on: kernels, function).largestError()
    #expect(error < 2e-3, "\(operation.testDescription): relative error \(error)")
  }

  /// One value that depends on every element differently.
  static func reduce(_ x: Variable) -> Variable {
    var random = RandomStream(seed: 9)
    let target = x.tape.kernels.tensor((0..<x.rows * x.width).map { _ in Float(random.normal()) }, [x.rows, x.width])
    return x.pixelLoss(target, .squared, divisor: Double(x.width))
  }

  static func weight(_ scope: ParameterScope, _ name: String, _ shape: [Int]) -> Parameter {
    scope.parameter(name, shape, .normal(deviation: 0.5), role: .weight)
  }

  private static let dropout = Dropout(rate: 0.4, random: RandomStream(seed: 3))

  static let cases: [Case] = [
    Case(testDescription: "linear with bias", inputs: [[7, 5]]) { scope in
      let (w, b) = (weight(scope, "w", [3, 5]), weight(scope, "b", [3]))
      return { _, x in reduce(x[0].linear(ParameterSlice(w), bias: ParameterSlice(b))) }
    },
    Case(testDescription: "linear without bias, onto a residual", inputs: [[17, 5], [17, 3]]) { scope in
      let w = weight(scope, "w", [3, 5])
      return { _, x in reduce(x[0].linear(ParameterSlice(w), bias: nil, residual: x[1])) }
    },
    Case(testDescription: "linear with a residual that is its own input", inputs: [[9, 4]]) { scope in
      let (w, b) = (weight(scope, "w", [4, 4]), weight(scope, "b", [4]))
      return { _, x in reduce(x[0].linear(ParameterSlice(w), bias: ParameterSlice(b), residual: x[0])) }
    },
    Case(testDescription: "parts of a linear map", inputs: [[6, 5]]) { scope in
      let (w, b) = (weight(scope, "w", [6, 5]), weight(scope, "b", [6]))
      return { _, x in
        let first = reduce(x[0].linear(ParameterSlice(w, 0..<2), bias: ParameterSlice(b, 0..<2)))
        return first.adding(reduce(x[0].linear(ParameterSlice(w, 2..<6), bias: ParameterSlice(b, 2..<6))), weight: 0.7)
      }
    },
    Case(testDescription: "feed-forward onto its input", inputs: [[11, 5]]) { scope in
      let expand = (weight: weight(scope, "w1", [13, 5]), bias: weight(scope, "b1", [13]))
      let contract = (weight: weight(scope, "w2", [5, 13]), bias: weight(scope, "b2", [5]))
      return { _, x in reduce(x[0].feedForward(expand: expand, contract: contract, residual: x[0])) }
    },
    Case(testDescription: "bias with frozen values", inputs: [[6, 5]]) { scope in
      let w = weight(scope, "w", [6, 5])
      let b = scope.parameter("b", [6], .zeros, role: .bias, frozen: 2..<4)
      return { _, x in reduce(x[0].linear(ParameterSlice(w), bias: ParameterSlice(b))) }
    },
    Case(testDescription: "layer norm, then linear", inputs: [[9, 17]]) { scope in
      let (g, b, w) = (weight(scope, "g", [17]), weight(scope, "b", [17]), weight(scope, "w", [3, 17]))
      return { _, x in
        reduce(x[0].layerNorm(scale: g, shift: b, epsilon: 1e-6).linear(ParameterSlice(w), bias: nil))
      }
    },
    Case(testDescription: "layer norm shared by two branches", inputs: [[40, 8]]) { scope in
      let (g, b, w) = (weight(scope, "g", [8]), weight(scope, "b", [8]), weight(scope, "w", [8, 8]))
      return { _, x in
        let y = x[0].layerNorm(scale: g, shift: b, epsilon: 1e-5)
        return reduce(y.linear(ParameterSlice(w), bias: nil, residual: x[0])).adding(reduce(y), weight: 1)
      }
    },
    Case(testDescription: "self-attention", inputs: [[2 * 7, 3 * 32]]) { _ in
      { _, x in reduce(x[0].selfAttention(samples: 2, heads: 2)) }
    },
    Case(testDescription: "self-attention with a bias", inputs: [[2 * 5, 3 * 16], [2 * 5, 5]]) { _ in
      { _, x in reduce(x[0].selfAttention(samples: 2, heads: 2, bias: x[1].reshaped([2, 5, 5]))) }
    },
    Case(testDescription: "cross-attention", inputs: [[3 * 4, 24], [3 * 9, 48]]) { _ in
      { _, x in reduce(x[0].attention(over: x[1], samples: 3, heads: 3)) }
    },
    Case(testDescription: "attention of constants with a learned bias", inputs: [[2 * 4, 9]]) { _ in
      { tape, x in
        let query = tape.constant(tape.kernels.tensor((0..<3 * 4 * 16).map { sinf(Float($0)) }, [3 * 4, 16]))
        let keyValue = tape.constant(tape.kernels.tensor((0..<3 * 9 * 32).map { cosf(Float($0)) }, [3 * 9, 32]))
        return reduce(query.attention(over: keyValue, samples: 3, heads: 2, bias: x[0].reshaped([2, 4, 9])))
      }
    },
    Case(testDescription: "attention with dropout", inputs: [[2 * 30, 3 * 32]]) { _ in
      { _, x in reduce(x[0].selfAttention(samples: 2, heads: 2, dropout: dropout)) }
    },
    Case(testDescription: "cross-attention with dropout", inputs: [[3 * 4, 24], [3 * 9, 48]]) { _ in
      { _, x in reduce(x[0].attention(over: x[1], samples: 3, heads: 3, dropout: dropout)) }
    },
    Case(testDescription: "some rows onto a residual", inputs: [[3, 7], [9, 7]]) { _ in
      { _, x in reduce(x[0].added(toRows: [7, 0, 4], of: x[1], factor: 1.7)) }
    },
    Case(testDescription: "rows onto a residual that they are taken from", inputs: [[9, 7]]) { _ in
      { _, x in reduce(x[0].rows([2, 5]).added(toRows: [2, 5], of: x[0], factor: 0.6)) }
    },
    Case(testDescription: "dropout onto a residual", inputs: [[9, 7], [9, 7]]) { _ in
      { _, x in reduce(x[0].dropped(dropout, onto: x[1])) }
    },
    Case(testDescription: "convolution with overlapping windows", inputs: [[2 * 5 * 6, 3]]) { scope in
      let (w, b) = (weight(scope, "w", [4, 4, 4, 3]), weight(scope, "b", [4]))
      let shape = ConvolutionWindows(height: 5, width: 6, channels: 3, kernel: 4, stride: 2, padding: 1)
      return { _, x in reduce(x[0].convolution(w, bias: b, shape)) }
    },
    Case(testDescription: "convolution of neighbours, beside another use", inputs: [[3 * 4 * 4, 2]]) { scope in
      let (w, b) = (weight(scope, "w", [5, 3, 3, 2]), weight(scope, "b", [5]))
      let shape = ConvolutionWindows(height: 4, width: 4, channels: 2, kernel: 3, stride: 1, padding: 1)
      return { _, x in reduce(x[0].convolution(w, bias: b, shape)).adding(reduce(x[0]), weight: 0.5) }
    },
    Case(testDescription: "rectified convolution far from its kinks", inputs: [[8 * 8, 3]]) { scope in
      let w = scope.parameter("w", [4, 4, 4, 3], .normal(deviation: 0.05), role: .weight)
      let b = scope.parameter("b", [4], .values { [6, -6, 6, -6] }, role: .bias)
      let shape = ConvolutionWindows(height: 8, width: 8, channels: 3, kernel: 4, stride: 2, padding: 1)
      return { _, x in reduce(x[0].convolution(w, bias: b, shape, rectifies: true)) }
    },
    Case(testDescription: "gelu", inputs: [[9, 7]]) { _ in { _, x in reduce(x[0].gelu()) } },
    Case(testDescription: "placing tokens", inputs: [[4, 6], [1, 6], [1, 6], [5, 6]]) { _ in
      let placement = TokenPlacement(sources: [-2, 1, -1, 3, -1, -2, 0], places: [0, 3, 4, 1, 3, -1, 2])
      return { _, x in reduce(x[0].placed(placement, maskToken: x[1], classToken: x[2], positions: x[3])) }
    },
    Case(testDescription: "placing several class tokens", inputs: [[4, 6], [3, 6], [6, 6]]) { _ in
      let placement = TokenPlacement(
        sources: TokenPlacement.classTokens(3) + [2, 0] + [-4, -2, 1, 3], places: [0, 1, 2, 4, 3, 2, 0, 5, 3])
      return { _, x in reduce(x[0].placed(placement, classToken: x[1], positions: x[2])) }
    },
    Case(testDescription: "rows, some twice", inputs: [[6, 5]]) { _ in
      { _, x in reduce(x[0].rows([4, 0, 4, 2])) }
    },
    Case(testDescription: "rows beside another use", inputs: [[6, 5]]) { _ in
      { _, x in reduce(x[0]).adding(reduce(x[0].rows([5, 1])), weight: 2) }
    },
    Case(testDescription: "consecutive rows beside another use", inputs: [[6, 5]]) { _ in
      { _, x in reduce(x[0]).adding(reduce(x[0].rows(2..<5)), weight: 2) }
    },
    Case(testDescription: "mixtures, of a value beside another use", inputs: [[7, 5], [7, 5], [7, 5]]) { scope in
      let w = weight(scope, "w", [2, 3])
      return { _, x in reduce(Variable.mixtures(of: x, by: w).rows(3..<14)).adding(reduce(x[1]), weight: 0.5) }
    },
    Case(testDescription: "separable position table", inputs: [[6, 4], [3, 4], [1, 4]]) { _ in
      { _, x in reduce(Variable.separableTable(space: x[0], time: x[1], first: x[2])) }
    },
    Case(testDescription: "a parameter as a value", inputs: [[3, 4]]) { scope in
      let token = weight(scope, "token", [1, 1, 4])
      return { tape, x in
        reduce(
          x[0].placed(
            TokenPlacement(sources: [0, -1, 2, -1], places: [-1, -1, -1, -1]), maskToken: tape.variable(of: token)))
      }
    },
    Case(testDescription: "squared error", inputs: [[5, 7]]) { _ in { _, x in reduce(x[0]) } },
    Case(testDescription: "absolute error far from its kink", inputs: [[5, 7]]) { _ in
      { tape, x in
        x[0].pixelLoss(tape.kernels.tensor([Float](repeating: 9, count: 35), [5, 7]), .absolute, divisor: 35)
      }
    },
    Case(testDescription: "cross-entropy", inputs: [[5, 7]]) { _ in { _, x in x[0].crossEntropy([3, 0, 6, 3, 1]) } },
    Case(testDescription: "cross-entropy with shares of classes", inputs: [[2, 3]]) { _ in
      { _, x in x[0].crossEntropy(targets: [0.2, 0.5, 0.3, 0, 1, 0]) }
    },
    Case(testDescription: "means of samples", inputs: [[9, 5]]) { _ in { _, x in reduce(x[0].sampleMeans(3)) } },
    Case(testDescription: "means of samples without their first rows", inputs: [[12, 5]]) { _ in
      { _, x in reduce(x[0].sampleMeans(3, skipping: 2)) }
    },
    Case(testDescription: "uniformity", inputs: [[5, 8]]) { _ in { _, x in x[0].uniformity() } },
    Case(testDescription: "layer scale", inputs: [[9, 6], [9, 6]]) { scope in
      let gamma = weight(scope, "gamma", [6])
      return { _, x in reduce(x[0].scaled(by: gamma, onto: x[1])) }
    },
    Case(testDescription: "relative bias", inputs: [[4, 2]]) { _ in
      { _, x in reduce(x[0].relativeBias([0, 1, 2, 3, 1, 1, 0, 2, 3], tokens: 3).reshaped([6, 3])) }
    },
    Case(testDescription: "recomputed block", inputs: [[9, 5]]) { scope in
      let expand = (weight: weight(scope, "w1", [7, 5]), bias: weight(scope, "b1", [7]))
      let contract = (weight: weight(scope, "w2", [5, 7]), bias: weight(scope, "b2", [5]))
      return { tape, x in
        reduce(tape.recompute([x[0]]) { $0[0].feedForward(expand: expand, contract: contract, residual: $0[0]) })
      }
    },
    Case(testDescription: "recomputed block of two inputs", inputs: [[9, 5], [9, 5]]) { scope in
      let expand = (weight: weight(scope, "w1", [7, 5]), bias: weight(scope, "b1", [7]))
      let contract = (weight: weight(scope, "w2", [5, 7]), bias: weight(scope, "b2", [5]))
      return { tape, x in
        reduce(tape.recompute([x[0], x[1]]) { $0[0].feedForward(expand: expand, contract: contract, residual: $0[1]) })
      }
    },
    Case(testDescription: "a loss streamed in parts", inputs: [[9, 5]]) { scope in
      let expand = (weight: weight(scope, "w1", [7, 5]), bias: weight(scope, "b1", [7]))
      let contract = (weight: weight(scope, "w2", [5, 7]), bias: weight(scope, "b2", [5]))
      return { _, x in
        x[0].streamedLoss(parts: [0..<4, 4..<9]) { rows, _ in
          reduce(rows.feedForward(expand: expand, contract: contract, residual: rows))
        }
      }
    },
  ]
}
