import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("every encoder and container of the installed ffmpeg", .enabled(if: runsLongTests))
struct EveryEncoderTests {
  @Test("all frames in random order, and windows of them", arguments: TestClip.everyEncoder)
  func frames(clip: TestClip) throws {
    // Which encoders there are is the installation's business.
    guard let path = try? clip.path() else { return }
    try FrameComparison.compare(path, .init(), crops: false)
    try FrameComparison.compare(path, .init(packetMemory: 0), crops: true)
  }

  @Test("most of them are there")
  func available() {
    let missing = TestClip.everyEncoder.filter { (try? $0.path()) == nil }.map(\.name)
    print("\(TestClip.everyEncoder.count) clips, not made by this ffmpeg: \(missing)")
    #expect(missing.count * 4 < TestClip.everyEncoder.count)
  }

  /// Clips of one's own: every readable video below a folder.
  @Test("files of a folder", .enabled(if: ProcessInfo.processInfo.environment["MAE_CLIPS"] != nil))
  func folder() throws {
    let root = try #require(ProcessInfo.processInfo.environment["MAE_CLIPS"])
    let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.sorted()
    var (exact, damaged) = (0, 0)
    for name in names {
      let path = root + "/" + name
      guard (try? MediaProbe.kind(of: path)) == .video, let reader = try? VideoReader(path: path) else { continue }
      guard try FFmpegProgram.errors(of: path).isEmpty else {
        // Bytes of damaged files are nobody's promise, their number is.
        damaged += 1
        let shown = try FFmpegProgram.frameCount(of: path)
        #expect(reader.info.frameCount == shown, "\(name): \(reader.info.frameCount) frames, the ffmpeg program shows \(shown)")
        continue
      }
      exact += 1
      try FrameComparison.compare(path, .init(), crops: false)
    }
    print("\(root): \(exact) videos equal frame by frame, \(damaged) with decoding errors compared by count")
    #expect(exact > 0)
  }
}

extension TestClip {
  private static let x264 = "-c:v libx264 -threads 1 -preset veryfast"
  private static let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:pools=none:keyint=12:bframes=3"

  /// One clip for each encoder, layout of pixels, and way in which containers tell less than the truth.
  static let everyEncoder: [TestClip] = intraEncoders + movingEncoders + pixelLayouts + turned + containers

  private static func list(_ seconds: Double, _ entries: [(String, String)]) -> [TestClip] {
    entries.map { TestClip("encoder-" + $0.0, $0.1, seconds: seconds) }
  }

