import CKernels
import Foundation
import MAECore
import Testing

/// Resampling with given weights against plain loops: whole numbers, so every byte is the same at every level.
@Suite struct KernelResampleTests {
  /// Weights, some negative; every output starts where its taps still lie within the input.
  struct Weights: Sendable {
    let taps: Int
    let shift: Int32 = 14
    let starts: [Int32]
    let weights: [Int16]

    init(taps: Int, from input: Int, to outputs: Int) {
      var values = Values(seed: UInt64(taps + input))
      self.taps = taps
      starts = (0..<outputs).map { Int32($0 * (input - taps) / max(1, outputs - 1)) }
      weights = (0..<outputs * taps).map { _ in Int16(values.next() * Float(1 << 14) * 0.6) }
    }

    func byte(_ output: Int, _ value: (Int) -> UInt8) -> UInt8 {
      let sum = (0..<taps).reduce(Int32(1) << (shift - 1)) { sum, tap in
        sum + Int32(weights[output * taps + tap]) * Int32(value(Int(starts[output]) + tap))
      }
      return UInt8(max(0, min(255, sum >> shift)))
    }

    func withKernelWeights(_ body: (inout mae_resample_weights) -> Void) {
      unsafe starts.withUnsafeBufferPointer { starts in
        unsafe weights.withUnsafeBufferPointer { weights in
          var kernel = unsafe mae_resample_weights(
            start: starts.baseAddress!, weight: weights.baseAddress!, count: Int32(starts.count), taps: Int32(taps), shift: shift)
          body(&kernel)
        }
      }
    }
  }

  static let outputs = [1, 2, 7, 33]

  static func bytes(_ count: Int) -> [UInt8] {
    var values = Values(seed: 31)
    return (0..<count).map { _ in UInt8((values.next() + 1) * 127.5) }
  }

  @Test(
    "rows", arguments: everyLevel(outputs), [(1, 1, 8), (3, 1, 2), (3, 4, 2), (3, 5, 4), (3, 2, 6), (4, 9, 2), (4, 9, 8)])
  func rows(of run: (level: InstructionLevel, outputs: Int), shape: (channels: Int, rows: Int, taps: Int)) {
    let ((level, outputs), (channels, rows, taps)) = (run, shape)
    let (width, stride) = (23, 23 * channels + 5)
    let weights = Weights(taps: taps, from: width, to: outputs)
    let input = Self.bytes(rows * stride + 64)
    let outputStride = outputs * channels + 3
    var output = [UInt8](repeating: 99, count: rows * outputStride)
    weights.withKernelWeights { kernel in
      unsafe level.table.resample_rows(
        input, Int64(stride), Int64(rows), Int32(channels), &kernel, &output, Int64(outputStride))
    }
    for (index, byte) in output.enumerated() {
      let (row, column) = (index / outputStride, index % outputStride)
      let (pixel, channel) = (column / channels, column % channels)
      let expected = pixel < outputs ? weights.byte(pixel) { input[row * stride + $0 * channels + channel] } : 99
      #expect(byte == expected, "row \(row), byte \(column)")
    }
  }

  @Test("columns", arguments: everyLevel(outputs), [(1, 4), (31, 2), (32, 6), (77, 2), (77, 4)])
  func columns(of run: (level: InstructionLevel, outputs: Int), shape: (rowBytes: Int, taps: Int)) {
    let ((level, outputs), (rowBytes, taps)) = (run, shape)
    let (rows, stride) = (21, rowBytes + 7)
    let weights = Weights(taps: taps, from: rows, to: outputs)
    let input = Self.bytes(rows * stride)
    var output = [UInt8](repeating: 99, count: outputs * stride)
    weights.withKernelWeights { kernel in
      unsafe level.table.resample_columns(
        input, Int64(stride), Int64(rows), Int64(rowBytes), &kernel, &output, Int64(stride))
    }
    for (index, byte) in output.enumerated() {
      let (row, column) = (index / stride, index % stride)
      let expected = column < rowBytes ? weights.byte(row) { input[$0 * stride + column] } : 99
      #expect(byte == expected, "row \(row), byte \(column)")
    }
  }
}
