import CFFmpeg
import MAECore

/// A video file opened for reading: its packets, and which frames they show.
struct VideoOpening {
  let source: PacketSource
  let index: FrameIndex
  private let isProbed: Bool
  private let turnsDisplay: Bool
  private let layerOfMPEG4: MPEG4Layer?

  /// Opens the file with as little probing as its container allows, and with all of it when something about it is out of the
  /// ordinary.
  init(_ path: String, _ options: VideoReader.Options, _ deadline: Deadline) throws(MediaError) {
    let cache = options.index == nil ? options.cacheFolder.flatMap { IndexCache(folder: $0, path: path) } : nil
    let known = options.index ?? cache?.load()
    if let opening = try Self(path, options, known, isLean: known?.decodedFrameCount ?? 0 == 0, deadline) {
      self = opening
    } else if let opening = try Self(path, options, known, isLean: false, deadline) {
      self = opening
    } else {
      throw MediaError(code: .invalidData, path: path, doing: "opening")
    }
    if known == nil { cache?.store(index) }
  }

  /// nil when the header turned out not to be enough.
  private init?(
    _ path: String, _ options: VideoReader.Options, _ known: FrameIndex?, isLean: Bool, _ deadline: Deadline
  ) throws(MediaError) {
    guard
      let (demuxer, stream, isProbed) = try Demuxer.openVideo(
        path, opening: options.opening, isLean: isLean, deadline: deadline)
    else {
      throw MediaError(
        code: .unknownFormat, path: path, doing: "opening",
        reason: ForeignContent.description(of: path) ?? "no image or video format recognises its content")
    }
    guard let stream else {
      throw MediaError(code: .noStream, path: path, doing: "opening", reason: "it holds no video stream")
    }
    self.isProbed = isProbed
    source = PacketSource(
      demuxer, stream: stream, isProbed: isProbed, deadline: deadline, memoryLimit: options.packetMemory,
      opening: options.opening)
    if let known, known.stream == stream {
      index = known
      source.adopt(known.packets)
      // What the first packet says was not kept: it is looked at again.
      var inspector = unsafe PacketInspector(source.stream.pointee.codecpar)
      turnsDisplay = known.packets.isEmpty ? false : unsafe inspector.inspect(try source.packet(at: 0).bytes).turnsDisplay
      layerOfMPEG4 = inspector.layerOfMPEG4
    } else {
      let result = try IndexBuilder(source: source, isProbed: isProbed).build()
      if result.needsProbing { return nil }
      index = result.index
      turnsDisplay = result.turnsDisplay
      layerOfMPEG4 = result.layerOfMPEG4
    }
    source.delay = index.delay
    if !index.packets.isEmpty,
      unsafe av_packet_get_side_data(try source.packet(at: 0), AV_PKT_DATA_ENCRYPTION_INFO, nil) != nil
    {
      throw MediaError(
        code: .invalidData, path: path, doing: "opening", reason: "it is encrypted, and without its key nothing can be decoded")
    }
    if !isProbed, layerOfMPEG4 != nil { source.headers = unsafe Self.headers(in: try source.packet(at: 0).bytes) }
  }

  /// What stands before the first picture, or group of pictures, of an MPEG-4 packet, as FFmpeg's probing takes it.
  private static func headers(in bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var end = 0
    unsafe UnitSplitter.forEachStartCode(in: bytes) { start in
      let isPicture = unsafe bytes[start] == 0xb3 || bytes[start] == 0xb6
      if isPicture { end = start - 3 }
      return !isPicture
    }
    return unsafe Array(bytes[..<end])
  }

  /// What probing or the first packet's headers tell about the pictures, where that is certain.
  func pictureProperties() throws(MediaError) -> PictureProperties? {
    guard !turnsDisplay, index.decodedFrameCount == 0, index.packetOfFrame.first == 0 else { return nil }
    if isProbed, let probed = unsafe PictureProperties(probed: source.stream) { return probed }
    if let layerOfMPEG4 { return unsafe PictureProperties(layerOfMPEG4, of: source.stream) }
    return unsafe PictureProperties(parsing: try source.packet(at: 0), of: source.stream)
  }
}