  private static let intraEncoders =
    list(
      0.6,
      [
        ("amv.avi", "-c:v amv -s 96x64 -strict -1"), ("asv1.avi", "-c:v asv1"), ("asv2.avi", "-c:v asv2"),
        ("avrp.nut", "-c:v avrp"),
        ("avui.mov", "-c:v avui -s 720x576 -strict -2"), ("ayuv.nut", "-c:v ayuv"), ("bitpacked.nut", "-c:v bitpacked"),
        ("bmp.avi", "-c:v bmp"), ("cfhd.mov", "-c:v cfhd"), ("cljr.avi", "-c:v cljr -strict -2"), ("vc2.mkv", "-c:v vc2"),
        ("dnxhd.mov", "-c:v dnxhd -profile:v dnxhr_lb -s 256x128 -pix_fmt yuv422p"),
        ("dnxhr-444.mxf", "-c:v dnxhd -profile:v dnxhr_444 -s 256x128 -pix_fmt yuv444p10le"),
        ("dv.avi", "-c:v dvvideo -s 720x576 -pix_fmt yuv420p"), ("dv.dv", "-c:v dvvideo -s 720x576 -pix_fmt yuv420p"),
        ("dpx.nut", "-c:v dpx"), ("exr.nut", "-c:v exr"), ("ffvhuff.avi", "-c:v ffvhuff"),
        ("ffv1.mkv", "-c:v ffv1 -level 3 -g 5"),
        ("flashsv.flv", "-c:v flashsv"), ("flashsv2.flv", "-c:v flashsv2"), ("hap.mov", "-c:v hap"),
        ("hap-alpha.mov", "-c:v hap -format hap_alpha"), ("huffyuv.avi", "-c:v huffyuv"),
        ("jpeg2000.mov", "-c:v jpeg2000 -pix_fmt yuv420p"), ("openjpeg.mxf", "-c:v libopenjpeg"), ("jpegls.avi", "-c:v jpegls"),
        ("ljpeg.avi", "-c:v ljpeg -strict -1"), ("magicyuv.avi", "-c:v magicyuv -pix_fmt yuv422p"),
        ("mjpeg.avi", "-c:v mjpeg -pix_fmt yuvj420p"),
        ("mjpeg-444.mkv", "-c:v mjpeg -pix_fmt yuvj444p"), ("png.mov", "-c:v png"), ("prores-aw.mov", "-c:v prores_aw"),
        ("prores-4444.mov", "-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le"),
        ("prores-hq.mkv", "-c:v prores_ks -profile:v 3"),
        ("qoi.nut", "-c:v qoi"), ("r10k.mov", "-c:v r10k"), ("r210.mov", "-c:v r210"),
        ("raw-rgb24.avi", "-c:v rawvideo -pix_fmt bgr24"),
        ("raw-422.mov", "-c:v rawvideo -pix_fmt uyvy422"), ("raw-grey.nut", "-c:v rawvideo -pix_fmt gray"),
        ("raw-nv12.nut", "-c:v rawvideo -pix_fmt nv12"), ("raw.y4m", "-pix_fmt yuv420p"), ("sgi.nut", "-c:v sgi"),
        ("speedhq.nut", "-c:v speedhq"), ("targa.avi", "-c:v targa"), ("tiff.nut", "-c:v tiff"), ("utvideo.avi", "-c:v utvideo"),
        ("v210.mov", "-c:v v210"), ("v308.mov", "-c:v v308"), ("v408.mov", "-c:v v408"), ("v410.mov", "-c:v v410"),
        ("y41p.avi", "-c:v y41p"), ("yuv4.mov", "-c:v yuv4"),
      ])

