import Foundation
import MAECore
import MAEMedia
import Synchronization
import TestSupport
import Testing

@Suite("indexes are kept in a folder")
struct IndexCacheTests {
  private let folder = TemporaryFolder()

  @Test("the second opening finds what the first one left", arguments: ["plain.mp4", "open-group.ts", "packed.avi"])
  func found(name: String) throws {
    let path = try TestClip.named(name).path()
    let cache = folder.path("cache")
    let first = try VideoReader(path: path, options: .init(cacheFolder: cache))
    let entries = try FileManager.default.contentsOfDirectory(atPath: cache)
    #expect(entries.count == 1)
    let second = try VideoReader(path: path, options: .init(cacheFolder: cache))
    #expect(second.index == first.index)
    #expect(second.info == first.info)
    let numbers = [20, 3, 38].map(FrameNumber.init)
    #expect(try second.clip(at: numbers) == first.clip(at: numbers))
  }

  @Test("an entry of another file, or a damaged one, is made again")
  func stale() throws {
    let cache = folder.path("cache")
    let path = folder.path("film.mp4")
    try FileManager.default.copyItem(atPath: TestClip.named("plain.mp4").path(), toPath: path)
    #expect(try VideoReader(path: path, options: .init(cacheFolder: cache)).info.frameCount == 40)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: TestClip.named("one-frame.mp4").path(), toPath: path)
    #expect(try VideoReader(path: path, options: .init(cacheFolder: cache)).info.frameCount == 1)

    let entry = try #require(FileManager.default.contentsOfDirectory(atPath: cache).first)
    let entryPath = cache + "/" + entry
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: entryPath)))
    for damaged in [Array(bytes.dropLast(9)), [], bytes.map { $0 ^ 1 }] {
      try Data(damaged).write(to: URL(fileURLWithPath: entryPath))
      #expect(try VideoReader(path: path, options: .init(cacheFolder: cache)).info.frameCount == 1)
    }
  }

  @Test("readers that share the folder at once find the same, and leave one whole entry each")
  func shared() throws {
    let cache = folder.path("cache")
    let paths = try ["plain.mp4", "open-group.ts", "packed.avi"].map { try TestClip.named($0).path() }
    let expected = try paths.map { try VideoReader(path: $0).index }
    let different = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 24) { number in
      let place = number % paths.count
      // An entry that vanishes meanwhile is made again.
      if number % 7 == 0 { try? FileManager.default.removeItem(atPath: cache) }
      let index = try? VideoReader(path: paths[place], options: .init(cacheFolder: cache)).index
      if index != expected[place] { different.wrappingAdd(1, ordering: .relaxed) }
    }
    #expect(different.load(ordering: .relaxed) == 0)
    for (path, index) in zip(paths, expected) {
      #expect(try VideoReader(path: path, options: .init(cacheFolder: cache)).index == index)
    }
    #expect(try folder.names("cache").count { $0.hasSuffix(".frames") } == 3)
  }

  @Test("a folder that cannot be written changes nothing")
  func unwritable() throws {
    let path = try TestClip.named("plain.mp4").path()
    #expect(try VideoReader(path: path, options: .init(cacheFolder: "/proc/no/such")).info.frameCount == 40)
  }
}
