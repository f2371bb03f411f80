import MAEFoundation
import MAEMedia

/// Why a file that is named like a picture or video and holds none is no use.
enum WrongContent {
  /// What is wrong with the content of a file that no format recognises; nil when its name promises no picture.
  static func reason(_ path: String) -> String? {
    guard MediaProbe.isNamedLikeMedia(path) else { return nil }
    var head: [UInt8] = []
    do throws(SystemError) {
      var file = try Shards.open(path)
      head = try file.read(4096)
    } catch {
      return "opening: \(error)"
    }
    if let kind = ForeignContent.description(of: path) { return kind }
    if head.allSatisfy({ $0 == 0 }) { return "the file holds only zeros" }
    let isText = head.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains($0) }
    guard isText else { return "no image or video format recognises its content, or it holds sound alone" }
    // TypeScript's files end like those of MPEG transport streams.
    if ["ts", "mts"].contains(path.fileExtension) { return nil }
    return "it is text, not a picture or video"
  }
}