  private static let movingEncoders =
    list(
      1.2,
      [
        ("aom.mkv", "-c:v libaom-av1 -cpu-used 8 -g 12 -threads 1 -b:v 200k"),
        ("aom.mp4", "-c:v libaom-av1 -cpu-used 8 -g 60 -threads 1 -b:v 200k -lag-in-frames 19"),
        ("rav1e.mp4", "-c:v librav1e -speed 10 -g 12"), ("svt.webm", "-c:v libsvtav1 -preset 12 -g 60 -svtav1-params lp=1"),
        ("av1.ivf", "-c:v libsvtav1 -preset 12 -g 12 -svtav1-params lp=1"),
        ("av1.obu", "-c:v libsvtav1 -preset 12 -svtav1-params lp=1"),
        ("cinepak.avi", "-c:v cinepak"), ("flv1.flv", "-c:v flv"), ("h261.mov", "-c:v h261 -s 176x144"),
        ("h261.h261", "-c:v h261 -s 176x144"),
        ("h263.3gp", "-c:v h263 -s 176x144"), ("h263p.avi", "-c:v h263p"), ("mpeg1.mpg", "-c:v mpeg1video -g 12 -bf 2"),
        ("mpeg1.m1v", "-c:v mpeg1video -g 12 -bf 2"), ("mpeg2.ts", "-c:v mpeg2video -g 12 -bf 2"),
        ("mpeg2.vob", "-c:v mpeg2video -g 12 -bf 2"),
        ("mpeg2-interlaced.mkv", "-c:v mpeg2video -g 12 -bf 2 -flags +ilme+ildct"),
        ("mpeg2-422.mxf", "-c:v mpeg2video -pix_fmt yuv422p -g 12 -bf 2"),
        ("mpeg2.m2v", "-c:v mpeg2video -g 12 -bf 2"), ("mpeg4.mp4", "-c:v mpeg4 -g 12 -bf 2"),
        ("mpeg4-qpel.mkv", "-c:v mpeg4 -g 12 -bf 2 -flags +qpel+mv4"),
        ("mpeg4.m4v", "-c:v mpeg4 -g 12 -bf 2"), ("xvid.mkv", "-c:v libxvid -g 12 -bf 2"), ("msmpeg4v2.avi", "-c:v msmpeg4v2"),
        ("msmpeg4v3.avi", "-c:v msmpeg4"), ("msmpeg4v3.wmv", "-c:v msmpeg4"), ("msvideo1.avi", "-c:v msvideo1"),
        ("qtrle.mov", "-c:v qtrle"), ("roq.roq", "-c:v roqvideo -s 128x64 -r 30"),
        ("rpza.mov", "-c:v rpza"), ("rv10.rm", "-c:v rv10"), ("rv20.rm", "-c:v rv20"), ("smc.mov", "-c:v smc"),
        ("snow.avi", "-c:v snow -strict -2"), ("svq1.mov", "-c:v svq1"), ("theora.mkv", "-c:v libtheora -g 12"),
        ("theora.ogg", "-c:v libtheora -g 60"),
        ("vp8.ivf", "-c:v libvpx -threads 1 -g 12"),
        ("vp8-resize.webm", "-c:v libvpx -threads 1 -b:v 20k -resize-allowed 1 -bufsize 10k"),
        ("vp9.mp4", "-c:v libvpx-vp9 -threads 1 -cpu-used 8 -g 12 -auto-alt-ref 1 -lag-in-frames 16"),
        ("vp9.ivf", "-c:v libvpx-vp9 -threads 1 -cpu-used 8 -g 40 -auto-alt-ref 1 -lag-in-frames 25 -b:v 100k"),
        ("wmv1.wmv", "-c:v wmv1"), ("wmv2.mkv", "-c:v wmv2"), ("zlib.avi", "-c:v zlib"), ("zmbv.avi", "-c:v zmbv -g 8"),
        ("x264-long.mp4", "\(x264) -pix_fmt yuv420p -g 250 -bf 3 -b_strategy 0 -x264-params b-pyramid=none"),
        ("x264-open.mp4", "\(x264) -pix_fmt yuv420p -g 10 -bf 3 -b_strategy 0 -x264-params open-gop=1:b-pyramid=normal"),
        ("x264-open.mkv", "\(x264) -pix_fmt yuv420p -g 8 -bf 4 -b_strategy 0 -x264-params open-gop=1:b-pyramid=strict:ref=5"),
        ("x264-16b.mp4", "\(x264) -pix_fmt yuv420p -g 60 -bf 16 -b_strategy 0 -x264-params b-pyramid=normal:ref=8"),
        ("x264-baseline.mp4", "\(x264) -pix_fmt yuv420p -profile:v baseline -g 12"),
        ("x264-slices.ts", "\(x264) -pix_fmt yuv420p -g 12 -bf 2 -slices 4"),
        ("x264-cabac0.avi", "\(x264) -pix_fmt yuv420p -g 12 -bf 3 -coder 0"), ("x264-intra.mov", "\(x264) -pix_fmt yuv420p -g 1"),
        ("x264-zerolatency.flv", "\(x264) -pix_fmt yuv420p -tune zerolatency -g 12"),
        ("x264-field.ts", "\(x264) -pix_fmt yuv420p -g 12 -bf 2 -flags +ilme+ildct -x264-params bff=1"),
        ("x264-paff.mkv", "\(x264) -pix_fmt yuv420p -g 12 -bf 2 -x264-params fake-interlaced=1"),
        ("x264-lossless.mkv", "\(x264) -pix_fmt yuv444p -qp 0 -g 12"),
        ("x265.mp4", "\(x265) -pix_fmt yuv420p"), ("x265.ts", "\(x265) -pix_fmt yuv420p"),
        ("x265.hevc", "\(x265) -pix_fmt yuv420p"),
        ("x265-open.mp4", "\(x265):open-gop=1:min-keyint=4:b-pyramid=1 -pix_fmt yuv420p"),
        ("x265-hev1.mov", "\(x265) -pix_fmt yuv420p -tag:v hvc1"),
        ("x265-intra.mkv", "\(x265):keyint=1 -pix_fmt yuv420p"),
        ("x265-8b.mkv", "-c:v libx265 -x265-params log-level=none:pools=none:keyint=60:bframes=8:b-adapt=0 -pix_fmt yuv420p"),
      ])

