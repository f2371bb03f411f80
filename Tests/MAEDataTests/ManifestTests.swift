import Foundation
import MAEData
import MAEFoundation
import TestSupport
import Testing

@Suite struct ManifestTests {
  /// Takes the first word of a file for its class.
  @Sendable private func classify(_ path: String) -> FileClass {
    var file = try? PatientFile(path: path)
    let text = (try? file?.read(1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    if text.hasPrefix("video") { return .video }
    if text.hasPrefix("still") { return .still }
    if text.hasPrefix("broken") { return .bad("no header") }
    return .notMedia
  }

  private func scan(_ paths: String..., excluding: [String] = [], threads: Int = 3) throws(DataError) -> Manifest {
    try Manifest(paths: paths, excluding: excluding, threads: threads, classify: classify)
  }

  private func error(_ body: () throws -> Void) -> DataError? {
    do { try body() } catch { return error as? DataError }
    return nil
  }

  @Test("a folder is walked in byte order, hidden files left out, content deciding") func folder() throws {
    let folder = TemporaryFolder()
    for name in ["b/2.txt", "b/10.mp4", "B/1", "a.mp4", ".hidden.mp4", ".git/x.mp4", "b/deep/er/z é.mp4"] {
      try folder.write("video", to: name)
    }
    try folder.write("still", to: "b/photo.mp4")
    try folder.write("text", to: "notes.mp4")
    try folder.write("text", to: "notes.txt")
    try folder.write("text", to: "b/LICENSE")
    try folder.write("broken", to: "b/bad.mp4")
    let manifest = try scan(folder.path)
    #expect(
      manifest.files.map { $0.path.dropFirst(folder.path.count + 1) } == [
        "B/1", "a.mp4", "b/10.mp4", "b/2.txt", "b/deep/er/z é.mp4", "b/photo.mp4",
      ])
    #expect(manifest.files.map(\.label) == ["B", nil, "b", "b", "er", "b"])
    #expect(manifest.labels == ["B", "b", "er"])
    #expect(manifest.ignored.others == ["txt": 1, "": 1])
    #expect(manifest.ignored.otherKinds == "1 without an ending, 1 .txt")
    #expect(
      manifest.bad == [
        BadFile(file: folder.path + "/b/bad.mp4", reason: "no header"),
        BadFile(file: folder.path + "/notes.mp4", reason: "it is text, not a picture or video"),
      ])
    #expect(manifest.mediaCount == 8)

    let videos = try manifest.selecting(.video)
    #expect(videos.files.count == 5 && videos.ignored.stills == 1 && videos.ignored.videos == 0)
    let stills = try manifest.selecting(.still)
    #expect(stills.files.count == 1 && stills.ignored.videos == 5)
  }

