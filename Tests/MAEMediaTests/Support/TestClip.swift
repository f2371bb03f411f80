import Foundation
import Synchronization
import TestSupport
import Testing

/// A clip made by the `ffmpeg` program when a test first wants it.
struct TestClip: Sendable, CustomTestStringConvertible {
  var name: String
  /// Arguments between the generated pictures and the output; or, after `from`, whole commands.
  var arguments: [String]
  var size = "96x64"
  var seconds = 1.6
  /// Another clip that this one is made from.
  var source: String?

  init(_ name: String, _ arguments: String, size: String = "96x64", seconds: Double = 1.6, from source: String? = nil) {
    self.name = name
    self.arguments = arguments.split(separator: " ").map(String.init)
    self.size = size
    self.seconds = seconds
    self.source = source
  }

  var testDescription: String { name }

  /// Where the clip is, made if need be.
  func path() throws -> String { try Self.made.withLock { try $0.path(of: self) } }

  static func named(_ name: String) throws -> TestClip { try #require(all.first { $0.name == name }, "no clip \(name)") }

  private static let made = Mutex(Workshop())

  private struct Workshop: Sendable {
    let folder = TemporaryFolder().keepUntilExit()
    var paths: [String: String] = [:]

    mutating func path(of clip: TestClip) throws -> String {
      if let path = paths[clip.name] { return path }
      let path = folder.path(clip.name)
      if let source = clip.source {
        let sourcePath = try self.path(of: TestClip.named(source))
        let before = clip.arguments.prefix { $0 != "-i" }
        let after = clip.arguments.dropFirst(before.count).dropFirst()
        try FFmpegProgram.run(before + ["-i", sourcePath] + after + [path])
      } else {
        // Smooth motion, sharp edges and noise; testsrc takes odd sizes, testsrc2 moves more.
        let isOdd = clip.size.split(separator: "x").contains { Int($0)! % 2 == 1 }
        let pictures = "\(isOdd ? "testsrc" : "testsrc2")=s=\(clip.size):r=25:d=\(clip.seconds),noise=alls=12:allf=t:all_seed=3"
        try FFmpegProgram.run(["-f", "lavfi", "-i", pictures] + clip.arguments + [path])
      }
      paths[clip.name] = path
      return path
    }
  }
}

extension TestClip {
  private static let h264 = "-c:v libx264 -threads 1 -preset veryfast"

