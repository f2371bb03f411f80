import Foundation
import MAECore
import MAEMedia
import Testing

@Suite("resampling agrees with Pillow")
struct ResamplingTests {
  /// A result of Pillow's, made by Fixtures/make_resampling.py.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var kind: String
    var source: [Int]
    var crop: [Int]
    var size: [Int]
    var filter: ResizeFilter
    var pixels: Data

    /// Photographs of one's own, made by the same script.
    static let photographs: [Case] = {
      guard let path = ProcessInfo.processInfo.environment["MAE_RESAMPLING"],
        let data = FileManager.default.contents(atPath: path)
      else { return [] }
      return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
    }()

    var testDescription: String { "\(kind) \(source) window \(crop) to \(size), \(filter)" }

    static let all: [Case] = {
      guard let url = Bundle.module.url(forResource: "Fixtures/resampling", withExtension: "json"),
        let data = try? Data(contentsOf: url), let cases = try? JSONDecoder().decode([Case].self, from: data)
      else { return [] }
      return cases
    }()
  }

  @Test("within one level, on noise, on edges and on photographs", arguments: Case.all + Case.photographs)
  func withinOneLevel(example: Case) throws {
    let size = FrameSize(width: example.source[0], height: example.source[1])
    let source =
      switch example.kind {
      case "noise": Self.noise(size)
      case "shapes": Self.shapes(size)
      default: try StillReader.read(path: example.kind)
      }
    let crop = PixelRect(x: example.crop[0], y: example.crop[1], width: example.crop[2], height: example.crop[3])
    let target = FrameSize(width: example.size[0], height: example.size[1])
    let ours = Resampler.resize(source, crop: crop, to: target, filter: example.filter)
    try #require(ours.pixels.count == example.pixels.count)
    let largest = zip(ours.pixels, example.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    #expect(largest <= 1, "off by \(largest)")
  }

  @Test("there are cases") func casesExist() { #expect(Case.all.count == 20) }

  @Test("shrinking by a lot looks at every pixel and no more", arguments: ResizeFilter.allCases, PixelChannels.allCases)
  func manyPixels(filter: ResizeFilter, channels: PixelChannels) {
    // Outputs near the right edge reach fewer pixels than others; a bright band there must show in the last one alone.
    let size = FrameSize(width: 1501, height: 901)
    var dark = Image(size: size, filledWith: [UInt8](repeating: 10, count: channels.count))
    let small = FrameSize(width: 5, height: 3)
    #expect(Resampler.resize(dark, to: small, filter: filter).pixels.allSatisfy { $0 == 10 })
    let crop = PixelRect(x: 1, y: 1, width: 1400, height: 800)
    #expect(Resampler.resize(dark, crop: crop, to: small, filter: filter).pixels.allSatisfy { $0 == 10 })
    dark = Image(
      size: size, channels: channels,
      pixels: (0..<size.pixelCount).flatMap { [UInt8](repeating: $0 % 1501 >= 1351 ? 250 : 10, count: channels.count) })
    let result = Resampler.resize(dark, to: small, filter: filter)
    for row in 0..<3 {
      let last = result.pixels[(row * 5 + 4) * channels.count..<(row * 5 + 5) * channels.count]
      #expect(last.allSatisfy { $0 > 100 })
      #expect(result.pixels[row * 5 * channels.count] == 10)
    }
  }

  @Test("mirroring is mirroring", arguments: ResizeFilter.allCases)
  func flip(filter: ResizeFilter) {
    let source = Self.noise(FrameSize(width: 53, height: 37))
    for size in [FrameSize(width: 29, height: 20), FrameSize(width: 53, height: 37), FrameSize(width: 53, height: 11)] {
      let plain = Resampler.resize(source, to: size, filter: filter)
      let flipped = Resampler.resize(source, to: size, filter: filter, isFlipped: true)
      #expect(flipped == plain.mirrored)
    }
  }

  @Test("flat pictures stay flat, every channel count", arguments: PixelChannels.allCases, [0, 1, 127, 255] as [UInt8])
  func flat(channels: PixelChannels, level: UInt8) {
    let source = Image(
      size: FrameSize(width: 41, height: 19), filledWith: [UInt8](repeating: level, count: channels.count))
    for filter in ResizeFilter.allCases {
      let result = Resampler.resize(source, to: FrameSize(width: 17, height: 33), filter: filter)
      #expect(result.pixels.allSatisfy { $0 == level })
    }
  }

  @Test("every channel is resampled by itself")
  func channels() {
    let rgb = Self.noise(FrameSize(width: 45, height: 30))
    let size = FrameSize(width: 20, height: 21)
    let together = Resampler.resize(rgb, to: size, filter: .bicubic)
    for channel in 0..<3 {
      let one = Image(
        size: rgb.size, channels: .grey, pixels: (0..<rgb.size.pixelCount).map { rgb.pixels[$0 * 3 + channel] })
      let alone = Resampler.resize(one, to: size, filter: .bicubic)
      #expect(alone.pixels == (0..<size.pixelCount).map { together.pixels[$0 * 3 + channel] })
    }
  }

  /// The same pictures as in make_resampling.py.
  private static func noise(_ size: FrameSize) -> Image {
    var state = 12345
    let pixels = (0..<size.pixelCount * 3).map { _ in
      state = (state * 1_103_515_245 + 12345) % (1 << 31)
      return UInt8(state >> 23)
    }
    return Image(size: size, pixels: pixels)
  }

  private static func shapes(_ size: FrameSize) -> Image {
    let (width, height) = (size.width, size.height)
    let radius = min(width, height) * 3 / 4
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let distance = (2 * x - width) * (2 * x - width) + (2 * y - height) * (2 * y - height)
        let blue = distance < radius * radius ? 250 : (x / 5 + y / 3) % 2 * 200
        pixels += [UInt8(x * 255 / (width - 1)), UInt8(y * 255 / (height - 1)), UInt8(blue)]
      }
    }
    return Image(size: size, pixels: pixels)
  }
}

extension Image {
  /// Left and right swapped, pixel by pixel.
  var mirrored: Image {
    var pixels: [UInt8] = []
    for y in 0..<size.height {
      for x in (0..<size.width).reversed() {
        let start = offset(x: x, y: y)
        pixels += self.pixels[start..<start + channels.count]
      }
    }
    return Image(size: size, channels: channels, pixels: pixels)
  }
}
