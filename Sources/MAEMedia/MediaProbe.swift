import CFFmpeg
import MAEFoundation

/// Tells stills, videos and other files apart.
public enum MediaProbe {
  /// What the file at `path` is; decodes nothing.
  ///
  /// - Parameter timeLimit: how long nothing may get on before the file is given up.
  /// - Throws: ``MediaError`` when the file cannot be read, or claims to be media and its header is broken. Media without a
  ///   usable frame may also be found only when it is opened.
  public static func kind(of path: String, timeLimit: Duration? = .seconds(10)) throws(MediaError) -> MediaKind {
    let head = try MediaError.reading(path) { () throws(SystemError) in
      var file = try Shards.open(path)
      return try file.read(StillFormat.headSize)
    }
    if let kind = try kind(of: path, head: ByteView(head)) { return kind }
    let deadline = Deadline(limit: timeLimit)
    deadline.restart()
    guard let demuxer = try Demuxer.open(path, deadline: deadline) else { return .notMedia }
    switch demuxer.format.kind {
    case .still: return .still
    case .animation: return try hasSeveralPackets(demuxer) ? .video : .still
    case .container, .elementary:
      if demuxer.videoStreams.isEmpty { try demuxer.findStreamInformation() }
      if demuxer.streamCount == 0 {
        throw MediaError(code: .noStream, path: path, doing: "probing the streams", reason: "it holds no stream")
      }
      guard let stream = demuxer.chooseVideoStream() else { return .notMedia }
      // The header's count is believed when it says several.
      if unsafe demuxer.stream(stream).pointee.nb_frames > 1 { return .video }
      demuxer.keepOnly(stream: stream)
      return try hasSeveralPackets(demuxer) ? .video : .still
    }
  }

  /// Whether a file's name promises a picture or video.
  package static func isNamedLikeMedia(_ path: String) -> Bool { mediaExtensions.contains(path.fileExtension) }

  private static let mediaExtensions: Set = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "jxl", "jp2", "j2k",
    "qoi", "ico", "ppm", "pgm", "pbm", "pnm", "tga", "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "wmv", "asf", "flv", "f4v",
    "mpg", "mpeg", "m2v", "vob", "ts", "mts", "m2ts", "mxf", "ogv", "3gp", "3g2", "divx", "dv", "rm", "rmvb", "mjpeg", "mjpg",
    "h264", "264", "h265", "265", "hevc", "ivf", "mj2", "dav",
  ]

  /// What the first bytes tell; nil where a container's reader has to look.
  private static func kind(of path: String, head: ByteView) throws(MediaError) -> MediaKind? {
    guard head.count > 0 else { return .notMedia }
    switch StillFormat(head) {
    case .jpeg: return JPEGFile.isStream(head) || ["mjpeg", "mjpg"].contains(path.fileExtension) ? nil : .still
    case .png: return PNGFile.pictureCount(head).map { $0 > 1 ? .video : .still }
    case .webp:
      guard !WebPFile.isAnimated(head) else {
        throw MediaError(code: .invalidData, path: path, doing: "reading the header", reason: WebPFile.animation.reason)
      }
      return .still
    case .tiff, .heif, .qoi, .jpeg2000: return .still
    case .gif, nil: return nil
    }
  }

  private static func hasSeveralPackets(_ demuxer: Demuxer) throws(MediaError) -> Bool {
    let packet = PacketHandle()
    guard try demuxer.read(into: packet, doing: "counting pictures") else {
      throw MediaError(code: .invalidData, path: demuxer.path, doing: "counting pictures", reason: "it holds no picture")
    }
    unsafe av_packet_unref(packet.pointer)
    return try demuxer.read(into: packet, doing: "counting pictures")
  }
}

extension String {
  /// What stands behind the last dot of a file's name, in small letters; empty without one.
  package var fileExtension: String {
    let name = self[(lastIndex(of: "/").map(index(after:)) ?? startIndex)...]
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    let ending = name[name.index(after: dot)...].lowercased()
    // In `train-000.tar:LICENSE` the dot is the shard's.
    return ending.hasPrefix("tar:") ? "" : ending
  }
}
