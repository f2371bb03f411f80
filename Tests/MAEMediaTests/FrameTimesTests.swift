import MAECore
import MAEMedia
import Testing

@Suite("frames are found by time")
struct FrameTimesTests {
  @Test(
    "times start at zero whatever the container's clock", arguments: ["plain.mp4", "late-start.ts", "flash.flv", "mpeg2.mpg"])
  func startsAtZero(name: String) throws {
    let reader = try VideoReader(path: try TestClip.named(name).path())
    #expect(reader.index.times.first == 0)
    #expect(reader.info.frameCount == 40)
    #expect(abs(reader.info.duration - 1.6) < 0.05)
    #expect(abs(reader.info.frameRate - 25) < 0.6)
  }

  @Test("the frame at a time is the last one shown by then")
  func lastShown() throws {
    let reader = try VideoReader(path: try TestClip.named("variable-rate.mkv").path())
    let times = reader.index.times
    for (number, time) in times.enumerated() {
      #expect(reader.frameNumber(at: time) == FrameNumber(number))
      #expect(reader.frameNumber(at: time + 0.001) == FrameNumber(number))
      if number > 0 { #expect(reader.frameNumber(at: time - 0.001) == FrameNumber(number - 1)) }
    }
    #expect(reader.frameNumber(at: -1) == FrameNumber(0))
    #expect(reader.frameNumber(at: 1e9) == FrameNumber(times.count - 1))
    // Frames 0, 3, 5, 6, 9, 10, … of 25 a second are kept.
    for (time, expected) in zip(times, [0, 3, 5, 6, 9, 10, 12]) { #expect(abs(time - Double(expected) / 25) < 0.0015) }
  }
}
