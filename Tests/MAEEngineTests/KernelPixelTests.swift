import CKernels
import Foundation
import MAECore
import Testing

@Suite struct KernelPixelTests {
  /// A clip of 6 frames of 12 × 20 pixels, interleaved bytes, with the same values as planar floats.
  struct Clip {
    let frames = 6
    let height = 12
    let width = 20
    let channels: Int
    let bytes: [UInt8]
    let floats: [Float]
    let scale: [Float] = [0.017, 0.018, 0.016, 1]
    let offset: [Float] = [-2.1, -2.0, -1.8, 0]

    init(channels: Int) {
      self.channels = channels
      var values = Values(seed: UInt64(channels))
      let bytes = (0..<6 * 12 * 20 * channels).map { _ in UInt8((values.next() + 1) * 127.5) }
      self.bytes = bytes
      floats = (0..<channels).flatMap { c in (0..<6 * 12 * 20).map { Float(bytes[$0 * channels + c]) } }
    }

    func value(_ t: Int, _ y: Int, _ x: Int, _ c: Int) -> Double {
      Double(bytes[((t * height + y) * width + x) * channels + c]) * Double(scale[c]) + Double(offset[c])
    }

    func withPixels(asBytes: Bool, _ body: (inout mae_pixels) -> Void) {
      unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe floats.withUnsafeBufferPointer { floats in
          let scales = (scale[0], scale[1], scale[2], scale[3])
          let offsets = (offset[0], offset[1], offset[2], offset[3])
          let row = asBytes ? width * channels : width
          var pixels = unsafe mae_pixels(
            bytes: asBytes ? bytes.baseAddress : nil, floats: asBytes ? nil : floats.baseAddress,
            stride_t: Int64(height * row), stride_y: Int64(row), stride_x: asBytes ? Int64(channels) : 1,
            stride_c: asBytes ? 1 : Int64(frames * height * width), channels: Int32(channels), scale: scales, offset: offsets)
          body(&pixels)
        }
      }
    }
  }

  @Test("patches of bytes and floats", arguments: everyLevel([1, 3, 4]), [1, 2, 4])
  func patchesOfBytesAndFloats(of run: (level: InstructionLevel, channels: Int), patch: Int) {
    let (level, channels) = run
    let clip = Clip(channels: channels)
    let tubelet = 2
    var grid = mae_patch_grid(rows: Int32(12 / patch), columns: Int32(20 / patch), patch: Int32(patch))
    let perSlot = Int(grid.rows * grid.columns)
    let tokens: [Int32] = [0, 7, Int32(perSlot), Int32(3 * perSlot - 1)]
    let width = channels * tubelet * patch * patch
    var expected: [Double] = []
    for token in tokens.map(Int.init) {
      let (slot, row, column) = (token / perSlot, token % perSlot / Int(grid.columns), token % Int(grid.columns))
      for c in 0..<channels {
        for t in 0..<tubelet {
          for y in 0..<patch {
            for x in 0..<patch {
              expected.append(clip.value(slot * tubelet + t, row * patch + y, column * patch + x, c))
            }
          }
        }
      }
    }
    for asBytes in [true, false] {
      var out = [Float](repeating: 0, count: tokens.count * width)
      clip.withPixels(asBytes: asBytes) { pixels in
        unsafe level.table.gather_patches(&pixels, &grid, Int32(tubelet), tokens, Int64(tokens.count), &out)
      }
      #expect(worstDifference(out, expected) < 1e-6)
    }
  }

  @Test(
    "targets of bytes and floats",
    arguments: everyLevel([1, 3, 4]),
    [Int(MAE_TARGET_RAW.rawValue), Int(MAE_TARGET_PER_PATCH.rawValue), Int(MAE_TARGET_PER_CHANNEL.rawValue)])
  func targetsOfBytesAndFloats(of run: (level: InstructionLevel, channels: Int), kind: Int) {
    let (level, channels) = run
    let clip = Clip(channels: channels)
    let patch = 4
    let perSlot = 2
    let frames: [Int32] = [0, 1, 2, 4, 3, 5]  // slot 1 reads frames 2 and 4
    var grid = mae_patch_grid(rows: 3, columns: 5, patch: Int32(patch))
    let tokens: [Int32] = [0, 14, 16, 44]
    let width = perSlot * patch * patch * channels
    var expected: [Double] = []
    var divisors: [Double] = []
    for token in tokens.map(Int.init) {
      let (slot, row, column) = (token / 15, token % 15 / 5, token % 5)
      var values: [Double] = []
      for f in 0..<perSlot {
        for y in 0..<patch {
          for x in 0..<patch {
            for c in 0..<channels {
              values.append(clip.value(Int(frames[slot * perSlot + f]), row * patch + y, column * patch + x, c))
            }
          }
        }
      }
      for c in 0..<channels {
        let group =
          Int(MAE_TARGET_PER_PATCH.rawValue) == kind ? values : stride(from: c, to: width, by: channels).map { values[$0] }
        let mean = group.reduce(0, +) / Double(group.count)
        let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(group.count - 1)
        switch kind {
        case Int(MAE_TARGET_RAW.rawValue): divisors += [0, 1]
        case Int(MAE_TARGET_PER_PATCH.rawValue): divisors += [mean, (variance + 1e-6).squareRoot()]
        default: divisors += [mean, variance.squareRoot() + 1e-6]
        }
      }
      let statistics = divisors.suffix(2 * channels)
      for (i, value) in values.enumerated() {
        let first = statistics.startIndex + 2 * (i % channels)
        expected.append((value - statistics[first]) / statistics[first + 1])
      }
    }
    for asBytes in [true, false] {
      var out = [Float](repeating: 0, count: tokens.count * width)
      var statistics = [Float](repeating: 0, count: tokens.count * channels * 2)
      clip.withPixels(asBytes: asBytes) { pixels in
        unsafe level.table.gather_targets(
          &pixels, &grid, frames, Int32(perSlot), Int32(kind), tokens, Int64(tokens.count), &out, &statistics)
      }
      #expect(worstDifference(out, expected) < 5e-6)
      #expect(worstDifference(statistics, divisors) < 5e-6)
      var alone = out
      clip.withPixels(asBytes: asBytes) { pixels in
        unsafe level.table.gather_targets(
          &pixels, &grid, frames, Int32(perSlot), Int32(kind), tokens, Int64(tokens.count), &alone, nil)
      }
      #expect(alone == out)
    }
  }

  @Test("flat patch gives zeros", arguments: InstructionLevel.available) func flatPatchGivesZeros(level: InstructionLevel) {
    let bytes = [UInt8](repeating: 77, count: 16 * 3)
    var out = [Float](repeating: 1, count: 48)
    for kind in [MAE_TARGET_PER_PATCH, MAE_TARGET_PER_CHANNEL] {
      unsafe bytes.withUnsafeBufferPointer { bytes in
        var pixels = unsafe mae_pixels(
          bytes: bytes.baseAddress, floats: nil, stride_t: 48, stride_y: 12, stride_x: 3, stride_c: 1, channels: 3,
          scale: (1, 1, 1, 1), offset: (0, 0, 0, 0))
        var grid = mae_patch_grid(rows: 1, columns: 1, patch: 4)
        unsafe level.table.gather_targets(&pixels, &grid, [0], 1, Int32(kind.rawValue), [0], 1, &out, nil)
      }
      #expect(out.allSatisfy { $0 == 0 })
    }
  }
}