  private static let pixelLayouts: [TestClip] = {
    var entries: [(String, String)] = []
    for layout in ["yuv420p10le", "yuv422p", "yuv422p10le", "yuv444p", "yuv444p10le", "gray", "gray10le", "nv12", "nv16"] {
      entries.append(("x264-\(layout).mp4", "\(x264) -pix_fmt \(layout) -g 12 -bf 2"))
    }
    for layout in [
      "yuv420p10le", "yuv420p12le", "yuv422p", "yuv422p10le", "yuv422p12le", "yuv444p", "yuv444p10le", "yuv444p12le", "gbrp",
      "gbrp10le",
      "gray", "gray10le", "gray12le",
    ] { entries.append(("x265-\(layout).mkv", "\(x265) -pix_fmt \(layout)")) }
    for layout in ["yuv422p", "yuv440p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p12le", "gbrp", "yuva420p"] {
      let alpha = layout == "yuva420p" ? "-auto-alt-ref 0" : ""
      entries.append(("vp9-\(layout).webm", "-c:v libvpx-vp9 -threads 1 -cpu-used 8 -g 12 -pix_fmt \(layout) \(alpha)"))
    }
    for layout in ["yuv444p", "yuv420p10le", "yuv422p12le", "gbrp", "gray"] {
      entries.append(("aom-\(layout).mkv", "-c:v libaom-av1 -cpu-used 8 -g 12 -threads 1 -b:v 200k -pix_fmt \(layout)"))
    }
    for layout in ["yuv411p", "yuv410p", "yuva444p16le", "rgb48le", "bgra", "gray16le", "yuv420p16le", "ya8", "pal8", "monob"] {
      entries.append(
        ("ffv1-\(layout).mkv", "-c:v \(["pal8", "monob"].contains(layout) ? "rawvideo" : "ffv1") -pix_fmt \(layout)"))
    }
    for colours in ["bt709", "bt470bg", "smpte170m", "bt2020nc", "smpte240m", "fcc", "ycgco"] {
      for range in ["tv", "pc"] {
        entries.append(
          ("x264-\(colours)-\(range).mp4", "\(x264) -pix_fmt yuv420p -g 12 -colorspace \(colours) -color_range \(range)"))
      }
    }
    let made = list(0.6, entries)
    let odd = ["yuv420p", "yuv422p", "yuv444p", "gray"].map {
      TestClip("encoder-odd-\($0).mkv", "-c:v ffv1 -pix_fmt \($0)", size: "97x65", seconds: 0.4)
    }
    return made + odd
  }()

  private static let turned: [TestClip] = {
    var clips: [TestClip] = []
    let sources = [
      "encoder-x265.mp4", "mjpeg.mov", "prores.mov", "encoder-prores-4444.mov", "encoder-x264-yuv422p.mp4",
      "encoder-x264-gray.mp4",
      "encoder-qtrle.mov", "ten-bit.mp4", "encoder-x264-nv12.mp4", "encoder-raw-422.mov", "encoder-v210.mov",
    ]
    for source in sources {
      for angle in [90, 180, 270] {
        let name = "turned-\(angle)-\(source.replacing("encoder-", with: "").split(separator: ".")[0]).mov"
        clips.append(TestClip(name, "-i -c copy -metadata:s:v rotate=\(angle)", from: source))
      }
    }
    return clips
  }()

