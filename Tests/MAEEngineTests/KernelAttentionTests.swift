import CKernels
import Foundation
import MAECore
import Testing

@Suite struct KernelAttentionTests {
  /// One head of a case: odd token counts, rows that do not start on a vector boundary, keys of another length than queries.
  struct Shape: CustomStringConvertible, Sendable {
    var queries: Int
    var keys: Int
    var width: Int
    var bias = false
    var description: String { "\(queries)×\(keys), head \(width)\(bias ? ", bias" : "")" }
  }

  static let shapes: [Shape] = [
    Shape(queries: 1, keys: 1, width: 16), Shape(queries: 3, keys: 17, width: 16), Shape(queries: 20, keys: 20, width: 32),
    Shape(queries: 50, keys: 50, width: 64, bias: true), Shape(queries: 129, keys: 65, width: 48),
    Shape(queries: 33, keys: 197, width: 64), Shape(queries: 40, keys: 70, width: 80, bias: true),
    Shape(queries: 31, keys: 300, width: 96), Shape(queries: 130, keys: 131, width: 128), Shape(queries: 5, keys: 9, width: 20),
    Shape(queries: 600, keys: 577, width: 24), Shape(queries: 260, keys: 530, width: 64, bias: true),
    Shape(queries: 7, keys: 40, width: 1), Shape(queries: 16, keys: 16, width: 129),
  ]

  /// Inputs of a case and the results of plain loops in double.
  struct Case {
    let shape: Shape
    let q, k, v, dO, bias: [Float]
    let strides: (q: Int, k: Int, v: Int, o: Int, bias: Int)
    let scale: Float
    var weights: [Double] = []
    var o: [Double], logSum: [Double], dq: [Double], dk: [Double], dv: [Double], dBias: [Double]

    init(_ shape: Shape, amplitude: Float = 2) {
      self.shape = shape
      let (n, m, d) = (shape.queries, shape.keys, shape.width)
      var values = Values(seed: UInt64(n * 1_000_003 + m * 1009 + d))
      strides = (q: 3 * d, k: 3 * d + 1, v: d + 2, o: d + 1, bias: m + 3)
      q = values.floats(n * strides.q + 1, scale: amplitude)
      k = values.floats(m * strides.k + 1, scale: amplitude)
      v = values.floats(m * strides.v + 1)
      dO = values.floats(n * strides.o + 1)
      bias = values.floats(n * strides.bias, scale: 3)
      scale = 1 / Float(d).squareRoot()
      o = [Double](repeating: 0, count: n * d)
      logSum = [Double](repeating: 0, count: n)
      dq = o
      dk = [Double](repeating: 0, count: m * d)
      dv = dk
      dBias = [Double](repeating: 0, count: n * m)
      for row in 0..<n {
        var p = (0..<m).map { key in
          (0..<d).reduce(0.0) { $0 + Double(q[row * strides.q + $1 + 1]) * Double(k[key * strides.k + $1 + 1]) } * Double(scale)
            + (shape.bias ? Double(bias[row * strides.bias + key]) : 0)
        }
        let largest = p.max()!
        let sum = p.reduce(0) { $0 + exp($1 - largest) }
        logSum[row] = largest + log(sum)
        p = p.map { exp($0 - largest) / sum }
        weights += p
        let dp = (0..<m).map { key in
          (0..<d).reduce(0.0) { $0 + Double(dO[row * strides.o + $1 + 1]) * Double(v[key * strides.v + $1 + 1]) }
        }
        let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
        for key in 0..<m {
          let ds = p[key] * (dp[key] - mean)
          dBias[row * m + key] = ds
          for i in 0..<d {
            o[row * d + i] += p[key] * Double(v[key * strides.v + i + 1])
            dv[key * d + i] += p[key] * Double(dO[row * strides.o + i + 1])
            dq[row * d + i] += ds * Double(k[key * strides.k + i + 1]) * Double(scale)
            dk[key * d + i] += ds * Double(q[row * strides.q + i + 1]) * Double(scale)
          }
        }
      }
    }

    func rows(_ values: [Float], _ count: Int, stride: Int) -> [Float] {
      (0..<count).flatMap { values[$0 * stride + 1..<$0 * stride + 1 + shape.width] }
    }
  }

