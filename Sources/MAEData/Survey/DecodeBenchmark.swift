import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import Synchronization

/// Times reading clips as training does: open, seek, sample, crop and resize.
///
/// Every clip is read twice, once from a file that is opened for it and once from a file that stays open, so that both figures
/// come from the same minute.
public struct DecodeBenchmark: Sendable {
  /// The clips of one file.
  public struct Result: Codable, Hashable, Sendable {
    /// Its path.
    public var file: String
    /// Clips of a repetition.
    public var clips: Int
    /// Of each repetition, opening the file for every clip.
    public var seconds: [Double]
    /// Of each repetition, with the file left open.
    public var reuseSeconds: [Double]
    /// Of one repetition, opening the file for every clip.
    public var framesDelivered: Int
    /// Frames that the decoder was given, of a repetition.
    public var framesDecoded: Int
    /// The first frame of each clip.
    public var starts: [Int]
    /// Seconds from the first frame's appearance to the last one's end.
    public var duration: Double
    /// That the video shows.
    public var frameCount: Int
    /// Of which nothing is predicted, so that they can be left out.
    public var unreferencedFrameCount: Int

    /// Median over the repetitions.
    public var clipsPerSecond: Double { rate(seconds.median) }
    /// Clips per second of the slowest repetition.
    public var slowest: Double { rate(seconds.max() ?? .infinity) }
    /// Clips per second of the fastest repetition.
    public var fastest: Double { rate(seconds.min() ?? .infinity) }
    /// With the file kept open, at the median.
    public var clipsPerSecondWithReuse: Double { rate(reuseSeconds.median) }
    /// At the median.
    public var framesDeliveredPerSecond: Double { clipsPerSecond * Double(framesDelivered) / Double(clips) }
    /// What a wanted frame costs; 1 would be the least.
    public var framesDecodedPerDelivered: Double { Double(framesDecoded) / Double(max(1, framesDelivered)) }

    private func rate(_ seconds: Double) -> Double { Double(clips) / seconds }
  }

  /// Paths of videos.
  public var files: [String]
  /// Clips of each file and repetition.
  public var clips: Int
  /// Frames of a clip and the distance between them.
  public var shape: FrameSampling
  /// To which clips are resized, in pixels.
  public var size: FrameSize
  /// That decode at the same time.
  public var threads: Int
  /// Of the places that clips are taken from.
  public var seed: UInt64
  /// Of which the median counts.
  public var repetitions: Int
  /// Where frame indexes are kept between openings; nil: they are made anew each time.
  public var cacheFolder: String?
  /// How long nothing may get on before a file is given up; nil: for ever.
  public var timeLimit: Duration?

  /// What is read, and how often.
  public init(
    files: [String], clips: Int = 20, shape: FrameSampling, size: FrameSize, threads: Int = 1, seed: UInt64 = 0,
    repetitions: Int = 5, cacheFolder: String? = nil, timeLimit: Duration? = .seconds(60)
  ) {
    self.files = files
    self.clips = clips
    self.shape = shape
    self.size = size
    self.threads = threads
    self.seed = seed
    self.repetitions = repetitions
    self.cacheFolder = cacheFolder
    self.timeLimit = timeLimit
  }

  /// One result per file, after one pass that is not counted.
  public func run() throws(MediaError) -> [Result] {
    var results: [Result] = []
    for file in files {
      let reader = try open(file)
      var result = Result(
        file: file, clips: clips, seconds: [], reuseSeconds: [], framesDelivered: 0, framesDecoded: 0, starts: [],
        duration: reader.info.duration, frameCount: reader.info.frameCount,
        unreferencedFrameCount: reader.index.unreferencedFrameCount)
      for number in 0..<clips { result.starts.append(try window(of: reader, clip: number).frames[0].value) }
      _ = try measure(file, clips: min(2, clips), reusesFiles: false)
      for _ in 0..<repetitions {
        let fresh = try measure(file, clips: clips, reusesFiles: false)
        result.seconds.append(fresh.seconds)
        (result.framesDelivered, result.framesDecoded) = (fresh.effort.delivered, fresh.effort.decoded)
        result.reuseSeconds.append(try measure(file, clips: clips, reusesFiles: true).seconds)
      }
      results.append(result)
    }
    return results
  }

  private typealias Effort = (delivered: Int, decoded: Int)

  private func measure(
    _ file: String, clips: Int, reusesFiles: Bool
  ) throws(MediaError) -> (seconds: Double, effort: Effort) {
    let start = ContinuousClock.now
    let lanes = max(1, min(threads, clips))
    // Clips cost more or less: each lane takes the next one when it is free, as the loader's workers do.
    let next = Atomic(0)
    let efforts = try parallelMap(Array(0..<lanes), threads: lanes) { (_) throws(MediaError) in
      try read(file, reusesFiles: reusesFiles) {
        let number = next.add(1, ordering: .relaxed).oldValue
        return number < clips ? number : nil
      }
    }
    let seconds = (ContinuousClock.now - start).inSeconds
    return (seconds, (efforts.reduce(0) { $0 + $1.delivered }, efforts.reduce(0) { $0 + $1.decoded }))
  }

  private func open(_ file: String) throws(MediaError) -> VideoReader {
    try VideoReader(path: file, options: VideoReader.Options(timeLimit: timeLimit, cacheFolder: cacheFolder))
  }

  private func read(_ file: String, reusesFiles: Bool, next: () -> Int?) throws(MediaError) -> Effort {
    var effort: Effort = (0, 0)
    var kept: VideoReader?
    while let number = next() {
      let reader = if let kept { kept } else { try open(file) }
      let before = kept == nil ? DecodeStatistics() : reader.statistics
      _ = try MediaFile.video(reader).clip(window(of: reader, clip: number), for: request)
      effort.delivered += reader.statistics.framesDelivered - before.framesDelivered
      effort.decoded += reader.statistics.framesDecoded - before.framesDecoded
      kept = reusesFiles ? reader : nil
    }
    return effort
  }

  private var request: SampleRequest {
    SampleRequest(sampling: shape, size: size, crop: .multiScale(filter: .bilinear))
  }

  private func window(of reader: VideoReader, clip number: Int) throws(MediaError) -> SampleWindow {
    let info = reader.info
    do throws(ClipTooShort) {
      return try SampleDraw.random(RandomStream(seed: seed).fork("clip", number)).window(
        for: request, of: info.size, frames: info.frameCount, frameRate: info.frameRate)
    } catch {
      throw MediaError(code: .invalidData, path: reader.path, doing: "choosing frames", reason: error.description)
    }
  }
}

extension [Double] {
  /// The middle value, or the mean of the two in the middle; 0 of nothing.
  fileprivate var median: Double {
    let sorted = self.sorted()
    return isEmpty ? 0 : (sorted[count / 2] + sorted[(count - 1) / 2]) / 2
  }
}
