import Foundation
import MAEFoundation

/// What a file is that is no media, in words for a sentence.
enum ForeignContent {
  /// "a playlist that names other files; give those", or nil when nothing is known about it.
  static func description(of path: String) -> String? {
    guard var file = try? PatientFile(path: path), let bytes = try? file.read(4096) else { return nil }
    if bytes.isEmpty { return "the file is empty" }
    if let kind = signatures.first(where: { bytes.starts(with: $0.bytes) })?.kind { return kind }
    guard !bytes.contains(0) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: ["\u{feff}", " ", "\n", "\r", "\t"]).lowercased()
    if let kind = beginnings.first(where: { text.hasPrefix($0.text) })?.kind { return kind }
    guard text.hasPrefix("<") else { return nil }
    return elements.first { text.contains("<" + $0.text) }?.kind
  }

  private static let playlist = "it is a playlist, which names other files; give those"
  private static let project = "it is the project of a video editor, which names other files; give those"
  private static let page = "it is a web page, as a download leaves that failed"
  private static let archive = "it is an archive; unpack it first"

  private static let signatures: [(bytes: [UInt8], kind: String)] = [
    (Array("RIFX".utf8), project), (Array("PK\u{3}\u{4}".utf8), archive), ([0x1f, 0x8b], archive), (Array("7z".utf8), archive),
    (Array("Rar!".utf8), archive), ([0xfd] + Array("7zXZ".utf8), archive), (Array("BZh".utf8), archive),
    ([0x28, 0xb5, 0x2f, 0xfd], archive), (Array("%PDF".utf8), "it is a document (PDF)"),
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
