import Foundation
import MAECore
import MAEMedia
import Synchronization

/// Times reading clips as training does: open, seek, sample, crop and resize.
public struct DecodeBenchmark: Sendable {
  public struct Result: Codable, Hashable, Sendable {
    public var file: String
    public var clips: Int
    /// Of each repetition.
    public var seconds: [Double]
    public var framesDelivered: Int
    public var framesDecoded: Int

    /// Median over the repetitions.
    public var clipsPerSecond: Double { Double(clips) / seconds.sorted()[seconds.count / 2] }
    public var slowest: Double { Double(clips) / (seconds.max() ?? .infinity) }
    public var fastest: Double { Double(clips) / (seconds.min() ?? .infinity) }
    public var framesDeliveredPerSecond: Double { clipsPerSecond * Double(framesDelivered) / Double(clips) }
    public var framesDecodedPerDelivered: Double { Double(framesDecoded) / Double(max(1, framesDelivered)) }
  }

  public var files: [String]
  public var clips: Int
  public var shape: FrameSampling
  public var size: FrameSize
  public var threads: Int
  public var seed: UInt64
  public var repetitions: Int
  /// Opens each file once rather than for every clip.
  public var reusesFiles: Bool

  public init(
    files: [String], clips: Int = 20, shape: FrameSampling, size: FrameSize, threads: Int = 1, seed: UInt64 = 0,
    repetitions: Int = 5, reusesFiles: Bool = false
  ) {
    self.files = files
    self.clips = clips
    self.shape = shape
    self.size = size
    self.threads = threads
    self.seed = seed
    self.repetitions = repetitions
    self.reusesFiles = reusesFiles
  }

  /// One result per file, after one pass that is not counted.
  public func run() throws(MediaError) -> [Result] {
    var results: [Result] = []
    for file in files {
      _ = try measure(file, clips: min(2, clips))
      var seconds: [Double] = []
      var counts = (delivered: 0, decoded: 0)
      for _ in 0..<repetitions {
        let start = ContinuousClock.now
        counts = try measure(file, clips: clips)
        seconds.append((ContinuousClock.now - start) / .seconds(1))
      }
      results.append(
        Result(
          file: file, clips: clips, seconds: seconds, framesDelivered: counts.delivered, framesDecoded: counts.decoded))
    }
    return results
  }

  private func measure(_ file: String, clips: Int) throws(MediaError) -> (delivered: Int, decoded: Int) {
    let lanes = max(1, min(threads, clips))
    let outcome = Mutex<(delivered: Int, decoded: Int, error: MediaError?)>((0, 0, nil))
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      do throws(MediaError) {
        let counts = try read(file, Array(stride(from: lane, to: clips, by: lanes)))
        outcome.withLock {
          $0.delivered += counts.delivered
          $0.decoded += counts.decoded
        }
      } catch {
        outcome.withLock { $0.error = error }
      }
    }
    let (delivered, decoded, error) = outcome.withLock { $0 }
    if let error { throw error }
    return (delivered, decoded)
  }

  private func read(_ file: String, _ numbers: [Int]) throws(MediaError) -> (delivered: Int, decoded: Int) {
    var counts = (delivered: 0, decoded: 0)
    var open: VideoReader?
    var before = DecodeStatistics()
    for number in numbers {
      let reader: VideoReader
      if let open {
        reader = open
      } else {
        reader = try VideoReader(path: file)
        before = DecodeStatistics()
      }
      var random = RandomStream(seed: seed).fork("bench", number)
      let wanted =
        (try? ClipSampler(shape).frames(in: reader.info.frameCount, frameRate: reader.info.frameRate, random: &random)) ?? []
      let window = CropPolicy.multiScale(filter: .bilinear).window(in: reader.info.size, for: size, random: &random)
      _ = try reader.clip(at: wanted, crop: window, size: size, filter: .bilinear)
      counts.delivered += reader.statistics.framesDelivered - before.framesDelivered
      counts.decoded += reader.statistics.framesDecoded - before.framesDecoded
      before = reader.statistics
      open = reusesFiles ? reader : nil
    }
    return counts
  }
}
