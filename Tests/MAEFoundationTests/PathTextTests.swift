import Foundation
import MAEFoundation
import TestSupport
import Testing

@Suite("a path's text holds any bytes")
struct PathTextTests {
  @Test(
    "tidy paths",
    arguments: [
      ("./a//b/", "a/b"), ("a/./b/.", "a/b"), ("/", "/"), ("//x//", "/x"), (".", "."), ("./", "."), ("../a", "../a"),
      (".a/b", ".a/b"),
    ])
  func tidy(path: String, expected: String) { #expect(path.tidyPath == expected) }

  @Test(
    "bytes come back, and text is as it was",
    arguments: [
      Array("plain/a b.mp4".utf8), Array("caf\u{e9}.mp4".utf8), Array("cafe\u{301}.mp4".utf8),
      Array("caf".utf8) + [0xe9] + Array(".mp4".utf8),
      [0xff, 0xfe], [0xe9], [0xf0, 0x9f, 0x92], Array("\u{1f480}\u{ef80}\u{efff}".utf8), Array("\u{ef7f}\u{f000}".utf8), [],
      (0x80...0xff).map { UInt8($0) },
    ])
  func roundTrip(bytes: [UInt8]) {
    let text = String(pathBytes: bytes)
    #expect(text.pathBytes == bytes)
    #expect(
      unsafe text.withPath { unsafe Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }.map { UInt8(bitPattern: $0) }
        == bytes)
    if let plain = String(validating: bytes, as: UTF8.self), !bytes.contains(0xee) { #expect(text == plain && !text.holdsBytes) }
  }

  @Test("different bytes have different texts") func distinct() {
    // U+EFE9 stands for the byte E9: a name with that character is another one.
    #expect(String(pathBytes: [0xe9]) != String(pathBytes: Array("\u{efe9}".utf8)))
  }

  @Test("people see the bytes, JSON has Python's escapes") func shown() {
    let text = String(pathBytes: Array("a/caf".utf8) + [0xe9, 0x80] + Array("\u{e9}".utf8))
    #expect(text.shownPath == "a/caf\\xe9\\x80\u{e9}")
    #expect(text.withHeldBytesAsJSON == "a/caf\\udce9\\udc80\u{e9}")
  }

  @Test("a terminal shows control characters and obeys none") func controls() {
    #expect("a\u{1b}[2J\r\u{7}\u{9b}\u{7f}b\n\tc\u{e9}".withoutControls == "a\\x1b[2J\\x0d\\x07\\x9b\\x7fb\n\tc\u{e9}")
    #expect("\u{e9}\u{1f480}".withoutControls == "\u{e9}\u{1f480}")
  }

  @Test("things are counted in words") func numbers() {
    #expect([0, 1, 2].map { counted($0, "batch") } == ["0 batches", "1 batch", "2 batches"])
    #expect(counted(2, "entry") == "2 entries" && counted(1, "row") == "1 row")
  }

  @Test("what JSON lines say of a name leads back to it") func jsonLines() throws {
    struct Line: Codable, Equatable { var path: String }
    let names: [[UInt8]] = [[0xe9], Array("\\udce9\\".utf8), Array("\u{1f480}".utf8) + [0x80], Array("\"\\u{7}".utf8) + [0xff]]
    let lines = names.map { Line(path: String(pathBytes: $0)) }
    let folder = TemporaryFolder()
    let path = folder.path("lines.jsonl")
    try DurableFile.write(JSONLines.text(lines), to: path)
    #expect(try JSONLines.read(path) == lines)
    #expect(try JSONParser.parse(Array(JSONText.line(lines[0]).utf8)).object?["path"]?.text == lines[0].path)
    #expect(try JSONParser.parse(Array(#""\ud83d\udc80""#.utf8)).text == "\u{1f480}")
    #expect(JSONValue.text(lines[0].path).serialized(indent: false) == #""\udce9""#)
  }

  @Test("places of elements and members") func places() throws {
    let array = Array(#" [1, "a" ,{"b":2}]"#.utf8)
    #expect(try JSONParser.elements(of: array, at: 1).map(\.offset) == [2, 5, 10])
    let members = try JSONParser.members(of: Array(#"{"a" : [1], "b":2}"#.utf8), at: 0)
    #expect(members.map(\.key) == ["a", "b"] && members.map(\.offset) == [7, 16])
  }

  @Test("a path from the root has no dots and no doubled slashes") func absolute() {
    #expect("/a//b/./c/../d/".absolutePath == "/a/b/c/../d")
    #expect("x".absolutePath == FileManager.default.currentDirectoryPath + "/x")
  }
}
