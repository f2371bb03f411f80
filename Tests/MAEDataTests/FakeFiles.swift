import Foundation
import MAECore
import MAEData
import Synchronization

/// Files made up of arithmetic: pixels tell which file, frame and window they come from, and reading takes as long as is asked.
struct FakeFiles: SampleSourceOpener {
  /// File numbers that cannot be opened.
  var broken: Set<Int> = []
  /// File numbers whose frames from the given one on cannot be decoded.
  var damagedFrom: [Int: Int] = [:]
  /// File numbers that are given up while they are read.
  var slow: Set<Int> = []
  /// File numbers whose opening does not return for a long time.
  var hanging: Set<Int> = []
  /// File numbers that the storage fails to read.
  var unreadable: Set<Int> = []
  /// File numbers that must not be used again without opening them anew.
  var worn: Set<Int> = []
  /// Seconds that reading takes at most; drawn anew each time, so that workers overtake each other.
  var longestDelay = 0.0
  var frames = 50
  let opened = Counter()

  final class Counter: Sendable {
    private let state = Mutex((now: 0, total: 0, most: 0))
    var total: Int { state.withLock { $0.total } }
    var most: Int { state.withLock { $0.most } }
    func open() { state.withLock { $0 = ($0.now + 1, $0.total + 1, max($0.most, $0.now + 1)) } }
    func close() { state.withLock { $0.now -= 1 } }
  }

  func manifest(_ count: Int) -> Manifest {
    Manifest(files: (0..<count).map { ManifestFile(path: "\($0)", kind: .video) })
  }

  func open(_ file: ManifestFile, for request: SampleRequest) throws(SampleFailure) -> any SampleSource {
    let number = Int(file.path) ?? 0
    if longestDelay > 0 { Thread.sleep(forTimeInterval: Double.random(in: 0...longestDelay)) }
    if hanging.contains(number) { Thread.sleep(forTimeInterval: 8) }
    if unreadable.contains(number) { throw SampleFailure("Input/output error", isWholeFile: true, chance: .readError) }
    if broken.contains(number) { throw SampleFailure("broken", isWholeFile: true) }
    return Source(number: number, files: self)
  }

  private final class Source: SampleSource {
    let number: Int
    let files: FakeFiles
    var decoded = 0

    init(number: Int, files: FakeFiles) {
      self.number = number
      self.files = files
      files.opened.open()
    }

    deinit { files.opened.close() }

    var details: ManifestFile.Details { .init(width: 30 + number, height: 20, frames: files.frames, duration: 2) }
    var frameRate: Double { 25 }
    var memory: Int { 1000 }

    func takeDecodedFrameCount() -> Int {
      defer { decoded = 0 }
      return decoded
    }

    var needsReopening: Bool { files.worn.contains(number) }

    func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
      windows.map { window in
        if files.longestDelay > 0 { Thread.sleep(forTimeInterval: Double.random(in: 0...files.longestDelay)) }
        if files.slow.contains(number) { return .failure(SampleFailure("too slow", isWholeFile: true)) }
        if let first = files.damagedFrom[number], let frame = window.frames.first(where: { $0.value >= first }) {
          return .failure(SampleFailure("damaged", frameTime: Double(frame.value) / 25, isWholeFile: false))
        }
        decoded += window.frames.count
        let bytes = window.frames.flatMap { frame -> [UInt8] in
          let tag = [number, frame.value, window.crop.x, window.crop.y, window.crop.width, window.isFlipped ? 1 : 0]
          return (0..<request.size.pixelCount * request.channels.count).map { UInt8(truncatingIfNeeded: tag[$0 % tag.count]) }
        }
        return .success(
          Clip(
            size: request.size, channels: request.channels, times: window.frames.map { Double($0.value) / 25 }, pixels: bytes))
      }
    }
  }
}
