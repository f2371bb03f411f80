import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite("tar shards are folders whose files are members")
struct ShardTests {
  private let folder = TemporaryFolder()

  /// A small picture, other for each number.
  private func picture(_ number: Int) throws -> [UInt8] {
    let size = FrameSize(width: 20 + number, height: 17)
    // Noise, which stays larger than a block of a tar.
    var random = RandomStream(seed: UInt64(number))
    let pixels = (0..<size.pixelCount * 3).map { _ in UInt8(random.below(256)) }
    let path = folder.path(".picture.png")
    try PictureWriter.writePNG(Image(size: size, channels: .rgb, pixels: pixels), to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func manifest(_ names: String...) throws -> Manifest { try Manifest(names.map { folder.path($0) }) }

  private func error(_ names: String...) -> DataError? {
    do { _ = try Manifest(names.map { folder.path($0) }) } catch { return error }
    return nil
  }

  private func labels(_ manifest: Manifest) -> [String: String?] {
    Dictionary(manifest.files.map { (String($0.path.dropFirst(folder.path.count + 1)), $0.label) }) { $1 }
  }

  @Test("labels stand beside samples, else folders give them, and what else there is is counted") func labels() throws {
    var tar = TarBytes()
    for (name, text) in [
      ("1.cls", "7\n"), ("2.txt", "dog"), ("3.txt", "a dog on a beach"), ("4.json", "{\"width\": 3, \"label\": \"sea lion\"}"),
      ("5.json", "{\"width\": 3}"), ("5.txt", "cat"), ("6.json", "{\"class\": 12}"), ("cat/8.cls", "19"), ("9.cls", "two words"),
      ("10.json", "{"), ("1.npy", "values"), ("LICENSE", "text"),
    ] {
      tar.add(name, Array(text.utf8))
    }
    for name in ["1.png", "1.left.png", "2.png", "3.png", "4.png", "5.png", "6.png", "cat/7.png", "cat/8.png", "9.png", "10.png"]
    {
      tar.add(name, try picture(1))
    }
    try folder.write(tar.ended, to: "set/x.tar")
    try folder.write(tar.ended, to: "set/train/y.tar")
    let found = try manifest("set")
    #expect(found.bad.isEmpty && found.shards.map(\.path) == [folder.path("set/train/y.tar"), folder.path("set/x.tar")])
    let expected: [String: String?] = [
      "1": "7", "1.left": "7", "2": "dog", "3": nil, "4": "sea lion", "5": "cat", "6": "12", "cat/7": "cat", "cat/8": "19",
      "9": nil, "10": nil,
    ]
    var all: [String: String?] = [:]
    for (name, label) in expected {
      all["set/x.tar:\(name).png"] = .some(label)
      all["set/train/y.tar:\(name).png"] = .some(label ?? "train")
    }
    #expect(labels(found) == all)
    #expect(found.ignored.others == ["npy": 2, "": 2, "txt": 2, "json": 4, "cls": 2])
    // A list's own label is the one of everything in the shard.
    try folder.write("set/x.tar\tmine\nset/x.tar:1.png other\n", to: "list.txt")
    let listed = try manifest("list.txt")
    #expect(listed.files.count == 12 && listed.files.dropLast().allSatisfy { $0.label == "mine" })
    #expect(listed.files.last?.path == folder.path("set/x.tar:1.png") && listed.files.last?.label == "other")
    #expect(listed.shards.count == 1)
  }

  @Test("batches are those of the unpacked files, for any number of workers and wherever they start", arguments: [0, 1, 3])
  func batches(workers: Int) throws {
    let video = folder.path(".video.mp4")
    try FFmpegProgram.run(["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=1", video])
    let clip = [UInt8](try Data(contentsOf: URL(fileURLWithPath: video)))
    var files: [(name: String, bytes: [UInt8])] = []
    for number in 0..<9 { files.append((number % 2 == 0 ? "b/\(number).png" : "a\(number).png", try picture(number))) }
    files.append(("b-film.mp4", clip))
    var shards = [TarBytes(), TarBytes()]
    for (number, file) in files.enumerated().reversed() {
      try folder.write(file.bytes, to: "unpacked/\(number % 2)/\(file.name)")
      shards[number % 2].add(file.name, file.bytes)
    }
    for (number, shard) in shards.enumerated() { try folder.write(shard.ended, to: "shards/\(number).tar") }
    let (plain, packed) = (try manifest("unpacked"), try manifest("shards"))
    #expect(
      packed.files.map { String($0.path.dropFirst(folder.path("shards").count)).replacing(".tar:", with: "/") }
        == plain.files.map { String($0.path.dropFirst(folder.path("unpacked").count)) })
    #expect(plain.files.count == 10 && packed.files.map(\.kind) == plain.files.map(\.kind))
    for (kind, sampling) in [(ManifestFile.Kind.still, FrameSampling.still), (.video, .clip(frames: 4, stride: 2))] {
      let request = SampleRequest(
        sampling: sampling, size: FrameSize(square: 16), crop: .resized(minimumArea: 0.3, filter: .bicubic),
        flipProbability: 0.5)
      func loader(_ manifest: Manifest, workers: Int, startingAt batch: Int = 0) throws -> ClipLoader {
        var options = ClipLoader.Options()
        options.workers = workers
        return try ClipLoader(
          manifest.selecting(kind), request: request, batchSize: 3, seed: 4, startingAt: batch, options: options)
      }
      // The folders here have names that are labels; shards have none.
      func unlabelled(_ batch: ClipBatch) -> [Sample] {
        batch.samples.map { sample in
          var sample = sample
          sample.label = nil
          return sample
        }
      }
      let (one, other) = (try loader(plain, workers: 0), try loader(packed, workers: workers))
      var last: ClipBatch?
      for _ in 0..<9 {
        let (expected, found) = (try one.next(), try other.next())
        #expect(expected.pixels == found.pixels)
        #expect(unlabelled(expected) == unlabelled(found))
        last = found
      }
      #expect(try loader(packed, workers: workers, startingAt: 8).next().pixels == last?.pixels)
    }
  }

  @Test("a rotten member is named with its shard, and the others take its place") func rotten() throws {
    var tar = TarBytes()
    for number in 0..<4 { tar.add("\(number).png", try picture(number)) }
    let cut = Array(try picture(5).dropLast(40))
    tar.add("4.png", cut)
    tar.add("5.png", Array("<html>not found</html>".utf8))
    tar.add("6.png", kind: "2", target: "0.png")
    tar.add("README", kind: "2", target: "0.png")
    try folder.write(tar.ended, to: "x.tar")
    let survey = try DataSurvey([folder.path("x.tar")])
    #expect(survey.files.count == 4 && survey.shards == 1 && survey.text.contains("\nshards     1\n"))
    #expect(Set(survey.bad.map(\.path)) == Set([4, 5, 6].map { folder.path("x.tar:\($0).png") }))
    #expect(survey.ignoredKinds == ["": 1])
    var options = ClipLoader.Options()
    options.maximumBadShare = 0.9
    let request = SampleRequest(sampling: .still, size: FrameSize(square: 8), crop: .centre(filter: .bilinear))
    let loader = try ClipLoader(manifest("x.tar"), request: request, batchSize: 4, seed: 1, options: options)
    for _ in 0..<6 { #expect(try loader.next().samples.allSatisfy { $0.file < 4 }) }
    #expect(Set(loader.badFiles.map(\.file)) == Set(survey.bad.map(\.path)))
  }

  @Test("a shard that is cut short or no tar is said, and what can be read of it is used") func damaged() throws {
    var tar = TarBytes()
    for number in 0..<3 { tar.add("\(number).png", try picture(number)) }
    try folder.write(Array(tar.bytes.dropLast(600)), to: "set/cut.tar")
    try folder.write("only text", to: "set/text.tar")
    try folder.write(tar.bytes, to: "set/unended.tar")
    try folder.write(tar.bytes, to: "set/unended2.tar")
    let found = try manifest("set")
    #expect(found.files.count == 8)
    #expect(found.bad.map(\.file) == [folder.path("set/cut.tar:2.png")])
    #expect(found.unlisted.map(\.file) == [folder.path("set/cut.tar"), folder.path("set/text.tar")])
    #expect(found.warnings.contains { $0.hasPrefix("2 places cannot be listed, first \(folder.path("set/cut.tar")): it is cut") })
    // What is odd about many shards is said once.
    #expect(found.notes.count == 1 && found.notes[0].hasPrefix(folder.path("set/unended.tar") + ": it has no end mark"))
    #expect(found.notes[0].hasSuffix("(and 1 more like it)"))
    #expect(error("set/text.tar")?.description.contains("no tar archive") == true)
  }

  @Test("compressed shards are refused with what to do", arguments: ["x.tar.gz", "x.tgz", "x.tar.zst", "X.TAR.XZ"])
  func compressed(name: String) throws {
    try folder.write([0x1f, 0x8b, 8, 0], to: "set/\(name)")
    #expect(error("set/\(name)")?.description.contains("unpack it") == true)
    // Left in a folder by whoever unpacked it, it is no reason to stop.
    #expect(error("set")?.description.contains("compressed tar") == true)
    try folder.write(picture(1), to: "set/a.png")
    let found = try manifest("set")
    #expect(found.files.count == 1 && found.bad.isEmpty && found.notes.count == 1 && found.notes[0].contains(name))
    try folder.write("\(name) 1\n", to: "set/list.txt")
    #expect(error("set/list.txt")?.reason.hasPrefix("line 1: ") == true)
  }

  @Test("data whose shards have changed are other data; a member that is not there is missing") func fingerprint() throws {
    var tar = TarBytes()
    tar.add("0.png", try picture(0))
    let path = try folder.write(tar.ended, to: "x.tar")
    let before = try manifest("x.tar")
    #expect(try manifest("x.tar").fingerprint == before.fingerprint)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 7)], ofItemAtPath: path)
    let after = try manifest("x.tar")
    #expect(after.files == before.files && after.fingerprint != before.fingerprint)
    #expect(try manifest("x.tar:0.png").fingerprint == after.fingerprint)
    #expect(error("x.tar:1.png")?.kind == .missing)
    try folder.write("x.tar 3 4 label\n", to: "list.txt")
    #expect(error("list.txt")?.reason.contains("a shard has no frames") == true)
  }
}