  private static let containers: [TestClip] =
    [
      // Cut in the middle of a group: an edit list hides what decoding needs; in the others the frames in front are shown or
      // lost.
      TestClip("cut.mp4", "-ss 0.5 -i -c copy", from: "encoder-x264-open.mp4"),
      TestClip("cut-x265.mp4", "-ss 0.5 -i -c copy", from: "encoder-x265-open.mp4"),
      TestClip("cut-no-list.mp4", "-ss 0.5 -i -c copy -use_editlist 0", from: "encoder-x264-open.mp4"),
      TestClip("cut.mkv", "-ss 0.5 -i -c copy", from: "encoder-x264-open.mkv"),
      TestClip("cut.ts", "-ss 0.5 -i -c copy", from: "open-group.ts"),
      TestClip("short-list.mov", "-i -c copy -t 0.6", from: "plain.mp4"),
      TestClip("negative.mp4", "-i -c copy -movflags negative_cts_offsets", from: "plain.mp4"),
      TestClip("dash.mp4", "-i -c copy -movflags dash+frag_keyframe+empty_moov+default_base_moof", from: "plain.mp4"),
      TestClip("fragment-frames.mp4", "-i -c copy -movflags frag_every_frame+empty_moov", from: "plain.mp4"),
      TestClip("delayed-moov.mp4", "-i -c copy -movflags frag_keyframe+delay_moov", from: "plain.mp4"),
      TestClip("late.mp4", "-i -c copy -output_ts_offset 3.3", from: "plain.mp4"),
      TestClip("late.mkv", "-i -c copy -output_ts_offset 100", from: "plain.mp4"),
      TestClip("bare.264", "-i -c copy -bsf:v h264_mp4toannexb", from: "encoder-x264-16b.mp4"),
      TestClip("b-frames-16.avi", "-i -c copy", from: "encoder-x264-16b.mp4"),
      TestClip("mpeg4-in.ts", "-i -c copy -bsf:v dump_extra", from: "encoder-mpeg4.mp4"),
      TestClip("still-in.mkv", "-i -c copy -frames:v 1", from: "plain.mp4"),
      TestClip(
        "variable.mp4", "-i -vf select=not(mod(n\\,3))+not(mod(n\\,5)) -fps_mode vfr \(x264) -g 8 -bf 3", from: "plain.mp4"),
      TestClip(
        "variable.ts", "-i -vf select=not(mod(n\\,3))+not(mod(n\\,5)) -fps_mode vfr \(x264) -g 8 -bf 3", from: "plain.mp4"),
      TestClip(
        "variable.webm", "-i -vf select=not(mod(n\\,3)) -fps_mode vfr -c:v libvpx-vp9 -cpu-used 8 -threads 1", from: "plain.mp4"),
      TestClip("second-larger.mkv", "\(x264) -map 0 -map 0 -filter:v:0 scale=48:32 -disposition:v:0 0 -disposition:v:1 0"),
      TestClip("second-default.mkv", "\(x264) -map 0 -map 0 -filter:v:1 scale=48:32 -disposition:v:0 0 -disposition:v:1 default"),
      TestClip("two-programs.ts", "\(x264) -map 0 -map 0 -filter:v:0 scale=48:32"),
      TestClip("cover.mp4", "\(x264) -map 0 -map 0 -c:v:1 png -disposition:v:1 attached_pic -frames:v:1 1"),
      TestClip(
        "cover-first.mkv",
        "\(x264) -map 0 -map 0 -c:v:0 mjpeg -frames:v:0 1 -disposition:v:0 attached_pic -pix_fmt:v:0 yuvj420p"),
      TestClip("with-sound.mp4", "-f lavfi -i sine=d=1.6 \(x264) -c:a aac -g 12 -bf 2"),
      TestClip("with-sound.avi", "-f lavfi -i sine=d=1.6 -c:v mpeg4 -c:a mp2 -g 12"),
      TestClip("mirrored.mp4", "\(x264) -bsf:v h264_metadata=flip=horizontal"),
      TestClip("pixels-not-square.mp4", "\(x264) -g 12 -vf setsar=16/11"),
      TestClip("cropped.mkv", "\(x264) -g 12 -bsf:v h264_metadata=crop_left=6:crop_top=4:crop_right=10:crop_bottom=2"),
    ]
}
