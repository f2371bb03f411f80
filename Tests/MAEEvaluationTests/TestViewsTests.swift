import MAECore
import MAEEvaluation
import Testing

@Suite struct TestViewsTests {
  @Test(
    "the views of a file come in parts of at most sixteen, all of them in their order",
    arguments: [(1, 1), (5, 3), (2, 8), (17, 1), (10, 3), (1, 100), (333, 7)])
  func parts(clips: Int, crops: Int) {
    let views = TestViews(.dense(stride: 2), clips: clips, crops: crops)
    let request = SampleRequest(
      sampling: .clip(frames: 4, stride: 2), size: FrameSize(square: 8), crop: .centre(filter: .bilinear))
    let (size, count) = (FrameSize(width: 31, height: 17), 50)
    let parts = (0..<views.partCount).map(views.part)
    #expect(parts.allSatisfy { !$0.isEmpty && $0.count <= 16 })
    #expect(parts.flatMap(Array.init) == Array(0..<clips * crops))
    let windows = parts.flatMap { views.windows($0, request, of: size, frames: count) }
    let boxes = views.crops(in: size, for: request.size)
    let all = views.frames(length: 4, of: count).flatMap { frames in boxes.map { (frames, $0) } }
    #expect(windows.map(\.frames) == all.map(\.0) && windows.map(\.crop) == all.map(\.1))
  }

  @Test("a part of a million views is made as fast as one of a few") func million() {
    let views = TestViews(.dense(stride: 1), clips: 1_000_000, crops: 1_000_000)
    let request = SampleRequest(
      sampling: .clip(frames: 4, stride: 1), size: FrameSize(square: 8), crop: .centre(filter: .bilinear))
    let last = views.part(views.partCount - 1)
    let windows = views.windows(last, request, of: FrameSize(width: 20, height: 8), frames: 30)
    #expect(last.upperBound == 1_000_000_000_000 && windows.count <= 16)
    #expect(windows.last?.frames.map(\.value) == [26, 27, 28, 29] && windows.last?.crop.x == 12)
  }
}
