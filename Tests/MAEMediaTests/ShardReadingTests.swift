import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite("a member of a shard is read as the file that it was")
struct ShardReadingTests {
  private let folder = TemporaryFolder()

  private func shard(_ files: [(name: String, path: String)]) throws -> String {
    var tar = TarBytes()
    for file in files { tar.add(file.name, [UInt8](try Data(contentsOf: URL(fileURLWithPath: file.path)))) }
    return try folder.write(tar.ended, to: "a folder.tar:/train-000.tar")
  }

  @Test("videos", arguments: ["plain.mp4", "open-group.ts", "packed.avi"]) func videos(name: String) throws {
    let path = try TestClip.named(name).path()
    let other = try TestClip.named("one-frame.mp4").path()
    let tar = try shard([("a.mp4", other), ("b/\(name)", path), ("c.mp4", other)])
    let member = "\(tar):b/\(name)"
    #expect(try MediaProbe.kind(of: member) == .video)
    // Small enough that packets are read again from the file.
    let options = VideoReader.Options(packetMemory: 1000)
    let (whole, part) = (try VideoReader(path: path, options: options), try VideoReader(path: member, options: options))
    #expect(part.index == whole.index && part.info == whole.info)
    let numbers = [20, 3, 38].map(FrameNumber.init)
    #expect(try part.clip(at: numbers) == whole.clip(at: numbers))
  }

  @Test("stills, and a name that the shard does not have") func stills() throws {
    let paths = try ["jpg", "png", "webp"].map { ending in
      let path = folder.path("still.\(ending)")
      try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=s=75x51,noise=alls=10", "-frames:v", "1", path])
      return path
    }
    let tar = try shard(paths.map { (($0 as NSString).lastPathComponent, $0) })
    for path in paths {
      #expect(try StillReader.read(path: "\(tar):\((path as NSString).lastPathComponent)") == StillReader.read(path: path))
    }
    let error = #expect(throws: MediaError.self) { try StillReader.read(path: "\(tar):none.jpg") }
    #expect(error?.kind == .missing)
  }

  @Test("the kept index belongs to the member, not to the shard") func cache() throws {
    let tar = try shard([("a.mp4", TestClip.named("plain.mp4").path()), ("b.mp4", TestClip.named("one-frame.mp4").path())])
    let options = VideoReader.Options(cacheFolder: folder.path("cache"))
    for _ in 0..<2 {
      #expect(try VideoReader(path: "\(tar):a.mp4", options: options).info.frameCount == 40)
      #expect(try VideoReader(path: "\(tar):b.mp4", options: options).info.frameCount == 1)
    }
    #expect(try folder.names("cache").count == 2)
  }

  @Test("a shard that was changed is read as it is now") func changed() throws {
    var (first, second) = (TarBytes(), TarBytes())
    first.add("a.txt", Array("old".utf8))
    second.add("more.txt", Array("in front of it".utf8))
    second.add("a.txt", Array("newer".utf8))
    func text() throws -> String {
      var file = try Shards.open(folder.path("x.tar:a.txt"))
      return String(decoding: try file.read(file.size), as: UTF8.self)
    }
    try folder.write(first.ended, to: "x.tar")
    #expect(try text() == "old")
    try folder.write(second.ended, to: "x.tar")
    // In case both were written within one tick of the clock, and record lengths are equal anyway.
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: folder.path("x.tar"))
    #expect(try text() == "newer")
  }

  @Test("a file whose name looks like that of a member is a file") func lookAlike() throws {
    try folder.write("plain", to: "x.tar:a.txt")
    var file = try Shards.open(folder.path("x.tar:a.txt"))
    #expect(try file.read(file.size) == Array("plain".utf8))
    #expect(Shards.parts(of: folder.path("nothing.tar:a.txt")) == nil)
    #expect(Shards.parts(of: folder.path("a.jpg")) == nil)
  }
}
