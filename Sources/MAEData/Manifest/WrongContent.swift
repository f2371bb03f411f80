import MAEFoundation
import MAEMedia

/// Why a file that is named like a picture or video and holds none is no use.
enum WrongContent {
  /// Names of picture and video files end in one of these.
  private static let mediaExtensions: Set = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "jxl", "jp2", "j2k",
    "qoi", "ico", "ppm", "pgm", "pbm", "pnm", "tga", "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "wmv", "asf", "flv", "f4v",
    "mpg", "mpeg", "m2v", "vob", "ts", "mts", "m2ts", "mxf", "ogv", "3gp", "3g2", "divx", "dv", "rm", "rmvb", "mjpeg", "mjpg",
    "h264", "264", "h265", "265", "hevc", "ivf", "mj2", "dav",
  ]

  static func isNamedLikeMedia(_ path: String) -> Bool { mediaExtensions.contains(path.fileExtension) }

  /// What is wrong with the content of a file that no format recognises; nil when its name promises no picture.
  static func reason(_ path: String) -> String? {
    guard isNamedLikeMedia(path) else { return nil }
    var head: [UInt8] = []
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      head = try file.read(4096)
    } catch {
      return "opening: \(error)"
    }
    if head.isEmpty { return "the file is empty" }
    if head.allSatisfy({ $0 == 0 }) { return "the file holds only zeros" }
    let isText = head.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains($0) }
    guard isText else { return "no image or video format recognises its content, or it holds sound alone" }
    // TypeScript's files end like those of MPEG transport streams.
    if ["ts", "mts"].contains(path.fileExtension) { return nil }
    let text = String(decoding: head.prefix(256), as: UTF8.self)
    let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }.prefix(14).lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
      ? "it is a web page, not a picture or video: get the file again" : "it is text, not a picture or video"
  }
}