  @Test("agrees with plain loops", arguments: InstructionLevel.available, shapes) func agreesWithPlainLoops(
    level: InstructionLevel, shape: Shape
  ) {
    let wanted = Case(shape)
    let (n, m, d) = (shape.queries, shape.keys, shape.width)
    let s = wanted.strides
    let untouched: Float = 99
    var o = [Float](repeating: untouched, count: n * s.o + 1)
    var logSum = [Float](repeating: 0, count: n)
    var dq = [Float](repeating: untouched, count: n * (d + 3) + 1)
    var dk = [Float](repeating: untouched, count: m * (d + 1) + 1)
    var dv = [Float](repeating: untouched, count: m * (d + 5) + 1)
    var dBias = [Float](repeating: 0.5, count: n * s.bias)
    let size = Int(unsafe level.table.attention_scratch(Int64(n), Int64(m), Int64(d)))
    var scratch = [Float](repeating: .nan, count: size + 16)
    for i in 0..<16 { scratch[size + i] = untouched }
    unsafe wanted.q.withUnsafeBufferPointer { q in
      unsafe wanted.k.withUnsafeBufferPointer { k in
        unsafe wanted.v.withUnsafeBufferPointer { v in
          unsafe wanted.bias.withUnsafeBufferPointer { bias in
            var head = unsafe mae_attention_head(
              q: q.baseAddress! + 1, k: k.baseAddress! + 1, v: v.baseAddress! + 1, q_stride: Int64(s.q), k_stride: Int64(s.k),
              v_stride: Int64(s.v), queries: Int64(n), keys: Int64(m), head_width: Int64(d), scale: wanted.scale,
              bias: shape.bias ? bias.baseAddress! : nil, bias_stride: Int64(s.bias), dropout: mae_dropout(), next_sample: 0,
              next_column: 0)
            unsafe o.withUnsafeMutableBufferPointer { o in
              unsafe level.table.attention_forward(&head, o.baseAddress! + 1, Int64(s.o), &logSum, &scratch)
            }
            unsafe o.withUnsafeBufferPointer { o in
              unsafe wanted.dO.withUnsafeBufferPointer { dO in
                unsafe dq.withUnsafeMutableBufferPointer { dq in
                  unsafe dk.withUnsafeMutableBufferPointer { dk in
                    unsafe dv.withUnsafeMutableBufferPointer { dv in
                      unsafe dBias.withUnsafeMutableBufferPointer { dBias in
                        unsafe logSum.withUnsafeBufferPointer { logSum in
                          var gradients = unsafe mae_attention_gradients(
                            o: o.baseAddress! + 1, d_o: dO.baseAddress! + 1, o_stride: Int64(s.o), log_sum: logSum.baseAddress!,
                            dq: dq.baseAddress! + 1, dk: dk.baseAddress! + 1, dv: dv.baseAddress! + 1, dq_stride: Int64(d + 3),
                            dk_stride: Int64(d + 1), dv_stride: Int64(d + 5), bias_gradient: shape.bias ? dBias.baseAddress! : nil
                          )
                          unsafe level.table.attention_backward(&head, &gradients, &scratch)
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    #expect(worstDifference(wanted.rows(o, n, stride: s.o), wanted.o) < 3e-6)
    #expect(worstDifference(logSum, wanted.logSum) < 5e-6)
    let scale = 1 + Double(n).squareRoot()
    #expect(worstDifference(wanted.rows(dq, n, stride: d + 3), wanted.dq, scale: scale) < 3e-6)
    #expect(worstDifference(wanted.rows(dk, m, stride: d + 1), wanted.dk, scale: scale) < 3e-6)
    #expect(worstDifference(wanted.rows(dv, m, stride: d + 5), wanted.dv, scale: scale) < 3e-6)
    if shape.bias {
      let found = (0..<n).flatMap { dBias[$0 * s.bias..<$0 * s.bias + m] }
      #expect(worstDifference(found, wanted.dBias.map { $0 + 0.5 }) < 5e-6)
    } else {
      #expect(dBias.allSatisfy { $0 == 0.5 })
    }
    for row in 0..<n where row * s.o + d + 1 < o.count { #expect(o[row * s.o + d + 1] == untouched || s.o == d) }
    #expect(dq[0] == untouched && dk[0] == untouched && dv[0] == untouched && o[0] == untouched)
    #expect((0..<n).allSatisfy { row in (d + 1..<d + 3).allSatisfy { dq[row * (d + 3) + $0] == untouched } })
    #expect((0..<m).allSatisfy { row in (d + 1..<d + 5).allSatisfy { dv[row * (d + 5) + $0] == untouched } })
    #expect(scratch.suffix(16).allSatisfy { $0 == untouched })
  }

  /// Scores around ±2,000 overflow e^x unless the largest of each row is taken out first.
  @Test("large scores stay finite", arguments: InstructionLevel.available) func largeScoresStayFinite(level: InstructionLevel) {
    let wanted = Case(Shape(queries: 37, keys: 90, width: 32), amplitude: 40)
    let s = wanted.strides
    var o = [Float](repeating: 0, count: 37 * s.o + 1)
    var logSum = [Float](repeating: 0, count: 37)
    var scratch = [Float](repeating: .nan, count: Int(unsafe level.table.attention_scratch(37, 90, 32)))
    unsafe wanted.q.withUnsafeBufferPointer { q in
      unsafe wanted.k.withUnsafeBufferPointer { k in
        unsafe wanted.v.withUnsafeBufferPointer { v in
          var head = unsafe mae_attention_head(
            q: q.baseAddress! + 1, k: k.baseAddress! + 1, v: v.baseAddress! + 1, q_stride: Int64(s.q), k_stride: Int64(s.k),
            v_stride: Int64(s.v), queries: 37, keys: 90, head_width: 32, scale: wanted.scale, bias: nil, bias_stride: 0,
            dropout: mae_dropout(), next_sample: 0, next_column: 0)
          unsafe o.withUnsafeMutableBufferPointer { o in
            unsafe level.table.attention_forward(&head, o.baseAddress! + 1, Int64(s.o), &logSum, &scratch)
          }
        }
      }
    }
    #expect(worstDifference(logSum, wanted.logSum, scale: 2000) < 1e-6)
    #expect(worstDifference(wanted.rows(o, 37, stride: s.o), wanted.o) < 1e-3)
  }

  @Test("weights are the softmax of scores", arguments: InstructionLevel.available, shapes) func weightsAreTheSoftmaxOfScores(
    level: InstructionLevel, shape: Shape
  ) {
    let wanted = Case(shape)
    let (n, m, s) = (shape.queries, shape.keys, wanted.strides)
    var y = [Float](repeating: 99, count: n * m + 1)
    unsafe wanted.q.withUnsafeBufferPointer { q in
      unsafe wanted.k.withUnsafeBufferPointer { k in
        unsafe wanted.bias.withUnsafeBufferPointer { bias in
          var head = unsafe mae_attention_head(
            q: q.baseAddress! + 1, k: k.baseAddress! + 1, v: k.baseAddress!, q_stride: Int64(s.q), k_stride: Int64(s.k),
            v_stride: 0, queries: Int64(n), keys: Int64(m), head_width: Int64(shape.width), scale: wanted.scale,
            bias: shape.bias ? bias.baseAddress! : nil, bias_stride: Int64(s.bias), dropout: mae_dropout(), next_sample: 0,
            next_column: 0)
          unsafe level.table.attention_weights(&head, &y)
        }
      }
    }
    #expect(worstDifference(y.dropLast(), wanted.weights) < 3e-6)
    #expect(y[n * m] == 99)
  }

  /// Two keys with scores 0 and x: the second weight is eˣ / (1 + eˣ), from 1/2 down to where eˣ would be subnormal.
  @Test("small weights are accurate", arguments: InstructionLevel.available) func smallWeightsAreAccurate(level: InstructionLevel)
  {
    let queries: [Float] = Array(stride(from: Float(-87.3), through: 0, by: 0.0013)) + [-88, -1000, -.infinity, .nan]
    let keys: [Float] = [0, 1]
    var y = [Float](repeating: 0, count: 2 * queries.count)
    unsafe queries.withUnsafeBufferPointer { q in
      unsafe keys.withUnsafeBufferPointer { k in
        var head = unsafe mae_attention_head(
          q: q.baseAddress!, k: k.baseAddress!, v: k.baseAddress!, q_stride: 1, k_stride: 1, v_stride: 1,
          queries: Int64(queries.count), keys: 2, head_width: 1, scale: 1, bias: nil, bias_stride: 0, dropout: mae_dropout(),
          next_sample: 0, next_column: 0)
        unsafe level.table.attention_weights(&head, &y)
      }
    }
    // An exponential of 1 unit, a sum and a quotient of half a unit each, twice that below a power of two.
    let worst = queries.indices.dropLast(4).map { row in
      y[2 * row + 1].units(from: exp(Double(queries[row])) / (1 + exp(Double(queries[row]))))
    }.max()!
    #expect(worst <= 3)
    let last = y.suffix(8).map { $0 }
    #expect(last[0] == 1 && last[1] == 0 && last[2] == 1 && last[3] == 0)
    // −∞ · 0 is no number: neither is what is made of it.
    #expect(last[5].isNaN && last[7].isNaN)
  }
}
