import Foundation
import MAECore
import MAEMedia
import Testing

@Suite("reading goes on for ever", .enabled(if: ProcessState.runsLongTests))
struct SoakTests {
  @Test("memory and open files stay level")
  func level() throws {
    let names = [
      "plain.mp4", "open-group.ts", "layers.mp4", "superframes.webm", "hidden-frames.webm", "av1.mkv", "mpeg2.mpg",
      "mpeg4-b-frames.avi",
      "prores.mov", "mjpeg.mov", "theora.ogv", "animation.gif",
    ]
    let paths = try names.map { try TestClip.named($0).path() }
    var random = RandomStream(seed: 3)
    let reads = ProcessState.setting("MAE_SOAK_READS", or: 100_000)
    var (memory, files) = (0, 0)
    for read in 0..<reads {
      if read == min(1000, reads / 10) { (memory, files) = (ProcessState.residentBytes, ProcessState.openFiles) }
      let reader = try VideoReader(path: paths[read % paths.count])
      let start = random.below(reader.info.frameCount)
      let numbers = (0..<4).map { FrameNumber(min(reader.info.frameCount - 1, start + 2 * $0)) }
      let width = 16 + random.below(reader.info.size.width - 15)
      let crop = PixelRect(
        x: random.below(reader.info.size.width - width + 1), y: 0, width: width, height: reader.info.size.height)
      _ = try reader.clip(at: numbers, crop: crop, isFlipped: random.below(2) == 1, size: FrameSize(square: 32))
    }
    let growth = Double(ProcessState.residentBytes) / Double(max(1, memory))
    print("\(reads) reads: resident memory × \(growth), \(ProcessState.openFiles) open files after \(files)")
    #expect(growth < 1.05)
    #expect(ProcessState.openFiles <= files)
  }
}
