import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("reading goes on for ever", .serialized, .enabled(if: runsLongTests))
struct SoakTests {
  @Test("memory and open files stay level")
  func level() throws {
    let names = [
      "plain.mp4", "open-group.ts", "layers.mp4", "superframes.webm", "hidden-frames.webm", "av1.mkv", "mpeg2.mpg",
      "mpeg4-b-frames.avi",
      "prores.mov", "mjpeg.mov", "theora.ogv", "animation.gif",
    ]
    try soak(try names.map { try TestClip.named($0).path() }, reads: ProcessState.setting("MAE_SOAK_READS", or: 100_000))
  }

  /// Clips of one's own: every readable video below a folder.
  @Test("the same with files of a folder", .enabled(if: ProcessInfo.processInfo.environment["MAE_CLIPS"] != nil))
  func folder() throws {
    let root = try #require(ProcessInfo.processInfo.environment["MAE_CLIPS"])
    let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.sorted()
    let paths = names.map { root + "/" + $0 }.filter {
      (try? MediaProbe.kind(of: $0)) == .video && (try? VideoReader(path: $0)) != nil
    }
    try soak(paths, reads: ProcessState.setting("MAE_SOAK_FOLDER_READS", or: 2000))
  }

  private func soak(_ paths: [String], reads: Int) throws {
    var random = RandomStream(seed: 3)
    var (memory, files) = (0, 0)
    for read in 0..<reads {
      if read == min(1000, reads / 2) { (memory, files) = (ProcessState.residentBytes, ProcessState.openFiles) }
      let reader = try VideoReader(path: paths[read % paths.count])
      let size = reader.info.size
      let start = random.below(reader.info.frameCount)
      let numbers = (0..<4).map { FrameNumber(min(reader.info.frameCount - 1, start + 2 * $0)) }
      let width = 1 + random.below(size.width)
      let crop = PixelRect(x: random.below(size.width - width + 1), y: 0, width: width, height: size.height)
      _ = try reader.clip(at: numbers, crop: crop, isFlipped: random.below(2) == 1, size: FrameSize(square: 32))
    }
    let growth = Double(ProcessState.residentBytes) / Double(max(1, memory))
    let open = "\(ProcessState.openFiles) open files after \(files)"
    print("\(reads) reads of \(paths.count) files: \(memory >> 20) MiB × \(growth), \(open)")
    #expect(growth < 1.05)
    #expect(ProcessState.openFiles <= files)
  }
}
