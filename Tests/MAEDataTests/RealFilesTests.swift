import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

/// Clips and stills made by the `ffmpeg` program, read through everything a training run uses.
@Suite struct RealFilesTests {
  /// A folder with five videos, two stills, two files that are no media and one video cut off in its header.
  static let folder = Result { try makeFolder() }

  private static func makeFolder() throws -> TemporaryFolder {
    let folder = TemporaryFolder().keepUntilExit()
    try folder.write("not a video", to: "notes.mp4")
    try folder.write(String(repeating: "noise ", count: 500), to: "walk/readme")
    try ffmpeg("testsrc=size=96x64:rate=25:duration=2", "-bf 2", folder.path + "/walk/a b.mp4")
    try ffmpeg("testsrc2=size=64x96:rate=30:duration=1.5", "", folder.path + "/run/c.webm")
    try ffmpeg("mandelbrot=size=80x60:rate=10", "-t 3 -c:v mpeg4", folder.path + "/run/d.avi")
    try ffmpeg("testsrc=size=64x64:rate=25", "-frames:v 1", folder.path + "/run/single.mp4")
    try ffmpeg("testsrc=size=48x48:rate=12:duration=1", "", folder.path + "/run/e.mkv")
    try ffmpeg("testsrc=size=40x30", "-frames:v 1", folder.path + "/still.png")
    try ffmpeg("testsrc2=size=90x70", "-frames:v 1", folder.path + "/walk/still.video")
    let whole = try #require(FileManager.default.contents(atPath: folder.path + "/walk/a b.mp4"))
    try whole.prefix(600).write(to: URL(fileURLWithPath: folder.path + "/broken.mp4"))
    return folder
  }