  /// Clips of the everyday tests: each stands for a way in which containers and codecs differ.
  static let everyday: [TestClip] = [
    TestClip("plain.mp4", "\(h264) -pix_fmt yuv420p -g 12 -bf 3 -b_strategy 0"),
    TestClip("long-group.mkv", "\(h264) -pix_fmt yuv420p -g 250 -bf 3 -b_strategy 0 -x264-params b-pyramid=normal"),
    TestClip("open-group.ts", "\(h264) -pix_fmt yuv420p -g 10 -bf 3 -b_strategy 0 -x264-params open-gop=1:b-pyramid=normal"),
    TestClip("intra-refresh.mp4", "\(h264) -pix_fmt yuv420p -g 15 -x264-params intra-refresh=1"),
    TestClip("interlaced.ts", "\(h264) -pix_fmt yuv420p -g 12 -bf 2 -flags +ilme+ildct"),
    TestClip(
      "ten-bit.mp4", "\(h264) -pix_fmt yuv420p10le -g 12 -colorspace bt2020nc -color_primaries bt2020 -color_trc bt2020-10"),
    TestClip("odd-444.mkv", "\(h264) -pix_fmt yuv444p -g 12", size: "97x65"),
    TestClip("odd-rows.mkv", "\(h264) -pix_fmt yuv422p -g 12", size: "98x65"),
    TestClip("full-range.mp4", "\(h264) -pix_fmt yuvj420p -g 12 -colorspace bt709"),
    TestClip("grey.mp4", "\(h264) -pix_fmt gray -g 12"),
    TestClip("rgb.mkv", "-c:v libx264rgb -threads 1 -preset veryfast -g 12"),
    TestClip("b-frames.avi", "\(h264) -pix_fmt yuv420p -g 12 -bf 2"),
    TestClip("elementary.h264", "\(h264) -pix_fmt yuv420p -g 12 -bf 2"),
    TestClip("flash.flv", "\(h264) -pix_fmt yuv420p -g 12 -bf 2"),
    TestClip("fragments.mp4", "\(h264) -pix_fmt yuv420p -g 12 -bf 2 -movflags frag_keyframe+empty_moov"),
    TestClip("late-start.ts", "\(h264) -pix_fmt yuv420p -g 12 -bf 2 -output_ts_offset 50"),
    TestClip("variable-rate.mkv", "-vf select=not(mod(n\\,3))+not(mod(n\\,5)) -fps_mode vfr \(h264) -pix_fmt yuv420p -g 8 -bf 2"),
    TestClip("edit-list.mp4", "-ss 0.7 -i -c copy", from: "long-group.mkv"),
    TestClip("cut-open.ts", "-ss 0.5 -i -c copy", from: "open-group.ts"),
    TestClip("turned-90.mp4", "-i -c copy -metadata:s:v rotate=90", from: "plain.mp4"),
    TestClip("turned-180.mp4", "-i -c copy -metadata:s:v rotate=180", from: "plain.mp4"),
    TestClip("turned-270.mp4", "-i -c copy -metadata:s:v rotate=270", from: "plain.mp4"),
    TestClip("turned-odd.mkv", "-i -c copy -metadata:s:v rotate=90", from: "odd-444.mkv"),
    TestClip("two-streams.mp4", "\(h264) -pix_fmt yuv420p -map 0 -map 0 -filter:v:1 crop=32:32"),
    TestClip(
      "layers.mp4", "-c:v libx265 -x265-params log-level=none:pools=none:keyint=20:bframes=4:temporal-layers=1 -pix_fmt yuv420p"),
    TestClip(
      "open-group.mkv",
      "-c:v libx265 -x265-params log-level=none:pools=none:open-gop=1:keyint=12:min-keyint=4:bframes=4 -pix_fmt yuv420p"),
    TestClip("hidden-frames.webm", "-c:v libvpx -threads 1 -b:v 200k -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 8"),
    TestClip("superframes.webm", "-c:v libvpx-vp9 -threads 1 -b:v 200k -auto-alt-ref 1 -lag-in-frames 16 -g 20 -cpu-used 8"),
    TestClip("av1.mkv", "-c:v libsvtav1 -preset 12 -g 20 -svtav1-params lp=1"),
    TestClip("mpeg2.mpg", "-c:v mpeg2video -g 12 -bf 2"),
    TestClip("mpeg4-b-frames.avi", "-c:v mpeg4 -g 12 -bf 2"),
    TestClip("packed.avi", "-c:v libxvid -g 12 -bf 2"),
    TestClip("wmv2.wmv", "-c:v wmv2"),
    TestClip("theora.ogv", "-c:v libtheora -g 20"),
    TestClip("mjpeg.mov", "-c:v mjpeg -pix_fmt yuvj422p"),
    TestClip("prores.mov", "-c:v prores"),
    TestClip("turned-prores.mov", "-i -c copy -metadata:s:v rotate=90", from: "prores.mov"),
    TestClip("alpha.mkv", "-c:v ffv1 -pix_fmt yuva420p -g 10"),
    TestClip("raw.avi", "-c:v rawvideo -pix_fmt uyvy422 -t 0.4"),
    TestClip("animation.gif", "-t 0.8"),
    TestClip("animation.png", "-c:v apng -f apng -t 0.8"),
    TestClip("one-frame.mp4", "\(h264) -pix_fmt yuv420p -frames:v 1"),
    TestClip("tiny.mp4", "\(h264) -pix_fmt yuv420p -g 12", size: "2x2"),
  ]

