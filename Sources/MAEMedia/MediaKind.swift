import CFFmpeg

/// What a file is, by its content and not by its name.
public enum MediaKind: String, Hashable, Codable, Sendable {
  /// No image or video format recognises it, or it holds sound alone.
  case notMedia
  /// One picture.
  case still
  /// Moving pictures: every video stream, and animations of several pictures.
  case video
}

/// Tells stills, videos and other files apart.
public enum MediaProbe {
  /// What the file at `path` is; decodes nothing.
  ///
  /// - Throws: ``MediaError`` when the file cannot be read, or claims to be media and its header is broken. Media without a usable
  ///   frame may also be found only when it is opened.
  public static func kind(of path: String) throws(MediaError) -> MediaKind {
    let deadline = Deadline(limit: .seconds(10))
    deadline.restart()
    guard let demuxer = try Demuxer.open(path, deadline: deadline) else { return .notMedia }
    switch demuxer.format.kind {
    case .still: return .still
    case .animation: return try isAnimated(demuxer) ? .video : .still
    case .container, .elementary:
      if demuxer.videoStreams.isEmpty { try demuxer.findStreamInformation() }
      if demuxer.streamCount == 0 {
        throw MediaError(code: .noStream, path: path, doing: "probing the streams", reason: "it holds no stream")
      }
      return demuxer.videoStreams.isEmpty ? .notMedia : .video
    }
  }

  private static func isAnimated(_ demuxer: Demuxer) throws(MediaError) -> Bool {
    let packet = PacketHandle()
    guard try demuxer.read(into: packet, doing: "counting pictures") else {
      throw MediaError(code: .invalidData, path: demuxer.path, doing: "counting pictures", reason: "it holds no picture")
    }
    unsafe av_packet_unref(packet.pointer)
    return try demuxer.read(into: packet, doing: "counting pictures")
  }
}
