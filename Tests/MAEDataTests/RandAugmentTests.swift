import MAECore
import MAEData
import MAEMedia
import Synchronization
import Testing

/// Laws of RandAugment beside the byte-for-byte cases of the public code.
@Suite struct RandAugmentTests {
  private func picture(_ size: FrameSize, seed: UInt64 = 1, channels: PixelChannels = .rgb) -> Image {
    var random = RandomStream(seed: seed)
    return Image(
      size: size, channels: channels,
      pixels: (0..<size.pixelCount * channels.count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  private let fill: [UInt8] = [1, 2, 3, 4]

  @Test(
    "a magnitude of zero leaves what moves and what is blended", arguments: [1, 2, 7, 24], [PixelChannels.grey, .rgb, .rgba])
  func nothing(side: Int, channels: PixelChannels) {
    let before = picture(FrameSize(width: side, height: 2 * side - 1), channels: channels)
    for operation in PictureOperation.allCases {
      guard let argument = operation.argument(magnitude: 0, isNegative: true) else { continue }
      if operation == .posterize { continue }
      var after = before
      operation.apply(argument, to: &after, fill: fill)
      #expect(after == before, "\(operation)")
    }
  }

  @Test("inverting twice is nothing, and alpha stays") func inverse() {
    let before = picture(FrameSize(width: 5, height: 3), channels: .rgba)
    var after = before
    PictureOperation.invert.apply(nil, to: &after, fill: fill)
    #expect(after != before)
    #expect(
      stride(from: 3, to: before.pixels.count, by: 4).allSatisfy { after.pixels[$0] == before.pixels[$0] })
    PictureOperation.invert.apply(nil, to: &after, fill: fill)
    #expect(after == before)
  }

  @Test("what is moved by whole pixels keeps them, and the rest is filled", arguments: [ResizeFilter.bilinear, .bicubic])
  func shift(filter: ResizeFilter) {
    let before = picture(FrameSize(width: 10, height: 6))
    var after = before
    PictureOperation.translateX.apply(0.3, to: &after, filter: filter, fill: fill)
    for y in 0..<6 {
      for x in 0..<10 {
        let place = after.offset(x: x, y: y)
        let expected = x < 7 ? Array(before.pixels[before.offset(x: x + 3, y: y)...].prefix(3)) : Array(fill.prefix(3))
        #expect(Array(after.pixels[place..<place + 3]) == expected, "\(x), \(y)")
      }
    }
  }

  @Test("every frame of a clip gets the same, and the stream decides what") func clips() {
    let augment = RandAugment(operations: 4, magnitude: 7, fill: RandAugment.grey)
    let frame = picture(FrameSize(width: 12, height: 12))
    let clip = Clip(size: frame.size, times: [0, 1, 2], pixels: frame.pixels + frame.pixels + frame.pixels)
    var found: Set<[UInt8]> = []
    for seed in 0..<40 as Range<UInt64> {
      let random = RandomStream(seed: seed)
      let altered = augment(clip, random: random)
      #expect(altered.frame(0) == altered.frame(1) && altered.frame(1) == altered.frame(2))
      #expect(altered == augment(clip, random: random))
      #expect(altered.times == clip.times)
      found.insert(altered.pixels)
    }
    #expect(found.count > 25)
  }

  @Test("a loader alters its samples the same for any number of workers, and none that are drawn from the centre")
  func loader() throws {
    let files = FakeFiles()
    let request = SampleRequest(
      sampling: .clip(frames: 2, stride: 3), size: FrameSize(square: 8), crop: .centre(filter: .bilinear))
    func batches(_ change: (inout ClipLoader.Options) -> Void) throws -> [[UInt8]] {
      var options = ClipLoader.Options()
      options.augmentation = RandAugment(operations: 2, magnitude: 9, fill: RandAugment.meanColour)
      change(&options)
      let loader = try ClipLoader(
        files.manifest(5), request: request, batchSize: 3, seed: 4, options: options, opener: files)
      return try (0..<6).map { _ in try loader.next().pixels }
    }
    let altered = try batches { $0.workers = 0 }
    #expect(try batches { $0.workers = 3 } == altered)
    let plain = try batches { $0.augmentation = nil }
    #expect(plain != altered)
    let centre = try batches { $0.draws = .centre }
    #expect(
      try centre
        == batches {
          $0.draws = .centre
          $0.augmentation = nil
        })
  }

  @Test("whole frames are altered, and of what became of them the window is cut", arguments: [(14, 10), (1280, 640), (300, 700)])
  func wholeFrames(width: Int, height: Int) throws {
    let films = Films(frame: picture(FrameSize(width: width, height: height)))
    let request = SampleRequest(
      sampling: .clip(frames: 2, stride: 3), size: FrameSize(width: 12, height: 8),
      crop: .resized(minimumArea: 0.1, filter: .bilinear), flipProbability: 0.5, repeats: 2)
    var options = ClipLoader.Options()
    options.workers = 0
    func batch(operations: Int) throws -> ClipBatch {
      options.augmentation = RandAugment(operations: operations, magnitude: 9, fill: RandAugment.grey, takesWholeFrames: true)
      return try ClipLoader(
        Manifest(files: (0..<4).map { ManifestFile(path: "\($0)", kind: .video) }), request: request, batchSize: 8, seed: 2,
        options: options, opener: films
      ).next()
    }
    let plain = try batch(operations: 0)
    #expect(Set(plain.samples.map(\.crop)).count > 4 && Set(plain.samples.map(\.isFlipped)).count == 2)
    // Large frames are read as a window of 224 pixels is cut from a shorter side of 320, others as they are.
    let share = min(1, 8.0 * 320 / 224 / Double(min(width, height)))
    let read = FrameSize(width: Int((Double(width) * share).rounded()), height: Int((Double(height) * share).rounded()))
    let asked = films.asked.withLock { $0 }
    #expect(asked.count == 8)
    for (window, size) in asked {
      #expect(window.crop == PixelRect(whole: films.frame.size) && !window.isFlipped)
      #expect(size == read)
    }
    let frame = Resampler.resize(films.frame, to: read, filter: .bilinear)
    for (index, sample) in plain.samples.enumerated() {
      let crop = sample.crop.scaled(from: films.frame.size, to: read)
      let expected = Resampler.resize(frame, crop: crop, to: request.size, filter: .bilinear, isFlipped: sample.isFlipped)
      let own = plain.pixels[index * 2 * expected.pixels.count..<(index + 1) * 2 * expected.pixels.count]
      #expect(Array(own) == expected.pixels + expected.pixels)
    }
    let altered = try batch(operations: 4)
    #expect(altered.samples == plain.samples && altered.pixels != plain.pixels)
  }

  /// Films that show one frame all the time, and what was asked of them.
  private final class Films: SampleSourceOpener, SampleSource, @unchecked Sendable {
    let frame: Image
    let asked = Mutex<[(SampleWindow, FrameSize)]>([])

    init(frame: Image) { self.frame = frame }

    func open(_ file: ManifestFile, for request: SampleRequest) throws(SampleFailure) -> any SampleSource { self }

    var details: ManifestFile.Details {
      .init(width: frame.size.width, height: frame.size.height, frames: 20, duration: 1)
    }
    var frameRate: Double { 20 }
    var memory: Int { 1 }
    var needsReopening: Bool { false }
    func takeDecodedFrameCount() -> Int { 0 }

    func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
      windows.map { window in
        asked.withLock { $0.append((window, request.size)) }
        let shown = Resampler.resize(
          frame, crop: window.crop, to: request.size, filter: request.crop.filter, isFlipped: window.isFlipped)
        return .success(
          Clip(
            size: request.size, times: window.frames.map { Double($0.value) / 20 },
            pixels: Array(repeatElement(shown.pixels, count: window.frames.count).joined())))
      }
    }
  }

  @Test("classes that are named give their places as labels") func classes() throws {
    let files = FakeFiles()
    var manifest = files.manifest(4)
    for index in manifest.files.indices { manifest.files[index].label = ["b", "a"][index % 2] }
    let request = SampleRequest(sampling: .still, size: FrameSize(square: 8), crop: .centre(filter: .bilinear))
    var options = ClipLoader.Options()
    options.classes = ["b", "a", "c"]
    let loader = try ClipLoader(manifest, request: request, batchSize: 4, seed: 1, options: options, opener: files)
    for sample in try loader.next().samples { #expect(sample.label == sample.file % 2) }
  }
}
