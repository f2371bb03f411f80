import Foundation
import MAEData
import MAEFoundation
import Synchronization
import TestSupport
import Testing

/// What a search keeps in a `--cache` folder never shows in what the next one finds, only in how little it looks at.
@Suite("searches remember folders")
struct SearchCacheTests {
  private let folder = TemporaryFolder()
  private var data: String { folder.path("data") }
  private var cache: String { folder.path("cache") }

  /// Folders, kinds, bad files, links and others, as data sets have them.
  private func makeData() throws {
    for name in ["a/1.mp4", "a/2.mp4", "a/deep/er/x.mp4", "b/1.mp4", "b/3.mp4", "top.mp4"] {
      try folder.write("video", to: "data/" + name)
    }
    for name in ["a/2.png", "b/2.png", "b/LICENSE.png"] { try folder.write("still", to: "data/" + name) }
    try folder.write("broken", to: "data/a/bad.mp4")
    try folder.write("nothing", to: "data/b/text.mp4")
    try folder.write("nothing", to: "data/b/notes.txt")
    try folder.write("video", to: "data/.hidden.mp4")
    try folder.write("video", to: "elsewhere/z.mp4")
    try folder.link("data/b/file.mp4", to: "../../elsewhere/z.mp4")
    try folder.link("data/b/folder", to: "../../elsewhere")
    try folder.link("data/b/back", to: "..")
    try folder.link("data/dangling.mp4", to: "nowhere")
  }

  /// The files that a search looked at, by their places in the folder.
  private final class Looks: Sendable {
    private let paths = Mutex<[String]>([])

    func add(_ path: String) { paths.withLock { $0.append(path) } }

    func taken(below folder: String) -> Set<String> {
      paths.withLock { paths in
        defer { paths = [] }
        return Set(paths.map { String($0.dropFirst(folder.count + 1)) })
      }
    }
  }

  private let looks = Looks()

  /// - Parameter start: By default long after everything was written.
  private func search(
    _ paths: [String]? = nil, cached: Bool = true, start: Date = Date(timeIntervalSinceNow: 60),
    progress: (SearchProgress) -> Void = { _ in }
  ) throws(DataError) -> Manifest {
    let looks = self.looks
    return try Manifest(
      paths: paths ?? [data], cache: cached ? cache : nil, start: start, threads: 3, progress: progress
    ) { path in
      looks.add(path)
      let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
      if text.hasPrefix("video") { return .video }
      if text.hasPrefix("still") { return .still }
      return text.hasPrefix("broken") ? .bad("no header") : .notMedia
    }
  }

  @Test("the second search finds the same and looks only at what a folder's time does not tell")
  func unchanged() throws {
    try makeData()
    let plain = try search(cached: false)
    #expect(plain.files.count == 11 && plain.bad.count == 3 && plain.ignored.others == ["txt": 1])
    #expect(looks.taken(below: data).count == 14)
    #expect(try search() == plain)
    #expect(looks.taken(below: data).count == 14)
    for _ in 0..<2 {
      #expect(try search() == plain)
      #expect(looks.taken(below: data) == ["a/bad.mp4", "b/text.mp4"])
    }
    #expect(try folder.names("cache").count == 1)
  }

  @Test("a folder that has changed is looked at anew, it alone") func changed() throws {
    try makeData()
    _ = try search()
    _ = looks.taken(below: data)
    // A tick of the file system's clock.
    usleep(20_000)
    try folder.write("video", to: "data/a/deep/new.mp4")
    try FileManager.default.removeItem(atPath: data + "/b/folder")
    #expect(try search().files.map(\.path).contains(data + "/a/deep/new.mp4"))
    let looked = looks.taken(below: data)
    #expect(looked.contains("a/deep/new.mp4") && looked.contains("b/1.mp4"))
    #expect(looked.isDisjoint(with: ["a/1.mp4", "a/2.mp4", "a/2.png", "a/deep/er/x.mp4", "top.mp4"]))
    #expect(try search() == search(cached: false))
  }

