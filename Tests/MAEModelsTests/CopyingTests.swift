import MAECore
import MAEModels
import Testing

/// What copying from visible patches gives, beside the same said pixel by pixel.
@Suite struct CopyingTests {
  /// A clip of noise, a mask of a few visible tokens, and a model for both.
  private func input(_ method: Method) throws -> (Model, Clip, TokenMask) {
    let model = try Model(StepTests.configuration(method), seed: 1)
    let (size, frames) = (model.configuration.input.size, model.configuration.sampleFrames)
    var random = RandomStream(seed: 3)
    let pixels = (0..<frames * size.pixelCount * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let grid = model.configuration.grid
    let visible = Set(random.permutation(grid.count).prefix(5))
    return (
      model, Clip(size: size, times: (0..<frames).map(Double.init), pixels: pixels),
      TokenMask(grid: grid, isHidden: (0..<grid.count).map { !visible.contains(Int32($0)) })
    )
  }

  private struct Pixel { var frame, row, column: Int }

  /// Of a token, each pixel at which something is predicted.
  private func pixels(of token: Int32, _ model: Model) -> [Pixel] {
    let (grid, patch, perSlot) = (
      model.configuration.grid, model.configuration.input.patch, model.configuration.predictedFramesPerSlot
    )
    let (slot, row, column) = (Int(token) / grid.plane, Int(token) % grid.plane / grid.width, Int(token) % grid.width)
    return (0..<perSlot).flatMap { step in
      (0..<patch * patch).map { place in
        Pixel(
          frame: model.predictedFrames[slot * perSlot + step], row: row * patch + place / patch,
          column: column * patch + place % patch)
      }
    }
  }

  private func value(_ clip: Clip, _ pixel: Pixel, _ channel: Int) -> UInt8 {
    clip.pixels[((pixel.frame * clip.size.height + pixel.row) * clip.size.width + pixel.column) * 3 + channel]
  }

  @Test(
    "hidden pixels have the mean colour of the visible ones, and visible ones their own",
    arguments: [Method.mae, .videomae, .maeST])
  func meanColour(method: Method) throws {
    let (model, clip, mask) = try input(method)
    let copied = model.copying(.meanColour, over: clip, mask: mask)
    let seen = mask.visible.flatMap { pixels(of: $0, model) }
    for channel in 0..<3 {
      let mean = seen.reduce(0.0) { $0 + Double(value(clip, $1, channel)) } / Double(seen.count)
      for pixel in mask.hidden.flatMap({ pixels(of: $0, model) }) {
        #expect(abs(Double(value(copied, pixel, channel)) - mean) <= 0.5)
      }
      #expect(seen.allSatisfy { value(copied, $0, channel) == value(clip, $0, channel) })
    }
  }

  @Test("hidden patches repeat a visible one, and none is nearer", arguments: [Method.mae, .videomae, .maeST])
  func nearestPatch(method: Method) throws {
    let (model, clip, mask) = try input(method)
    let copied = model.copying(.nearestPatch, over: clip, mask: mask)
    func contents(_ clip: Clip, _ token: Int32) -> [UInt8] {
      pixels(of: token, model).flatMap { pixel in (0..<3).map { value(clip, pixel, $0) } }
    }
    func distance(_ a: Int32, _ b: Int32) -> Double {
      let (first, second) = (pixels(of: a, model)[0], pixels(of: b, model)[0])
      let slots = Double(a / Int32(mask.grid.plane) - b / Int32(mask.grid.plane))
      let patch = Double(model.configuration.input.patch)
      let (rows, columns) = (Double(first.row - second.row) / patch, Double(first.column - second.column) / patch)
      return slots * slots + rows * rows + columns * columns
    }
    for token in mask.hidden {
      let source = try #require(mask.visible.first { contents(clip, $0) == contents(copied, token) })
      #expect(distance(source, token) == mask.visible.map { distance($0, token) }.min())
    }
    #expect(mask.visible.allSatisfy { contents(copied, $0) == contents(clip, $0) })
  }
}
