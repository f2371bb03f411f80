import Foundation
import MAECore
import MAEMedia
import TestSupport
import Testing

@Suite("what a file is follows from its content")
struct MediaKindTests {
  private let folder = TemporaryFolder()

  @Test(
    "videos, by any name",
    arguments: ["plain.mp4", "open-group.ts", "superframes.webm", "elementary.h264", "raw.avi"])
  func videos(name: String) throws {
    let path = try TestClip.named(name).path()
    #expect(try MediaProbe.kind(of: path) == .video)
    let renamed = folder.path("holiday.txt")
    try FileManager.default.copyItem(atPath: path, toPath: renamed)
    #expect(try MediaProbe.kind(of: renamed) == .video)
    #expect(try VideoReader(path: renamed).info.frameCount > 0)
  }

  @Test("an animation of several pictures is a video, of one a still")
  func animations() throws {
    for name in ["animation.gif", "animation.png"] {
      #expect(try MediaProbe.kind(of: TestClip.named(name).path()) == .video, "\(name)")
    }
    for name in ["still.gif", "still.png", "still.jpg", "still.webp", "still.bmp", "still.tiff"] {
      let path = folder.path(name)
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc=s=40x30", "-frames:v", "1", path])
      #expect(try MediaProbe.kind(of: path) == .still, "\(name)")
      #expect(try StillReader.size(path: path) == FrameSize(width: 40, height: 30), "\(name)")
    }
  }

  @Test("text, playlists, scripts, subtitles and sound are not media")
  func others() throws {
    let texts = [
      "notes.txt": "Some words, and then some more words.\nAnother line.\n",
      "art.ans": "\u{1b}[31mred\u{1b}[0m",
      "list.m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nplain.mp4\n#EXT-X-ENDLIST\n",
      "list.ffconcat": "ffconcat version 1.0\nfile plain.mp4\n",
      "words.srt": "1\n00:00:00,000 --> 00:00:01,000\nHello\n",
      "words.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n",
      "drawing.svg": "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>",
      "meta.ffmeta": ";FFMETADATA1\ntitle=x\n", "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n",
      // FFmpeg takes this for a broadcast.
      "README": """
      HEIC, animated WebP, float TIFF, mp4 without moov. Right: one sentence that says what it is (HEIC: needs FFmpeg 7.1; \
      animation; 32-bit float; unfinished recording). Got: 'Invalid data found when processing input' for all.
      """,
      "picture-%03d.jpg": "no picture at all, but the name of a sequence", "nothing.mp4": "",
    ]
    for (name, text) in texts {
      let path = folder.path(name)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      #expect(try MediaProbe.kind(of: path) == .notMedia, "\(name)")
      #expect(throws: MediaError.self, "\(name)") { try VideoReader(path: path) }
    }
    for name in ["tone.wav", "tone.mp3", "tone.m4a", "tone.ogg", "tone.mka"] {
      let path = folder.path(name)
      try FFmpegProgram.run(["-f", "lavfi", "-i", "sine=d=0.3", path])
      #expect(try MediaProbe.kind(of: path) == .notMedia, "\(name)")
    }
  }

