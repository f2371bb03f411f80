import MAECore
import MAEData
import Testing

@Suite struct SamplerTests {
  /// Numbers of the frames marked in a picture such as `. f . f`; a digit says how often a frame is taken.
  private func marked(_ picture: String) -> [FrameNumber] {
    picture.split(separator: " ").enumerated().flatMap { place, mark -> [FrameNumber] in
      mark == "." ? [] : Array(repeating: FrameNumber(place), count: mark == "f" ? 1 : Int(mark) ?? 0)
    }
  }

  @Test(
    "a clip from a start looks like its picture",
    arguments: [
      (4, 1, 0, ". . . . . . .", "f f f f . . ."),
      (4, 2, 1, ". . . . . . . . . .", ". f . f . f . f . ."),
      (4, 2, 0, ". . . . . .", "f . f . 2 ."),
      (4, 3, 0, ". . . .", "f . . 3"),
      (4, 3, 2, ". . . .", ". . 4 ."),
      (16, 4, 0, ".", "16"),
      (2, 4, 3, ". . . . . . . .", ". . . f . . . f"),
    ])
  func pictures(frames: Int, stride: Int, start: Int, video: String, expected: String) throws {
    let count = video.split(separator: " ").count
    let sampler = ClipSampler(.clip(frames: frames, stride: stride))
    #expect(try sampler.frames(from: FrameNumber(start), in: count, frameRate: 30) == marked(expected))
  }

  /// The rule as the specification words it: an offset, and steps that are taken only when they stay inside.
  private func asSpecified(_ frames: Int, _ stride: Int, _ offset: Int, _ count: Int) -> [Int] {
    var offset = offset
    var numbers: [Int] = []
    for _ in 0..<frames {
      numbers.append(offset)
      if offset + stride < count { offset += stride }
    }
    return numbers
  }

  @Test("random clips follow VideoMAE's rule, from every start there is", arguments: [1, 2, 5, 16, 63, 64, 65, 80, 300])
  func randomClip(count: Int) throws {
    let sampler = ClipSampler(.clip(frames: 16, stride: 4))
    var random = RandomStream(seed: UInt64(count))
    var starts: Set<Int> = []
    for _ in 0..<6000 {
      let numbers = try sampler.frames(in: count, frameRate: 25, random: &random).map(\.value)
      #expect(numbers == asSpecified(16, 4, numbers[0], count))
      starts.insert(numbers[0])
    }
    #expect(starts == Set(0...max(0, count - 64)))
  }

  @Test(
    "timed clips spread over stride / 30 seconds per frame",
    arguments: [(300, 30.0), (300, 60.0), (7, 25.0), (500, 23.976), (1, 30.0)])
  func timedClip(count: Int, rate: Double) throws {
    let sampler = ClipSampler(.timedClip(frames: 16, stride: 4))
    var random = RandomStream(seed: 3)
    let length = 4.0 * 16 / 30 * rate
    for _ in 0..<500 {
      var copy = random
      let start = copy.uniform() * max(0, Double(count) - length)
      let expected = (0..<16).map { index in
        let place = start + (length - 1) * Double(index) / 15
        return Int(min(max(place, 0), Double(count - 1)).rounded(.down))
      }
      #expect(try sampler.frames(in: count, frameRate: rate, random: &random).map(\.value) == expected)
    }
  }