  /// Clips of the classical sets: MPEG-4 in AVI, with and without packed bidirectional frames, under any name and with sound
  /// beside.
  static let classical: [TestClip] =
    ["XVID", "DX50", "DIVX"].flatMap { tag in
      [
        TestClip("packed-\(tag).avi", "-f lavfi -i sine=d=2 -c:v libxvid -g 12 -bf 2 -vtag \(tag) -c:a libmp3lame", seconds: 2),
        TestClip("in-order-\(tag).avi", "-c:v libxvid -g 50 -vtag \(tag)", seconds: 2),
        TestClip("unpacked-\(tag).avi", "-f lavfi -i sine=d=2 -c:v mpeg4 -g 12 -bf 2 -vtag \(tag) -c:a libmp3lame", seconds: 2),
      ]
    } + [
      TestClip("unpacked.avi", "-i -c copy -an -bsf:v mpeg4_unpack_bframes", from: "packed-XVID.avi"),
      TestClip("packed-cut.avi", "-ss 0.7 -i -c copy -an", from: "packed-XVID.avi"),
      TestClip("packed.mp4", "-i -c copy -an", from: "packed-XVID.avi"),
      TestClip("packed-lost.avi", "-i -c copy -an -bsf:v noise=drop=eq(mod(n\\,7)\\,3)", from: "packed-XVID.avi"),
      TestClip("packed-long.avi", "-c:v libxvid -g 30 -bf 5", seconds: 2),
      TestClip("packed-long-lost.avi", "-i -c copy -bsf:v noise=drop=eq(mod(n\\,11)\\,4)", from: "packed-long.avi"),
    ]

  /// Presentation times that contradict the order of frames, which the decoder does not heed.
  static let jittered: [TestClip] = [
    ("in-order.mp4", "\(h264) -pix_fmt yuv420p -bf 0 -g 20", 640),
    ("reordered.mkv", "\(h264) -pix_fmt yuv420p -bf 3 -b_strategy 0 -g 20 -x264-params open-gop=1:b-pyramid=normal", 50),
    ("x265-in-order.mp4", "-c:v libx265 -x265-params log-level=none:pools=none:bframes=0:keyint=20 -pix_fmt yuv420p", 640),
    ("x265-reordered.mkv", "-c:v libx265 -x265-params log-level=none:pools=none:bframes=3:keyint=20 -pix_fmt yuv420p", 50),
    ("mpeg4.mkv", "-c:v mpeg4 -bf 2 -g 12", 50), ("mpeg2.mkv", "-c:v mpeg2video -bf 2 -g 12", 50),
    ("vp9.mkv", "-c:v libvpx-vp9 -threads 1 -cpu-used 8 -g 12 -b:v 200k", 50), ("mjpeg.mkv", "-c:v mjpeg -pix_fmt yuvj420p", 50),
  ].map { TestClip("jittered-" + $0.0, "\($0.1) -bsf:v setts=pts=PTS+if(eq(mod(N\\,10)\\,4)\\,\($0.2)\\,0)") }

  /// What recordings are made of that get joined or lose packets.
  static let recordings: [TestClip] = [
    TestClip("recording.ts", "\(h264) -pix_fmt yuv420p -g 10 -bf 3 -b_strategy 0", seconds: 8),
    TestClip("recording-later.ts", "\(h264) -pix_fmt yuv420p -g 10 -bf 3 -b_strategy 0 -output_ts_offset 50"),
    TestClip("recording-open.ts", "\(h264) -pix_fmt yuv420p -g 10 -bf 3 -b_strategy 0 -x264-params open-gop=1"),
    TestClip("recording-mpeg2.ts", "-c:v mpeg2video -g 12 -bf 2 -output_ts_offset 30"),
    TestClip("recording-mpeg2-later.ts", "-c:v mpeg2video -g 12 -bf 2 -output_ts_offset 90"),
    TestClip("recording.vob", "-c:v mpeg2video -g 12 -bf 2 -f vob"),
    TestClip("recording-later.vob", "-c:v mpeg2video -g 12 -bf 2 -output_ts_offset 30 -f vob"),
    TestClip("recording-x265.ts", "-c:v libx265 -x265-params log-level=none:pools=none:bframes=3:keyint=20 -pix_fmt yuv420p"),
    TestClip(
      "recording-x265-later.ts",
      "-c:v libx265 -x265-params log-level=none:pools=none:bframes=3:keyint=20 -pix_fmt yuv420p -output_ts_offset 30"),
  ]

  /// Clips that other tests make more of.
  static let all = everyday + classical + jittered + recordings + everyEncoder
}
