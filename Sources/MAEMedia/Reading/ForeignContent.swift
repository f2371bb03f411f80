import Foundation
import MAEFoundation

/// What a file is that is no media, in words for a sentence.
package enum ForeignContent {
  /// "a playlist that names other files; give those", or nil when nothing is known about it.
  package static func description(of path: String) -> String? {
    guard var file = try? Shards.open(path), let bytes = try? file.read(4096) else { return nil }
    if bytes.isEmpty { return "the file is empty" }
    if let kind = kind(bySignatureOf: ByteView(bytes)) { return kind }
    guard !bytes.contains(0) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: ["\u{feff}", " ", "\n", "\r", "\t"]).lowercased()
    if let kind = beginnings.first(where: { text.hasPrefix($0.text) })?.kind { return kind }
    guard text.hasPrefix("<") else { return nil }
    return elements.first { text.contains("<" + $0.text) }?.kind
  }

  /// What files are that begin with certain bytes, whatever pictures they hold further on; nil when there are none of these.
  static func kind(bySignatureOf head: ByteView) -> String? {
    signatures.first { head.part(from: $0.place, count: $0.bytes.count)?.array.elementsEqual($0.bytes) ?? false }?.kind
  }

  private static let playlist = "it is a playlist, which names other files; give those"
  private static let project = "it is the project of a video editor, which names other files; give those"
  private static let page = "it is a web page, not a picture or video: get the file again"
  private static let archive = "it is an archive; unpack it first"
  private static let database = "it is a database or a store of previews, not a picture or video"
  private static let values = "it is a file of values (pickle, MATLAB, NumPy, HDF5), not a picture or video"

  private struct Signature {
    var place = 0
    var bytes: [UInt8]
    var kind: String

    init(_ bytes: [UInt8], _ text: String = "", at place: Int = 0, is kind: String) {
      (self.place, self.bytes, self.kind) = (place, bytes + Array(text.utf8), kind)
    }
  }

  private static let signatures = [
    Signature([], "RIFX", is: project), Signature([], "PK\u{3}\u{4}", is: archive), Signature([], "ustar", at: 257, is: archive),
    Signature([0x1f, 0x8b, 8], is: archive), Signature([0x37, 0x7a, 0xbc, 0xaf], is: archive), Signature([], "Rar!", is: archive),
    Signature([0xfd], "7zXZ", is: archive), Signature([], "BZh", is: archive), Signature([0x28, 0xb5, 0x2f, 0xfd], is: archive),
    Signature([], "%PDF", is: "it is a document (PDF)"), Signature([], "SQLite format 3\0", is: database),
    Signature([0xd0, 0xcf, 0x11, 0xe0], is: database), Signature([], "MATLAB 5.0 MAT-file", is: values),
    Signature([0x93], "NUMPY", is: values), Signature([0x89], "HDF\r\n", is: values), Signature([0x80, 3, 0x7d], is: values),
    Signature([0x80, 4, 0x95], is: values), Signature([0x80, 5, 0x95], is: values),
  ]

  private static let beginnings: [(text: String, kind: String)] = [
    ("#extm3u", playlist), ("[playlist]", playlist), ("ffconcat", playlist), ("<!doctype html", page), ("<html", page),
    ("version https://git-lfs", "it is a pointer of Git LFS to a file that was not fetched; run git lfs pull"),
  ]

  private static let elements: [(text: String, kind: String)] = [
    ("html", page), ("svg", "it is a vector drawing"), ("playlist", playlist), ("mpd", playlist), ("smil", playlist),
    ("asx", playlist), ("mlt", project), ("kdenlivedoc", project), ("fcpxml", project), ("xmeml", project),
    ("premieredata", project), ("project", project),
  ]
}
