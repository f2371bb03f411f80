import MAECore
import MAEEngine
import Testing

/// Training reads bytes, reference cases give floats: both must mean the same pixels.
@Suite struct PixelSourceTests {
  static let size = FrameSize(width: 12, height: 8)
  static let layout = PatchLayout(grid: TokenGrid(time: 2, height: 2, width: 3), patch: 4, tubelet: 2)
  static let mean: [Float] = [0.485, 0.456, 0.406]
  static let deviation: [Float] = [0.229, 0.224, 0.225]
  static let shape = ClipBatchShape(samples: 2, frames: 4, size: size)

  static let bytes: [UInt8] = {
    var random = RandomStream(seed: 1)
    return (0..<shape.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }()

  /// The standardised value of a byte.
  static func value(_ sample: Int, _ frame: Int, _ y: Int, _ x: Int, _ channel: Int) -> Float {
    let index = (((sample * shape.frames + frame) * size.height + y) * size.width + x) * 3 + channel
    return (Float(bytes[index]) / 255 - mean[channel]) / deviation[channel]
  }

  static func floats(_ order: PixelSource.FloatOrder) -> PixelSource {
    var values: [Float] = []
    for sample in 0..<shape.samples {
      let outer = order == .framesFirst ? shape.frames : 3
      for a in 0..<outer {
        for b in 0..<(order == .framesFirst ? 3 : shape.frames) {
          let (frame, channel) = order == .framesFirst ? (a, b) : (b, a)
          for y in 0..<size.height {
            for x in 0..<size.width { values.append(value(sample, frame, y, x, channel)) }
          }
        }
      }
    }
    return PixelSource(shape: shape, values: .floats(values, order), mean: mean, deviation: deviation)
  }

  static let tokens: [[Int32]] = [[0, 3, 5, 11], [1, 2, 7, 10]]

  @Test("patches and targets from bytes equal those from floats", arguments: [1, 2])
  func bytesAndFloats(threads: Int) {
    let kernels = Kernels(threads: threads)
    let source = PixelSource(shape: Self.shape, values: .bytes(Self.bytes), mean: Self.mean, deviation: Self.deviation)
    for order in [PixelSource.FloatOrder.framesFirst, .channelsFirst] {
      let other = Self.floats(order)
      let patches = kernels.patches(source, Self.layout, tokens: Self.tokens).floats()
      expectClose(patches, kernels.patches(other, Self.layout, tokens: Self.tokens).floats(), "patches")
      for normalization in [PatchTargets.Normalization.none, .perPatch, .perChannel] {
        for inUnits in [false, true] {
          func targets(_ source: PixelSource) -> [Float] {
            kernels.values(
              of: PatchTargets(
                source, Self.layout, frames: [0, 1, 2, 3], framesPerSlot: 2, normalization: normalization, inUnits: inUnits,
                tokens: Self.tokens)
            ).values.floats()
          }
          expectClose(targets(source), targets(other), "targets \(normalization) \(inUnits)")
        }
      }
    }
  }

  @Test("patches are the pixels of their token in (channel, frame, row, column) order")
  func patchOrder() {
    let kernels = Kernels(threads: 2)
    let source = PixelSource(shape: Self.shape, values: .bytes(Self.bytes), mean: Self.mean, deviation: Self.deviation)
    let patches = kernels.patches(source, Self.layout, tokens: Self.tokens).floats()
    var expected: [Float] = []
    for (sample, tokens) in Self.tokens.enumerated() {
      for token in tokens.map(Int.init) {
        let (slot, row, column) = (token / 6, token / 3 % 2, token % 3)
        for channel in 0..<3 {
          for frame in 0..<2 {
            for y in 0..<4 {
              for x in 0..<4 {
                expected.append(Self.value(sample, slot * 2 + frame, row * 4 + y, column * 4 + x, channel))
              }
            }
          }
        }
      }
    }
    expectClose(patches, expected, "patches")
  }

  /// Values of the patches of a sample of three frames, 3 × 2 patches each, by a grid of 2 × 2 × `columns`.
  static func valueCount(tokens: [Int32], columns: Int) -> Int {
    let shape = ClipBatchShape(samples: 1, frames: 3, size: size)
    let source = PixelSource(
      shape: shape, values: .bytes([UInt8](repeating: 7, count: shape.count)), mean: mean, deviation: deviation)
    let layout = PatchLayout(grid: TokenGrid(time: 2, height: 2, width: columns), patch: 4, tubelet: 2)
    return Kernels(threads: 1).patches(source, layout, tokens: [tokens]).floats().count
  }

  @Test("a grid of another size than the picture, and a token behind the last frame, stop at once")
  func misfit() async {
    // A grid may be of more frames than there are: its first tokens lie in those.
    #expect(Self.valueCount(tokens: [0, 5], columns: 3) == 2 * 2 * 4 * 4 * 3)
    await #expect(processExitsWith: .failure) { _ = PixelSourceTests.valueCount(tokens: [0, 6], columns: 3) }
    await #expect(processExitsWith: .failure) { _ = PixelSourceTests.valueCount(tokens: [0, 1], columns: 2) }
  }

  @Test("targets are the pixels of their token in (frame, row, column, channel) order")
  func targetOrder() {
    let kernels = Kernels(threads: 2)
    let source = PixelSource(shape: Self.shape, values: .bytes(Self.bytes), mean: Self.mean, deviation: Self.deviation)
    let targets = kernels.values(
      of: PatchTargets(
        source, Self.layout, frames: [0, 1, 2, 3], framesPerSlot: 2, normalization: .none, inUnits: false,
        tokens: Self.tokens)
    ).values.floats()
    var expected: [Float] = []
    for (sample, tokens) in Self.tokens.enumerated() {
      for token in tokens.map(Int.init) {
        let (slot, row, column) = (token / 6, token / 3 % 2, token % 3)
        for frame in 0..<2 {
          for y in 0..<4 {
            for x in 0..<4 {
              for channel in 0..<3 {
                expected.append(Self.value(sample, slot * 2 + frame, row * 4 + y, column * 4 + x, channel))
              }
            }
          }
        }
      }
    }
    expectClose(targets, expected, "targets")
  }

  private func expectClose(_ ours: [Float], _ theirs: [Float], _ what: String) {
    #expect(ours.count == theirs.count, "\(what): \(ours.count) values for \(theirs.count)")
    let worst = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 2e-5, "\(what): differ by \(worst)")
  }

  @Test("frames are rows of standardised pixels, some of them side by side, or every other one", arguments: [1, 3])
  func frames(threads: Int) {
    let kernels = Kernels(threads: threads)
    let bytes = PixelSource(shape: Self.shape, values: .bytes(Self.bytes), mean: Self.mean, deviation: Self.deviation)
    for source in [bytes, Self.floats(.framesFirst), Self.floats(.channelsFirst)] {
      for (stacked, step) in [(1, 1), (2, 1), (1, 2), (2, 4)] {
        let rows = kernels.frames(source, firstFrame: 1, count: 2, stacked: stacked, step: step)
        #expect(rows.width == 3 * stacked)
        var expected: [Float] = []
        let (height, width) = (Self.size.height / step, Self.size.width / step)
        for sample in 0..<Self.shape.samples {
          for outer in 0..<2 / stacked {
            for place in 0..<height * width {
              for inner in 0..<stacked {
                let (y, x) = (place / width * step, place % width * step)
                for channel in 0..<3 { expected.append(Self.value(sample, 1 + outer + inner, y, x, channel)) }
              }
            }
          }
        }
        expectClose(rows.floats(), expected, "frames")
      }
    }
  }
}
