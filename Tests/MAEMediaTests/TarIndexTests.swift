import Foundation
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite("members of tar archives are found by their headers")
struct TarIndexTests {
  private let folder = TemporaryFolder()

  /// The index of an archive, and the content of each of its members.
  private func read(_ bytes: [UInt8]) throws -> (index: TarIndex, contents: [String: [UInt8]]) {
    let path = try folder.write(bytes, to: "\(UUID().uuidString).tar")
    var file = try PatientFile(path: path)
    let index = try TarIndex(&file)
    var contents: [String: [UInt8]] = [:]
    for member in index.members {
      var part = try Shards.open("\(path):\(member.name)")
      #expect(part.size == member.range.count)
      contents[member.name] = try part.read(part.size)
    }
    return (index, contents)
  }

  private func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) } }

  @Test("content of any size, in every form of header", arguments: ["ustar\u{0}00", "ustar  \u{0}", ""])
  func sizes(form: String) throws {
    var tar = TarBytes()
    let sizes = [0, 1, 511, 512, 513, 1024, 4097]
    for size in sizes { tar.add("\(size).jpg", content(size), form: form) }
    let (index, contents) = try read(tar.ended)
    #expect(contents == Dictionary(uniqueKeysWithValues: sizes.map { ("\($0).jpg", content($0)) }))
    #expect(index.damage == nil && index.remarks.isEmpty && index.refusals.isEmpty)
  }

  @Test("long names, names that are not ASCII, names that are no text, and sizes beyond the header") func names() throws {
    var tar = TarBytes()
    let folders = String(repeating: "folder/", count: 20)
    let long = folders + String(repeating: "n", count: 120) + ".jpg"
    tar.add("posix.jpg", [1], prefix: folders + "a")
    tar.addLong(long)
    tar.add(String(long.prefix(100)), [2], form: "ustar  \u{0}")
    tar.addRecords([("mtime", "1600000000.5"), ("path", "größe/日本.jpg"), ("size", "3")])
    tar.add("gr_e.jpg", [3, 3, 3], size: 0)
    tar.add([0x63, 0xe9] + Array(".jpg".utf8), [4])
    // What was said of one member says nothing of the next.
    tar.add("plain.jpg", [5, 5])
    tar.addRecords([("comment", "of all members")], kind: "g")
    tar.add("base256.jpg", [6]) { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0, count: 10) + [1]) }
    let (index, contents) = try read(tar.ended)
    #expect(
      contents == [
        folders + "a/posix.jpg": [1], long: [2], "größe/日本.jpg": [3, 3, 3], String(pathBytes: [0x63, 0xe9] + ".jpg".utf8): [4],
        "plain.jpg": [5, 5], "base256.jpg": [6],
      ])
    #expect(index.damage == nil && index.remarks.isEmpty && index.refusals.isEmpty)
  }

  @Test("members come as walking the unpacked folder finds them, without hidden ones and folders") func order() throws {
    var tar = TarBytes()
    for name in ["./b/2.jpg", "a-b.jpg", "b/10.jpg", "/a/x.jpg", "a.jpg", "./._a.jpg", ".git/x.jpg", "b/.c/x.jpg", "B.jpg"] {
      tar.add(name, Array(name.utf8))
    }
    tar.add("empty/", kind: "5", size: 7)
    tar.add("old/")
    let (index, contents) = try read(tar.ended)
    #expect(index.members.map(\.name) == ["B.jpg", "a/x.jpg", "a-b.jpg", "a.jpg", "b/10.jpg", "b/2.jpg"])
    #expect(contents["b/2.jpg"] == Array("./b/2.jpg".utf8))
    #expect(index["b/2.jpg"] != nil && index["b/3.jpg"] == nil && index["zz"] == nil && index[""] == nil)
  }

  @Test("of a name that occurs twice the last counts, and that is said") func repetition() throws {
    var tar = TarBytes()
    for content: UInt8 in 1...3 {
      tar.add("a.jpg", [content])
      tar.add("./b.jpg", [content + 10])
    }
    let (index, contents) = try read(tar.ended)
    #expect(contents == ["a.jpg": [3], "b.jpg": [13]])
    #expect(index.remarks.count == 1 && index.remarks[0].contains("occur twice"))
  }

  @Test("a hard link is what it links to; what is not one piece of the archive is refused with the reason") func kinds() throws {
    var tar = TarBytes()
    tar.add("a.jpg", content(700))
    tar.add("hard.jpg", kind: "1", target: "a.jpg")
    tar.addLong(String(repeating: "t/", count: 80) + "t.jpg", kind: "K")
    tar.add("lost.jpg", kind: "1", target: "t")
    tar.add("soft.jpg", kind: "2", target: "a.jpg")
    tar.add("pipe.jpg", kind: "6")
    // GNU's old form: the map of a sparse file goes on in further blocks in front of the content.
    tar.add("sparse.jpg", kind: "S", size: 600, form: "ustar  \u{0}") { $0[482] = 1 }
    tar.append([UInt8](repeating: 0x30, count: 504) + [1])
    tar.append([UInt8](repeating: 0x30, count: 504) + [0])
    tar.append(content(600))
    tar.addRecords([
      ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "holes.jpg"), ("GNU.sparse.realsize", "9"),
    ])
    tar.add("GNUSparseFile.7/holes.jpg", content(512))
    tar.add("volume.jpg", content(3), kind: "M")
    tar.add("name of the volume", kind: "V")
    tar.add("z.jpg", [9])
    let (index, contents) = try read(tar.ended)
    #expect(contents == ["a.jpg": content(700), "hard.jpg": content(700), "z.jpg": [9]])
    #expect(index.damage == nil && index.remarks.isEmpty)
    let words = [
      ("lost.jpg", "does not stand before it"), ("soft.jpg", "--dereference"), ("pipe.jpg", "a pipe or a device"),
      ("sparse.jpg", "without --sparse"), ("holes.jpg", "without --sparse"), ("volume.jpg", "another volume"),
    ]
    #expect(index.refusals.map(\.name) == words.map(\.0))
    for (refusal, (_, text)) in zip(index.refusals, words) { #expect(refusal.reason.contains(text), "\(refusal)") }
  }

  @Test("an archive that is cut anywhere gives the members before, and says what it lacks") func cut() throws {
    var tar = TarBytes()
    tar.add("a.jpg", content(300))
    tar.addLong(String(repeating: "l", count: 130) + ".jpg")
    tar.add("l", content(700), form: "ustar  \u{0}")
    tar.add("c.jpg", content(512))
    let whole = tar.ended
    let ends = [812, 3260, 4608]
    #expect(Array(whole[2560..<3260]) == content(700) && Array(whole[4096..<4608]) == content(512), "the layout of the test")
    let corners = [512, 811, 812, 1024, 1671, 2048, 2560, 3259, 3260, 3584, 4607, 4608, 4609]
    for length in Array(stride(from: 1, to: 5632, by: 37)) + corners {
      let (index, _) = try read(Array(whole[..<length]))
      let isComplete = ends.filter { $0 <= length }.count
      #expect(index.members.count == isComplete, "\(length)")
      // Only a cut between two members can be taken for a writer's carelessness.
      let isBetween = [(812, 1024), (3260, 3584), (4608, 5632)].contains { $0.0 <= length && length <= $0.1 }
      #expect((index.damage == nil) == isBetween, "\(length): \(index.damage ?? "no damage")")
    }
    let (index, _) = try read(Array(whole[..<3000]))
    #expect(index.damage?.contains("cut short") == true)
    let inLast = try read(Array(whole[..<4300])).index
    #expect(inLast.refusals.map(\.name) == ["c.jpg"])
    #expect(try read(Array(whole[..<4608])).index.remarks.first?.contains("no end mark") == true)
  }

  @Test("a flipped bit in a header changes nothing or is noticed") func flipped() throws {
    var tar = TarBytes()
    tar.add("a.jpg", content(100))
    tar.add("b.jpg", content(513))
    tar.add("c.jpg", content(20))
    let whole = tar.ended
    let (sound, _) = try read(whole)
    var noticed = 0
    for byte in 1024..<1536 {
      var bytes = whole
      bytes[byte] ^= 1 << UInt8(byte % 8)
      let (index, _) = try read(bytes)
      if index.damage == nil {
        #expect(index.members == sound.members, "\(byte)")
      } else {
        noticed += 1
        #expect(index.members == [sound.members[0]] && index.damage!.contains("byte 1024"), "\(byte)")
      }
    }
    #expect(noticed > 500)
  }

  @Test("what is no tar, what is empty, and what goes on behind its end") func odd() throws {
    #expect(try read(Array("not a tar at all, only text".utf8)).index.damage?.contains("no tar archive") == true)
    #expect(try read([]).index.damage == "the file is empty")
    let empty = try read(TarBytes().ended).index
    #expect(empty.members.isEmpty && empty.damage == nil && empty.remarks.isEmpty)
    var tar = TarBytes()
    tar.add("a.jpg", [1])
    tar.end()
    tar.add("b.jpg", [2])
    let (joined, contents) = try read(tar.ended)
    #expect(contents == ["a.jpg": [1]])
    #expect(joined.remarks.first?.contains("--concatenate") == true)
    // A size that no file has.
    var huge = TarBytes()
    huge.add("a.jpg", size: .max)
    #expect(try read(huge.ended).index.damage != nil)
  }
}