  @Test(
    "uniform frames are one of each of as many equal parts, and every frame has its turn",
    arguments: [1, 2, 5, 16, 17, 40, 300], [1, 3, 16])
  func uniform(count: Int, length: Int) throws {
    let sampler = ClipSampler(.uniform(frames: length))
    let part = Double(count) / Double(length)
    var random = RandomStream(seed: UInt64(count))
    var seen: Set<Int> = []
    for _ in 0..<3000 {
      let numbers = try sampler.frames(in: count, frameRate: 25, random: &random).map(\.value)
      for (index, number) in numbers.enumerated() {
        #expect(number >= Int(part * Double(index)) && Double(number) < part * Double(index + 1))
      }
      seen.formUnion(numbers)
    }
    #expect(seen == Set(0..<count))
    // The one that is judged by: the middles, as the first of VideoMAE's two test clips.
    #expect(
      try sampler.centre(in: count, frameRate: 25).map(\.value) == (0..<length).map { Int(part / 2 + part * Double($0)) })
    let last = try sampler.frames(from: FrameNumber(count - 1), in: count, frameRate: 25).map(\.value)
    #expect(last.allSatisfy { $0 == count - 1 })
  }

  @Test("pairs keep their gap and stay inside", arguments: [2, 3, 4, 5, 6, 48, 49, 50, 400])
  func pairs(count: Int) throws {
    let sampler = ClipSampler(.pair(minimumGap: 4, maximumGap: 48))
    var random = RandomStream(seed: 11)
    var gaps: Set<Int> = []
    var firsts: Set<Int> = []
    for _ in 0..<8000 {
      let pair = try sampler.frames(in: count, frameRate: 30, random: &random).map(\.value)
      #expect(pair.count == 2 && pair[0] >= 0 && pair[1] < count)
      gaps.insert(pair[1] - pair[0])
      firsts.insert(pair[0])
    }
    #expect(gaps == Set(min(4, count - 1)..<max(min(4, count - 1) + 1, min(48, count))))
    #expect(firsts.contains(0))
    if count < 60 { #expect(firsts == Set(0...(count - 1 - (gaps.min() ?? 0)))) }
  }

  @Test("a pair needs two frames") func loneFrame() {
    var random = RandomStream(seed: 0)
    #expect(throws: ClipTooShort(frames: 1, needed: 2)) {
      try ClipSampler(.pair(minimumGap: 4, maximumGap: 48)).frames(in: 1, frameRate: 30, random: &random)
    }
    #expect(throws: ClipTooShort(frames: 0, needed: 1)) {
      try ClipSampler(.clip(frames: 2, stride: 1)).centre(in: 0, frameRate: 30)
    }
  }

  @Test("a gap whose bounds are equal is that gap") func fixedGap() throws {
    var random = RandomStream(seed: 5)
    let pair = try ClipSampler(.pair(minimumGap: 8, maximumGap: 8)).frames(in: 100, frameRate: 30, random: &random)
    #expect(pair[1].value - pair[0].value == 8)
  }

  @Test("the centre clip leaves as much before as behind", arguments: [10, 64, 65, 101, 300])
  func centre(count: Int) throws {
    let numbers = try ClipSampler(.clip(frames: 16, stride: 4)).centre(in: count, frameRate: 30).map(\.value)
    let before = numbers[0]
    #expect(numbers == asSpecified(16, 4, before, count))
    #expect(before == max(0, count - 64) / 2)
  }

  @Test(
    "every sampling gives frames of the video, as many as it says", arguments: [1, 2, 3, 17, 200],
    [
      FrameSampling.still, .clip(frames: 8, stride: 3), .timedClip(frames: 8, stride: 4), .uniform(frames: 8),
      .pair(minimumGap: 1, maximumGap: 5),
    ])
  func inside(count: Int, sampling: FrameSampling) throws {
    let sampler = ClipSampler(sampling)
    if case .pair = sampling, count < 2 { return }
    for seed in 0..<50 {
      var random = RandomStream(seed: UInt64(seed))
      let random1 = try sampler.frames(in: count, frameRate: 12.5, random: &random)
      let later = try sampler.frames(from: FrameNumber(seed % count), in: count, frameRate: 12.5)
      for numbers in [random1, later, try sampler.centre(in: count, frameRate: 12.5)] {
        #expect(numbers.count == sampling.frameCount)
        #expect(numbers.allSatisfy { (0..<count).contains($0.value) })
        #expect(numbers == numbers.sorted())
      }
    }
  }
}
