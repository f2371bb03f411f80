import MAECore
import MAEData
import Testing

@Suite struct CropTests {
  static let policies: [CropPolicy] = [
    .resized(minimumArea: 0.2, filter: .bicubic), .resized(minimumArea: 0.67, filter: .bilinear),
    .resizedOnce(minimumArea: 0.5, filter: .bilinear), .multiScale(filter: .bilinear), .centre(filter: .bicubic),
  ]
  static let sizes = [
    FrameSize(square: 1), FrameSize(width: 1, height: 999), FrameSize(width: 17, height: 3), FrameSize(width: 2, height: 2),
    FrameSize(width: 320, height: 240), FrameSize(width: 223, height: 225), FrameSize(width: 1080, height: 1920),
    FrameSize(width: 4000, height: 31),
  ]
  static let targets = [FrameSize(square: 224), FrameSize(width: 192, height: 96), FrameSize(width: 64, height: 112)]

  @Test("every window lies inside the picture and is drawn from the stream alone", arguments: policies, sizes)
  func inside(policy: CropPolicy, size: FrameSize) {
    for target in Self.targets {
      for seed in 0..<300 {
        var random = RandomStream(seed: UInt64(seed))
        var again = random
        let window = policy.window(in: size, for: target, random: &random)
        #expect(window.fits(in: size), "\(window) in \(size)")
        #expect(window == policy.window(in: size, for: target, random: &again))
      }
    }
  }

  @Test("resized windows have the area and the aspect ratio asked for", arguments: targets)
  func resized(target: FrameSize) {
    let source = FrameSize(width: 1200, height: 900)
    var random = RandomStream(seed: 4)
    let relative = Double(target.width) / Double(target.height)
    var areas: [Double] = []
    for _ in 0..<2000 {
      let window = ResizedCrop(minimumArea: 0.2).window(in: source, for: target, random: &random)
      let aspect = Double(window.width) / Double(window.height) / relative
      #expect(aspect > 0.745 && aspect < 1.342)
      areas.append(Double(window.size.pixelCount) / Double(source.pixelCount))
    }
    #expect(areas.allSatisfy { $0 > 0.198 && $0 <= 1 })
    #expect((areas.min() ?? 1) < 0.22)
  }

  @Test("a picture too narrow for any window gives the largest allowed one in its middle") func fallback() {
    var random = RandomStream(seed: 8)
    let wide = ResizedCrop(minimumArea: 0.9).window(
      in: FrameSize(width: 1000, height: 90), for: FrameSize(square: 224), random: &random)
    #expect(wide == PixelRect(x: 440, y: 0, width: 120, height: 90))
    let tall = ResizedCrop(minimumArea: 0.9).window(
      in: FrameSize(width: 90, height: 1000), for: FrameSize(square: 224), random: &random)
    #expect(tall == PixelRect(x: 0, y: 440, width: 90, height: 120))
  }

  @Test("one try is cut to the picture instead of drawn again") func clamped() {
    var random = RandomStream(seed: 8)
    for _ in 0..<200 {
      let window = ResizedCrop(minimumArea: 0.5).clampedWindow(
        in: FrameSize(width: 1000, height: 90), for: FrameSize(square: 224), random: &random)
      #expect(window.height == 90 && window.width > 150)
    }
  }

  @Test("multi-scale windows have neighbouring scales and the thirteen places") func multiScale() {
    let source = FrameSize(width: 340, height: 256)
    let crop = MultiScaleCrop()
    let sides = [256, 224, 192, 168]
    var expected: [FrameSize] = []
    for (row, height) in sides.enumerated() {
      for (column, width) in sides.enumerated() where abs(row - column) < 2 {
        expected.append(FrameSize(width: width, height: height))
      }
    }
    #expect(crop.sizes(in: source, for: FrameSize(square: 224)) == expected)

    var random = RandomStream(seed: 1)
    var windows: Set<PixelRect> = []
    for _ in 0..<20_000 { windows.insert(crop.window(in: source, for: FrameSize(square: 224), random: &random)) }
    for size in Set(expected) {
      let places = Set(windows.filter { $0.size == size }.map { [$0.x, $0.y] })
      let step = ((340 - size.width) / 4, (256 - size.height) / 4)
      let allowed = [
        [0, 0], [4, 0], [0, 4], [4, 4], [2, 2], [0, 2], [4, 2], [2, 4], [2, 0], [1, 1], [3, 1], [1, 3], [3, 3],
      ]
      #expect(places == Set(allowed.map { [$0[0] * step.0, $0[1] * step.1] }))
    }
  }

  @Test("a side within two pixels of the target's takes the target's, if the picture has it") func snapping() {
    let snapped = MultiScaleCrop(scales: [1]).sizes(in: FrameSize(width: 300, height: 226), for: FrameSize(square: 224))
    #expect(snapped == [FrameSize(square: 224)])
    let apart = MultiScaleCrop(scales: [1]).sizes(in: FrameSize(width: 300, height: 227), for: FrameSize(square: 224))
    #expect(apart == [FrameSize(square: 227)])
    let small = MultiScaleCrop(scales: [1]).sizes(in: FrameSize(width: 300, height: 222), for: FrameSize(square: 224))
    #expect(small == [FrameSize(width: 224, height: 222)])
  }

  @Test(
    "the centre window is the largest of the target's shape",
    arguments: [
      (FrameSize(width: 320, height: 240), FrameSize(square: 224), PixelRect(x: 40, y: 0, width: 240, height: 240)),
      (FrameSize(width: 240, height: 321), FrameSize(square: 224), PixelRect(x: 0, y: 40, width: 240, height: 240)),
      (FrameSize(width: 320, height: 240), FrameSize(width: 192, height: 96), PixelRect(x: 0, y: 40, width: 320, height: 160)),
      (FrameSize(width: 1, height: 9), FrameSize(width: 96, height: 192), PixelRect(x: 0, y: 3, width: 1, height: 2)),
    ])
  func centre(source: FrameSize, target: FrameSize, expected: PixelRect) {
    #expect(CentreCrop.window(in: source, for: target) == expected)
  }
}