  private static func ffmpeg(_ source: String, _ options: String, _ output: String) throws {
    try FileManager.default.createDirectory(
      atPath: (output as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    let format = output.hasSuffix(".video") ? ["-f", "image2", "-update", "1", "-c:v", "mjpeg"] : []
    try FFmpegProgram.run(["-f", "lavfi", "-i", source] + options.split(separator: " ").map(String.init) + format + [output])
  }

  private let request = SampleRequest(
    sampling: .clip(frames: 4, stride: 2), size: FrameSize(square: 32),
    crop: .resized(minimumArea: 0.5, filter: .bicubic), flipProbability: 0.5)

  private func loader(
    _ manifest: Manifest, _ request: SampleRequest, workers: Int, batchSize: Int = 3, seed: UInt64 = 0
  ) throws -> ClipLoader {
    var options = ClipLoader.Options()
    options.workers = workers
    options.maximumBadShare = 0.5
    options.decodeTimeout = .seconds(60)
    return try ClipLoader(manifest, request: request, batchSize: batchSize, seed: seed, options: options)
  }

  @Test("a part that begins behind the end of its video is bad in a survey") func partBehindTheEnd() throws {
    let folder = try Self.folder.get()
    let path = folder.path + "/walk/a b.mp4"
    let lists = TemporaryFolder()
    let list = try lists.write("path,start,length\n\(path),4,8\n\(path),90,8\n\(path),49,8\n", to: "parts.csv")
    let survey = try DataSurvey([list])
    #expect(survey.files.count == 2)
    #expect(survey.bad.map(\.reason) == ["taking its part: its part begins at frame 90 of 50"])
  }

  @Test("a folder is sorted into videos, stills, broken media and the rest") func scan() throws {
    let folder = try Self.folder.get()
    let manifest = try Manifest([folder.path])
    let names = manifest.files.map { ($0.path as NSString).lastPathComponent }
    #expect(
      Set(names).subtracting(["broken.mp4"]) == ["a b.mp4", "c.webm", "d.avi", "single.mp4", "e.mkv", "still.png", "still.video"])
    // A video of one frame is a still.
    #expect(manifest.count(of: .still) == 3)
    // What is named like a video and is none is bad, not ignored.
    #expect(manifest.bad.map { ($0.file as NSString).lastPathComponent } == ["broken.mp4", "notes.mp4"])
    #expect(manifest.ignored.other == 1)
    #expect(manifest.mediaCount == 9)
    #expect(manifest.files.first { $0.path.hasSuffix("c.webm") }?.label == "run")
  }

  @Test("videos give the same batches for any number of workers, and the broken one is named", arguments: [1, 2, 5])
  func videos(workers: Int) throws {
    let manifest = try Manifest([Self.folder.get().path]).selecting(.video)
    #expect(manifest.ignored.stills == 3)
    var request = self.request
    request.repeats = 2
    let alone = try loader(manifest, request, workers: 0)
    let several = try loader(manifest, request, workers: workers)
    for _ in 0..<12 {
      let (expected, found) = (try alone.next(), try several.next())
      #expect(expected.pixels == found.pixels)
      #expect(expected.samples == found.samples)
    }
    #expect(alone.badFiles == several.badFiles)
    #expect(several.badFiles.map { ($0.file as NSString).lastPathComponent } == ["broken.mp4", "notes.mp4"])
    #expect(several.statistics.framesDecoded > 0 && several.statistics.processorSeconds > 0)
  }

  @Test("damaged videos give the same batches whatever was read before", arguments: [0, 3])
  func damaged(workers: Int) throws {
    let folder = TemporaryFolder()
    var random = RandomStream(seed: 2)
    for (name, options) in [("a.webm", "-c:v libvpx -g 60"), ("b.mp4", "-g 12 -bf 2"), ("c.mkv", "-c:v mpeg4"), ("d.ts", "")] {
      try Self.ffmpeg("mandelbrot=size=160x120:rate=30", "-t 2 " + options, folder.path + "/" + name)
      var bytes = try #require(FileManager.default.contents(atPath: folder.path + "/" + name))
      for _ in 0..<60 { bytes[bytes.count / 10 + random.below(bytes.count * 7 / 10)] ^= UInt8(1 << random.below(8)) }
      try bytes.write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }
    let manifest = try Manifest([folder.path])
    var options = ClipLoader.Options()
    options.maximumBadShare = 1
    options.workers = workers
    let reusing = try ClipLoader(manifest, request: request, batchSize: 3, seed: 5, options: options)
    options.workers = 0
    options.openFiles = 1
    let reopening = try ClipLoader(manifest, request: request, batchSize: 3, seed: 5, options: options)
    for _ in 0..<20 { #expect(try reusing.next().pixels == reopening.next().pixels) }
    #expect(reusing.badFiles == reopening.badFiles)
  }

  @Test("samples hold the frames they say they hold") func content() throws {
    let manifest = try Manifest([Self.folder.get().path + "/run", Self.folder.get().path + "/walk"]).selecting(.video)
    let loader = try loader(manifest, request, workers: 2)
    for _ in 0..<4 {
      let batch = try loader.next()
      for (slot, sample) in batch.samples.enumerated() {
        let reader = try VideoReader(path: manifest.files[sample.file].path)
        let clip = try reader.clip(
          at: sample.times.map { reader.frameNumber(at: $0) }, crop: sample.crop, isFlipped: sample.isFlipped,
          size: request.size, filter: .bicubic)
        let count = batch.shape.valuesPerSample
        #expect(clip.pixels == Array(batch.pixels[slot * count..<(slot + 1) * count]))
      }
    }
  }

  @Test("clips that overlap are decoded in one go and are the same as alone") func overlap() throws {
    let path = try Self.folder.get().path + "/walk/a b.mp4"
    let windows = [20, 3, 8].map { start in
      ClipWindow(
        frames: (0..<6).map { FrameNumber(start + 4 * $0) }, crop: PixelRect(x: start, y: 1, width: 40, height: 30),
        isFlipped: start == 3, size: FrameSize(square: 20))
    }
    let together = try VideoReader(path: path)
    let clips = try together.clips(windows).map { try $0.get() }
    var alone = 0
    for (window, clip) in zip(windows, clips) {
      let reader = try VideoReader(path: path)
      #expect(
        try reader.clip(at: window.frames, crop: window.crop, isFlipped: window.isFlipped, size: window.size) == clip)
      alone += reader.statistics.framesDecoded
    }
    #expect(together.statistics.framesDecoded <= 50)
    #expect(together.statistics.framesDecoded < alone * 2 / 3)
    #expect(together.statistics.framesDelivered == 18)

    let mixed = together.clips([windows[0], ClipWindow(frames: [FrameNumber(50)]), windows[1]])
    #expect(try mixed[0].get() == clips[0] && mixed[2].get() == clips[1])
    #expect(throws: MediaError.self) { try mixed[1].get() }
  }

  @Test("stills are read as the still reader reads them") func stills() throws {
    let manifest = try Manifest([Self.folder.get().path]).selecting(.still)
    var request = self.request
    request.sampling = .still
    request.channels = .grey
    let loader = try loader(manifest, request, workers: 2)
    let batch = try loader.next()
    #expect(batch.shape.count == 3 * 32 * 32)
    for (slot, sample) in batch.samples.enumerated() {
      let image = try StillReader.read(
        path: manifest.files[sample.file].path, channels: .grey, crop: sample.crop, isFlipped: sample.isFlipped,
        size: request.size,
        filter: .bicubic)
      #expect(image.pixels == Array(batch.pixels[slot * 1024..<(slot + 1) * 1024]))
    }
  }

  @Test("a file that was changed in place since the search is taken as it is now, and named") func changedInPlace() throws {
    let folder = TemporaryFolder()
    for (name, size) in [("a.png", 40), ("b.png", 50), ("c.png", 60)] {
      try Self.ffmpeg("testsrc=size=\(size)x\(size)", "-frames:v 1", folder.path + "/" + name)
    }
    let kept = TemporaryFolder()
    // Long after the files were written all is kept.
    let search = { () throws -> Manifest in
      try Manifest(paths: [folder.path], cache: kept.path, start: Date(timeIntervalSinceNow: 60), threads: 1) { _ in .still }
    }
    let before = try search()
    // Written over, as the folder's time does not show.
    let other = try folder.data("c.png")
    try other.write(to: URL(fileURLWithPath: folder.path + "/a.png"))
    try #require(FileManager.default.contents(atPath: Self.folder.get().path + "/run/c.webm"))
      .write(to: URL(fileURLWithPath: folder.path + "/b.png"))
    var request = self.request
    request.sampling = .still
    for manifest in [before, try search()] {
      let loader = try loader(manifest, request, workers: 0)
      _ = try loader.next()
      #expect(loader.remarks.contains { $0.contains("first \(folder.path)/a.png: changed in place") }, "\(loader.remarks)")
      #expect(loader.badFiles.map(\.file) == [folder.path + "/b.png"])
      #expect(loader.badFiles.first?.reason.contains("was changed in place") == true)
    }
    // A search that knows nothing sees what there is now.
    let found = try Manifest([folder.path])
    #expect(found.files.map(\.kind) == [.still, .video, .still])
  }

  @Test("several pairs of a file are decoded in one go and are the same as alone") func repeatedPairs() throws {
    let manifest = try Manifest([Self.folder.get().path + "/walk/a b.mp4"])
    var request = self.request
    request.sampling = .pair(minimumGap: 4, maximumGap: 24)
    request.repeats = 4
    let together = try loader(manifest, request, workers: 1, batchSize: 4)
    let batch = try together.next()
    let values = batch.shape.valuesPerSample
    var alone = 0
    for (slot, sample) in batch.samples.enumerated() {
      let reader = try VideoReader(path: manifest.files[0].path)
      let clip = try reader.clip(
        at: sample.times.map(reader.frameNumber), crop: sample.crop, isFlipped: sample.isFlipped, size: request.size,
        filter: .bicubic)
      #expect(clip.pixels == Array(batch.pixels[slot * values..<(slot + 1) * values]))
      alone += reader.statistics.framesDecoded
    }
    #expect(Set(batch.samples.map(\.times)).count > 1)
    together.stop()
    // The loader reads ahead: effort is counted for all that it has loaded.
    let effort = together.statistics
    #expect(effort.framesDecoded * 4 < alone * effort.samplesLoaded)
  }

  @Test("pictures with tall pixels are stretched on request") func squarePixels() throws {
    let folder = TemporaryFolder()
    try Self.ffmpeg("testsrc=size=96x64:rate=25:duration=1,setsar=1/2", "", folder.path + "/tall.mp4")
    var request = self.request
    request.crop = .centre(filter: .bilinear)
    let plain = try FixedSample(path: folder.path + "/tall.mp4", request: request)
    #expect(plain.crop == PixelRect(x: 16, y: 0, width: 64, height: 64))
    request.squaresPixels = true
    // Twice as high as wide: a square is 96 columns of half a row's width, 48 rows.
    let stretched = try FixedSample(path: folder.path + "/tall.mp4", request: request)
    #expect(stretched.crop == PixelRect(x: 0, y: 8, width: 96, height: 48))
    let batch = try loader(Manifest([folder.path]), request, workers: 0).next()
    #expect(batch.samples.allSatisfy { $0.crop == stretched.crop })
    #expect(try VideoReader(path: folder.path + "/tall.mp4").info.shownSize == FrameSize(width: 96, height: 128))
  }

  @Test("a video of one frame is no use for pairs") func pairs() throws {
    let manifest = try Manifest([Self.folder.get().path + "/run"])
    var request = self.request
    request.sampling = .pair(minimumGap: 4, maximumGap: 48)
    let loader = try loader(manifest, request, workers: 1)
    for _ in 0..<4 { _ = try loader.next() }
    #expect(loader.badFiles.map { ($0.file as NSString).lastPathComponent } == ["single.mp4"])
    #expect(loader.badFiles.first?.reason == "it has 1 frame, and a sample needs 2")
  }

  @Test("a fixed sample is the middle of a file, or what follows a time") func fixedSample() throws {
    let video = try Self.folder.get().path + "/walk/a b.mp4"
    let middle = try FixedSample(path: video, request: request)
    #expect(middle.kind == .video && middle.sourceSize == FrameSize(width: 96, height: 64))
    #expect(middle.crop == PixelRect(x: 16, y: 0, width: 64, height: 64))
    #expect(middle.clip.times.map { Int(($0 * 25).rounded()) } == [21, 23, 25, 27])
    let later = try FixedSample(path: video, request: request, start: 1.8)
    #expect(later.clip.times.map { Int(($0 * 25).rounded()) } == [45, 47, 49, 49])
    let still = try FixedSample(path: Self.folder.get().path + "/still.png", request: request)
    #expect(still.kind == .still && still.clip.frameCount == 4 && still.clip.frame(0) == still.clip.frame(3))

    func kind(_ path: String, _ start: Double? = nil, timeLimit: Duration? = nil) -> FailureKind? {
      do throws(DataError) {
        _ = try FixedSample(path: path, request: request, start: start, timeLimit: timeLimit)
      } catch { return error.kind }
      return nil
    }
    #expect(kind(video, 2.5) == .usage)
    #expect(kind(video, -1) == .usage)
    #expect(kind(video, timeLimit: .nanoseconds(1)) == .unusable)
    #expect(kind(video + "x") == .missing)
    #expect(try kind(Self.folder.get().path + "/notes.mp4") == .unusable)
    #expect(try kind(Self.folder.get().path + "/broken.mp4") == .unusable)
  }
}