  @Test("links that lead back and folders given twice are walked once") func links() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "one/a.mp4")
    try folder.link("one/loop", to: "..")
    try folder.link("one/self", to: ".")
    try folder.link("linked.mp4", to: "one/a.mp4")
    try folder.link("dangling.mp4", to: "nowhere")
    try folder.link("circle", to: "circle")
    let manifest = try scan(folder.path, folder.path, folder.path + "/one")
    #expect(manifest.files.map { $0.path.dropFirst(folder.path.count + 1) } == ["linked.mp4", "one/a.mp4"])
    #expect(manifest.bad.map { $0.file.dropFirst(folder.path.count + 1) } == ["circle", "dangling.mp4"])
    #expect(manifest.bad.last?.reason == "it is a link that leads nowhere")
  }

  @Test("pipes and sockets are said, and nothing waits for them") func specialFiles() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    #expect(unsafe mkfifo(folder.path + "/pipe.mp4", 0o600) == 0)
    #expect(try scan(folder.path).bad == [BadFile(file: folder.path + "/pipe.mp4", reason: "it is a pipe, not a file")])
    #expect(error { _ = try scan(folder.path + "/pipe.mp4") }?.kind == .unusable)
  }

  @Test("a folder that cannot be listed is said") func unlisted() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    // Its path is longer than the system takes, which holds for every user; the parts are not.
    let name = String(repeating: "d", count: 250)
    var place = open(folder.path, O_RDONLY | O_DIRECTORY)
    for _ in 0..<18 {
      #expect(mkdirat(place, name, 0o700) == 0)
      let next = openat(place, name, O_RDONLY | O_DIRECTORY)
      close(place)
      place = next
    }
    close(place)
    defer { _ = try? Process.run(URL(fileURLWithPath: "/bin/rm"), arguments: ["-rf", folder.path]).waitUntilExit() }
    let manifest = try scan(folder.path)
    #expect(manifest.files.count == 1 && manifest.unlisted.count == 1)
    #expect(manifest.unlisted.first?.reason.hasPrefix("cannot be listed: ") == true)
  }

  @Test("names are bytes: any is found, read and named") func names() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "ok.mp4")
    let names: [[UInt8]] = [
      Array("caf".utf8) + [0xe9] + Array(".mp4".utf8), [0xff, 0x80], Array("cafe\u{301}".utf8), Array("caf\u{e9}".utf8),
    ]
    for name in names {
      let path = folder.path + "/" + String(pathBytes: name)
      let file = unsafe path.withPath { unsafe open($0, O_WRONLY | O_CREAT, 0o600) }
      #expect(unsafe write(file, "video", 5) == 5)
      close(file)
    }
    let manifest = try Manifest(paths: [folder.path], threads: 2) { path in
      var file = try? PatientFile(path: path)
      return (try? file?.read(5)).map { String(decoding: $0, as: UTF8.self) } == "video" ? .video : .bad("not found")
    }
    #expect(manifest.bad.isEmpty)
    #expect(
      Set(manifest.files.map { Array($0.path.pathBytes.dropFirst(folder.path.utf8.count + 1)) })
        == Set(names + [Array("ok.mp4".utf8)]))
    // A line of the list of files, as Python reads it.
    let lines = JSONLines.text(manifest.files.map { ManifestLine(file: $0) })
    #expect(lines.contains("caf\\udce9.mp4"))
    let list = try folder.write(lines, to: "list.jsonl")
    #expect(try scan(list).files.map(\.path.pathBytes) == manifest.files.map(\.path.pathBytes))
    // One named alone, and in a list of plain bytes.
    let path = folder.path + "/" + String(pathBytes: names[0])
    #expect(try Manifest(paths: [path], threads: 1) { _ in .video }.files.map(\.path) == [path])
    try Data(names[0] + [0x0a]).write(to: URL(fileURLWithPath: folder.path + "/list.txt"))
    #expect(
      try Manifest(paths: [folder.path + "/list.txt"], threads: 1) { $0.hasSuffix(".txt") ? .notMedia : .video }.files.map(\.path)
        == [path])
  }

  @Test(
    "wrong content under a media name has its reason",
    arguments: [
      ("a.mp4", "", "the file is empty"),
      ("a.mp4", "<!DOCTYPE html><html>", "it is a web page, not a picture or video: get the file again"),
      ("a.JPG", "\n<HTML><body>404", "it is a web page, not a picture or video: get the file again"),
      (
        "a.jpg", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
        "it is a pointer of Git LFS to a file that was not fetched; run git lfs pull"
      ),
      ("a.webm", "not found", "it is text, not a picture or video"), ("a.mkv", "\0\0\0\0", "the file holds only zeros"),
      ("a.mov", "\u{1}\u{2}", "no image or video format recognises its content, or it holds sound alone"),
      ("b.ts", "\u{1}\u{2}", "no image or video format recognises its content, or it holds sound alone"),
      ("a.ts", "export const x = 1", nil), ("a.txt", "", nil), ("mp4", "", nil), ("a.wav", "\u{1}", nil),
    ] as [(String, String, String?)])
  func wrongContent(name: String, content: String, reason: String?) throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "good.mp4")
    try folder.write(content, to: name)
    let manifest = try scan(folder.path)
    #expect(manifest.bad.map(\.reason) == (reason.map { [$0] } ?? []))
    #expect(manifest.ignored.other == (reason == nil ? 1 : 0))
  }

  @Test(
    "the kind of a run is that of nearly all files",
    arguments: [
      (40, 1, "still"), (1, 40, "video"), (9, 1, "still"), (1, 0, "still"), (0, 3, "video"), (8, 1, nil), (5, 5, nil),
      (1, 1, nil),
    ]
      as [(Int, Int, String?)])
  func prevailingKind(stills: Int, videos: Int, kind: String?) throws {
    let files =
      (0..<stills).map { ManifestFile(path: "s\($0)", kind: .still) }
      + (0..<videos).map { ManifestFile(path: "v\($0)", kind: .video) }
    let manifest = Manifest(files: files)
    if let kind {
      #expect(try manifest.prevailingKind().rawValue == kind)
    } else {
      let found = error { _ = try manifest.prevailingKind() }
      #expect(found?.kind == .usage && found?.description.contains("--kind stills") == true)
    }
  }

  @Test(
    "what names files in another form says what it is",
    arguments: [
      ("a.m3u8", "#EXTM3U\na.mp4\n", "a playlist (M3U)"), ("a.xml", "<?xml version=\"1.0\"?>", "XML"),
      ("a.txt", "file 'a.mp4'\n", "a script"),
    ])
  func otherForms(name: String, text: String, words: String) throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    let found = error { _ = try scan(folder.write(text, to: name)) }
    #expect(found?.kind == .unusable && found?.description.contains(words) == true, "\(found?.description ?? "")")
  }

  @Test("a list that is UTF-16 is read, and says so") func utf16() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "caf\u{e9}.mp4")
    let units = Array("\u{feff}caf\u{e9}.mp4\r\n".utf16)
    try Data(units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }).write(to: URL(fileURLWithPath: folder.path + "/list.txt"))
    let manifest = try scan(folder.path + "/list.txt")
    #expect(manifest.files.count == 1)
    #expect(manifest.notes == ["\(folder.path)/list.txt: 1 entry from lines of path, in UTF-16"])
  }

  @Test("paths are made absolute and plain") func paths() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "clips/a.mp4")
    let expected = try scan(folder.path).files
    #expect(expected.map(\.path) == [folder.path + "/clips/a.mp4"])
    #expect(try scan(folder.path + "/./clips//").files.map(\.path) == expected.map(\.path))
    #expect(try scan(folder.path + "//clips/./a.mp4").files.map(\.path) == expected.map(\.path))
  }

  @Test("the folder a run writes to is left out") func excluded() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    try folder.write("still", to: "run/reconstructions/a.png")
    #expect(try scan(folder.path, excluding: [folder.path + "/run"]).files.count == 1)
    #expect(try scan(folder.path, excluding: [folder.path + "/absent"]).files.count == 2)
  }

  @Test("a list names files beside it") func list() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "clips/a b.mp4")
    try folder.write("video", to: "clips/more/c.mp4")
    let list = try folder.write("clips/a b.mp4 walk\nclips/a b.mp4 3 9 run\nclips/more sit\n", to: "list.txt")
    let manifest = try scan(list)
    #expect(manifest.files.map(\.label) == ["walk", "run", "sit"])
    #expect(manifest.files.map(\.span) == [nil, .init(start: 3, count: 9), nil])
    #expect(manifest.files.allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
  }

  @Test("of a folder of frames a list's start is the number of the first one") func frameFolders() throws {
    let folder = TemporaryFolder()
    for number in 1...9 { try folder.write("still", to: "v/img_0000\(number).jpg") }
    for number in 0...4 { try folder.write("still", to: "w/\(number).jpg") }
    try folder.write("still", to: "w/cover.jpg")
    let list = try folder.write("v 3 4 run\nw 2 -1 sit\nv 1 9 all\n", to: "list.txt")
    let stills = try scan(list).files
    #expect(
      stills.map { "\($0.path.dropFirst(folder.path.count + 1)) \($0.label ?? "")" }
        == (3...6).map { "v/img_0000\($0).jpg run" } + (2...4).map { "w/\($0).jpg sit" }
        + (1...9).map { "v/img_0000\($0).jpg all" })
    #expect(stills.allSatisfy { $0.span == nil })
    // At a frame rate the folders are videos, whose frames are counted from 0.
    let videos = try Manifest(paths: [list], frameRate: 25, threads: 1, classify: classify).files
    #expect(videos.map(\.path) == ["v", "w", "v"].map { folder.path + "/" + $0 })
    #expect(videos.map(\.span) == [.init(start: 2, count: 4), .init(start: 2), .init(start: 0, count: 9)])
    #expect(videos.map(\.label) == ["run", "sit", "all"])
    // Without a label the numbers are told from a total and a label by the files that there are.
    let official = try folder.write("v 1 9\nw 0 6\n", to: "train.csv")
    #expect(try Manifest(paths: [official], frameRate: 25, threads: 1, classify: classify).files.map(\.span?.count) == [9, 6])
    // A line may promise more than there is.
    let cut = try Manifest(
      paths: [folder.write("v 3 40 run\nw 2 3 sit\n", to: "cut.txt")], frameRate: 25, threads: 1, classify: classify)
    #expect(cut.notes.filter { $0.contains("fewer frames than its line") }.map { $0.hasPrefix(folder.path + "/v: ") } == [true])
    let wrong = error { _ = try scan(folder.write("v 30 4 run", to: "wrong.txt")) }
    #expect(wrong?.kind == .unusable && wrong?.description.contains("line 1: ") == true)
    #expect(wrong?.description.contains("with a number from 30 on") == true)
  }

  @Test("what is missing is named") func missing() throws {
    let folder = TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    let list = try folder.write("a.mp4\n\nb.mp4 walk\nc.mp4", to: "list.csv")
    let absent = error { _ = try scan(folder.path, folder.path + "/nowhere") }
    #expect(absent?.kind == .missing)
    #expect(absent?.description == "\(folder.path)/nowhere: no such file or folder")
    let line = error { _ = try scan(list) }
    #expect(line?.kind == .missing)
    #expect(
      line?.description.contains("list.csv: line 3: no such file: b.mp4 walk, and 1 more like it (read as lines of path;") == true
    )
  }

  @Test("a place without media is unusable, a lone text file among media is ignored") func noMedia() throws {
    let folder = TemporaryFolder()
    #expect(error { _ = try scan(folder.path) }?.kind == .unusable)
    let readme = try folder.write("hello\n", to: "README.md")
    #expect(error { _ = try scan(folder.path) }?.kind == .unusable)
    let video = try folder.write("video", to: "a.mp4")
    #expect(try scan(video, readme).ignored.other == 1)
    #expect(error { _ = try scan(video).selecting(.still) }?.kind == .unusable)
    #expect(error { _ = try scan("/dev/null") }?.kind == .unusable)
  }

  @Test("the number of threads changes nothing") func threads() throws {
    let folder = TemporaryFolder()
    for number in 0..<200 { try folder.write(["video", "still", "other"][number % 3], to: "\(number)") }
    #expect(try scan(folder.path, threads: 1) == scan(folder.path, threads: 8))
    #expect(try scan(folder.path).fingerprint != scan(folder.path).selecting(.video).fingerprint)
  }

  @Test("manifest and bad files are written one object per line") func lines() {
    let file = ManifestFile(path: "/a/b.mp4", kind: .video, label: "a", span: .init(start: 2))
    #expect(
      JSONLines.text([ManifestLine(file: file), ManifestLine(file: ManifestFile(path: "c", kind: .still))])
        == """
        {"kind":"video","label":"a","path":"/a/b.mp4","start":2,"total":-1}
        {"kind":"still","label":null,"path":"c"}

        """)
    #expect(
      JSONLines.text([BadFile(file: "x", frameTime: 1.5, reason: "r"), BadFile(file: "y", reason: "s")]) == """
        {"file":"x","frame_time":1.5,"reason":"r"}
        {"file":"y","frame_time":null,"reason":"s"}

        """)
  }
}
