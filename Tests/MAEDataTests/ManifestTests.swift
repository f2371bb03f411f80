import Foundation
import MAEData
import MAEFoundation
import Testing

@Suite struct ManifestTests {
  /// Takes the first word of a file for its class.
  @Sendable private func classify(_ path: String) -> FileClass {
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
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
    let folder = try TemporaryFolder()
    for name in ["b/2.txt", "b/10.mp4", "B/1", "a.mp4", ".hidden.mp4", ".git/x.mp4", "b/deep/er/z é.mp4"] {
      try folder.write("video", to: name)
    }
    try folder.write("still", to: "b/photo.mp4")
    try folder.write("text", to: "notes.mp4")
    try folder.write("broken", to: "b/bad.mp4")
    let manifest = try scan(folder.path)
    #expect(
      manifest.files.map { $0.path.dropFirst(folder.path.count + 1) } == [
        "B/1", "a.mp4", "b/10.mp4", "b/2.txt", "b/deep/er/z é.mp4", "b/photo.mp4",
      ])
    #expect(manifest.files.map(\.label) == ["B", nil, "b", "b", "er", "b"])
    #expect(manifest.labels == ["B", "b", "er"])
    #expect(manifest.ignored.other == 1)
    #expect(manifest.bad == [BadFile(file: folder.path + "/b/bad.mp4", reason: "no header")])
    #expect(manifest.mediaCount == 7)

    let videos = try manifest.selecting(.video)
    #expect(videos.files.count == 5 && videos.ignored.stills == 1 && videos.ignored.videos == 0)
    let stills = try manifest.selecting(.still)
    #expect(stills.files.count == 1 && stills.ignored.videos == 5)
  }

  @Test("links that lead back and folders given twice are walked once") func links() throws {
    let folder = try TemporaryFolder()
    try folder.write("video", to: "one/a.mp4")
    try folder.link("one/loop", to: "..")
    try folder.link("one/self", to: ".")
    try folder.link("linked.mp4", to: "one/a.mp4")
    try folder.link("dangling.mp4", to: "nowhere")
    let manifest = try scan(folder.path, folder.path, folder.path + "/one")
    #expect(manifest.files.map { $0.path.dropFirst(folder.path.count + 1) } == ["linked.mp4", "one/a.mp4"])
  }

  @Test("paths are made absolute and plain") func paths() throws {
    let folder = try TemporaryFolder()
    try folder.write("video", to: "clips/a.mp4")
    let expected = try scan(folder.path).files
    #expect(expected.map(\.path) == [folder.path + "/clips/a.mp4"])
    #expect(try scan(folder.path + "/./clips//").files.map(\.path) == expected.map(\.path))
    #expect(try scan(folder.path + "//clips/./a.mp4").files.map(\.path) == expected.map(\.path))
  }

  @Test("the folder a run writes to is left out") func excluded() throws {
    let folder = try TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    try folder.write("still", to: "run/reconstructions/a.png")
    #expect(try scan(folder.path, excluding: [folder.path + "/run"]).files.count == 1)
    #expect(try scan(folder.path, excluding: [folder.path + "/absent"]).files.count == 2)
  }

  @Test("a list names files beside it") func list() throws {
    let folder = try TemporaryFolder()
    try folder.write("video", to: "clips/a b.mp4")
    try folder.write("video", to: "clips/more/c.mp4")
    let list = try folder.write("clips/a b.mp4 walk\nclips/a b.mp4 3 9 run\nclips/more sit\n", to: "list.txt")
    let manifest = try scan(list)
    #expect(manifest.files.map(\.label) == ["walk", "run", "sit"])
    #expect(manifest.files.map(\.span) == [nil, .init(start: 3, count: 9), nil])
    #expect(manifest.files.allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
  }

  @Test("what is missing is named") func missing() throws {
    let folder = try TemporaryFolder()
    try folder.write("video", to: "a.mp4")
    let list = try folder.write("a.mp4\n\nb.mp4 walk\nc.mp4", to: "list.csv")
    let absent = error { _ = try scan(folder.path, folder.path + "/nowhere") }
    #expect(absent?.kind == .missing)
    #expect(absent?.description == "\(folder.path)/nowhere: no such file or folder")
    let line = error { _ = try scan(list) }
    #expect(line?.kind == .missing)
    #expect(line?.description.contains("list.csv line 3: no such file: b.mp4 walk, and 1 more lines") == true)
  }

  @Test("a place without media is unusable, a lone text file among media is ignored") func noMedia() throws {
    let folder = try TemporaryFolder()
    #expect(error { _ = try scan(folder.path) }?.kind == .unusable)
    let readme = try folder.write("hello\n", to: "README.md")
    #expect(error { _ = try scan(folder.path) }?.kind == .unusable)
    let video = try folder.write("video", to: "a.mp4")
    #expect(try scan(video, readme).ignored.other == 1)
    #expect(error { _ = try scan(video).selecting(.still) }?.kind == .unusable)
    #expect(error { _ = try scan("/dev/null") }?.kind == .unusable)
  }

  @Test("the number of threads changes nothing") func threads() throws {
    let folder = try TemporaryFolder()
    for number in 0..<200 { try folder.write(["video", "still", "other"][number % 3], to: "\(number)") }
    #expect(try scan(folder.path, threads: 1) == scan(folder.path, threads: 8))
    #expect(try scan(folder.path).fingerprint != scan(folder.path).selecting(.video).fingerprint)
  }

  @Test("manifest and bad files are written one object per line") func lines() {
    let file = ManifestFile(path: "/a/b.mp4", kind: .video, label: "a", span: .init(start: 2))
    let details = ManifestFile.Details(width: 4, height: 2, frames: 9, duration: 0.5)
    #expect(
      JSONLines.text([ManifestLine(file: file, details: details), ManifestLine(file: ManifestFile(path: "c", kind: .still))])
        == """
        {"duration":0.5,"frames":9,"height":2,"kind":"video","label":"a","path":"/a/b.mp4","start":2,"total":-1,"width":4}
        {"duration":null,"frames":null,"height":null,"kind":"still","label":null,"path":"c","width":null}

        """)
    #expect(
      JSONLines.text([BadFile(file: "x", frameTime: 1.5, reason: "r"), BadFile(file: "y", reason: "s")]) == """
        {"file":"x","frame_time":1.5,"reason":"r"}
        {"file":"y","frame_time":null,"reason":"s"}

        """)
  }
}