  @Test("another folder in the place of one, with its times, is looked at") func replaced() throws {
    try makeData()
    _ = try search()
    let times = try FileManager.default.attributesOfItem(atPath: data + "/b")[.modificationDate] as? Date
    try FileManager.default.moveItem(atPath: data + "/b", toPath: folder.path("old"))
    try folder.write("video", to: "data/b/other.mp4")
    try FileManager.default.setAttributes([.modificationDate: try #require(times)], ofItemAtPath: data + "/b")
    let found = try search()
    #expect(try found == search(cached: false) && found.files.contains { $0.path == data + "/b/other.mp4" })
  }

  @Test("files and folders that changed within two seconds before the search are not trusted") func young() throws {
    try makeData()
    // Everything was written a moment ago.
    _ = try search(start: Date())
    _ = looks.taken(below: data)
    let again = try search(start: Date())
    #expect(looks.taken(below: data).count == 14)
    #expect(try again == search(cached: false))
    #expect(!folder.exists("cache"))
  }

  @Test("a bad file that was repaired in place is found") func repaired() throws {
    try makeData()
    _ = try search()
    try folder.write("video", to: "data/a/bad.mp4")
    try folder.write("video", to: "data/b/text.mp4")
    let found = try search()
    #expect(found.files.count == 13 && found.bad.count == 1)
    #expect(try found == search(cached: false))
  }

  @Test("damaged, foreign and cut entries are as none") func damaged() throws {
    try makeData()
    let plain = try search(cached: false)
    _ = try search()
    let entry = cache + "/" + (try #require(folder.names("cache").first))
    let bytes = [UInt8](try #require(FileManager.default.contents(atPath: entry)))
    for place in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[place] ^= 4
      try Data(damaged).write(to: URL(fileURLWithPath: entry))
      #expect(try search() == plain)
    }
    for count in [0, 7, bytes.count / 2, bytes.count - 1] {
      try Data(bytes.prefix(count)).write(to: URL(fileURLWithPath: entry))
      #expect(try search() == plain)
    }
    #expect(FileManager.default.contents(atPath: entry) == Data(bytes))
  }

  @Test("a cache that cannot be written changes nothing") func unwritable() throws {
    try makeData()
    let file = try folder.write("", to: "file")
    let manifest = try Manifest(paths: [data], cache: file + "/cache", threads: 1) { _ in .video }
    #expect(manifest.files.count == 14)
  }

  @Test("searches that share the folder at once find the same, and leave whole entries") func shared() throws {
    try makeData()
    let expected = try search(cached: false)
    // A process that was killed while it wrote, long ago, and one that still writes.
    for (name, age) in [(".12.partial", 200_000.0), (".34.partial", 10)] {
      let path = try folder.write("half", to: "cache/" + name)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
    }
    let different = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 24) { number in
      let paths = number % 3 == 0 ? [data, data + "/a"] : [data]
      // Some keep nothing, and some find nothing that was kept.
      let start = Date(timeIntervalSinceNow: number % 4 == 0 ? 0 : 60)
      if number % 5 == 0 {
        for name in (try? folder.names("cache")) ?? [] where name.hasSuffix(".folders") { Folder.remove("\(cache)/\(name)") }
      }
      if (try? search(paths, start: start)) != expected { different.wrappingAdd(1, ordering: .relaxed) }
    }
    #expect(different.load(ordering: .relaxed) == 0)
    #expect(try search() == expected)
    let names = try folder.names("cache")
    #expect(names.filter { $0.hasSuffix(".partial") } == [".34.partial"])
  }

  @Test("the cache in the middle of the data is left out") func inside() throws {
    try makeData()
    let inner = data + "/cache"
    for _ in 0..<2 {
      let manifest = try Manifest(paths: [data], cache: inner, start: Date(timeIntervalSinceNow: 60), threads: 1) { _ in .video }
      #expect(manifest.files.count == 14)
    }
    #expect(FileManager.default.fileExists(atPath: inner))
  }

  @Test("whoever waits hears of files and folders") func progress() throws {
    try makeData()
    for known in [0, 12] {
      var heard: [SearchProgress] = []
      _ = try search { heard.append($0) }
      let last = try #require(heard.last)
      #expect(last.files == 14 && last.folders == 6 && last.lookedAt == 14)
      #expect(heard.allSatisfy { $0.files <= 14 && $0.lookedAt <= 14 })
      #expect(heard.filter { $0.lookedAt > 0 }.allSatisfy { $0.lookedAt >= known })
    }
  }
}