  @Test(
    "what is no media says what it is",
    arguments: [
      ("", "the file is empty"), ("#EXTM3U\nplain.mp4\n", "a playlist"), ("[playlist]\nFile1=a.mp4\n", "a playlist"),
      ("<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">", "a playlist"),
      ("<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
      ("<?xml version=\"1.0\"?>\n<mlt LC_NUMERIC=\"C\">", "the project"),
      ("<?xml version=\"1.0\"?>\n<!DOCTYPE fcpxml>\n<fcpxml version=\"1.9\">", "the project"), ("PK\u{3}\u{4}rest", "an archive"),
      ("SQLite format 3\0", "a database"), ("MATLAB 5.0 MAT-file, \0", "a file of values"),
      ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"), ("some words", "no image or video format"),
    ])
  func foreign(content: String, expected: String) throws {
    let path = folder.path("clip.mp4")
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: MediaError.self) { try VideoReader(path: path) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test(
    "what holds pictures among other things is no video",
    arguments: [
      "PK\u{3}\u{4}photo.jpg", "%PDF-1.4\n", "photos/" + String(repeating: "\0", count: 250) + "ustar\u{0}00",
      "\u{1}record\u{0}\u{0}\u{0}",
    ])
  func containedPictures(head: String) throws {
    let path = folder.path("contained.bin")
    for (format, options) in [
      ("mjpeg", ["-pix_fmt", "yuvj420p"]), ("h264", ["-c:v", "libx264"]), ("m4v", ["-c:v", "mpeg4"]),
      ("mpeg2video", []), ("hevc", ["-c:v", "libx265", "-x265-params", "log-level=none"]), ("h263", ["-s", "128x96"]),
    ] {
      let stream = folder.path("stream." + format)
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=1"] + options + ["-f", format, stream])
      #expect(try MediaProbe.kind(of: stream) == .video, "\(format)")
      try (Data(head.utf8) + Data(contentsOf: URL(fileURLWithPath: stream))).write(to: URL(fileURLWithPath: path))
      #expect(try MediaProbe.kind(of: path) == .notMedia, "\(format)")
    }
  }

  @Test("bytes without meaning are no broadcast")
  func noise() throws {
    let path = folder.path("values.bin")
    var random = RandomStream(seed: 3)
    for count in [306, 700, 5000] {
      for _ in 0..<20 {
        try Data([0] + (1..<count).map { _ in UInt8(random.below(256)) }).write(to: URL(fileURLWithPath: path))
        #expect(try MediaProbe.kind(of: path) == .notMedia)
      }
    }
  }

  @Test(
    "code in C is no bitmap, and a bitmap is one", arguments: ["#define COUNT 16\nint a;\n", "#define A(b) b\n", "#define A\n"])
  func definitions(code: String) throws {
    let path = try folder.write(code + String(repeating: "// and more\n", count: 20), to: "code.c")
    #expect(try MediaProbe.kind(of: path) == .notMedia)
    let bitmap = folder.path("bitmap.xbm")
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc=s=40x30", "-frames:v", "1", "-pix_fmt", "monow", bitmap])
    #expect(try StillReader.size(path: bitmap) == FrameSize(width: 40, height: 30))
    #expect(try MediaProbe.kind(of: bitmap) == .still)
  }

  @Test("a cover picture does not make a song a video")
  func coverPicture() throws {
    let cover = folder.path("cover.jpg")
    let song = folder.path("song.m4a")
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc=s=40x30", "-frames:v", "1", cover])
    try FFmpegProgram.run([
      "-f", "lavfi", "-i", "sine=d=0.3", "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic",
      song,
    ])
    #expect(try MediaProbe.kind(of: song) == .notMedia)
    let error = #expect(throws: MediaError.self) { try VideoReader(path: song) }
    #expect(error?.description == "\(song): opening: it holds no video stream")
  }

  @Test(
    "a name that looks like a sequence or a protocol is only a name",
    arguments: ["clip-%03d.mp4", "concat:a|b.mp4", "te[s]t *'?.mp4"])
  func namesAreNames(name: String) throws {
    let path = folder.path(name)
    try FileManager.default.copyItem(atPath: TestClip.named("plain.mp4").path(), toPath: path)
    #expect(try VideoReader(path: path).info.frameCount == 40)
  }

  @Test("what cannot be opened says so in a sentence")
  func unreadable() throws {
    let missing = folder.path("missing.mp4")
    let error = #expect(throws: MediaError.self) { try MediaProbe.kind(of: missing) }
    #expect(error?.description == "\(missing): opening: No such file or directory")
    #expect(throws: MediaError.self) { try MediaProbe.kind(of: folder.path) }
  }
}
