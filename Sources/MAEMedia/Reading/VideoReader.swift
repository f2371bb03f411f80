import CFFmpeg
import MAECore
import MAEFoundation

/// Reads frames of one video by number, in any order, exactly as the `ffmpeg` program shows them.
///
/// Frame *n* is the *n*-th frame of `ffmpeg -threads 1 -i FILE -an -sn -dn -fps_mode passthrough -pix_fmt rgb24`, byte for byte:
/// that program's choice of stream, turned upright. Only what wanted frames need is decoded, only wanted frames are converted,
/// and of them only the window asked for.
///
/// A reader belongs to one thread at a time and decodes with one thread.
public final class VideoReader {
  /// How a video is read.
  public struct Options: Sendable {
    /// What a pixel of a clip holds.
    public var channels: PixelChannels
    /// How long nothing may get on before the file is given up: a read that does not return, a packet that takes too long.
    public var timeLimit: Duration?
    /// A folder in which indexes are kept between runs; nil: none.
    public var cacheFolder: String?
    /// The index of an earlier reader of the same file, which saves making it again.
    public var index: FrameIndex?
    /// Up to how many bytes of compressed video are kept in memory, so that the file is read once.
    public var packetMemory: Int
    /// Decodes each clip with a decoder that has seen nothing else, so that what a damaged file gives does not depend on what was
    /// read before. Of undamaged files frames are always the same.
    public var forgetsBetweenClips: Bool
    package var opening = PatientFile.opening

    /// RGB, without time limit and cache, unless told otherwise.
    public init(
      channels: PixelChannels = .rgb, timeLimit: Duration? = nil, cacheFolder: String? = nil, index: FrameIndex? = nil,
      packetMemory: Int = 32 << 20, forgetsBetweenClips: Bool = false
    ) {
      self.channels = channels
      self.timeLimit = timeLimit
      self.cacheFolder = cacheFolder
      self.index = index
      self.packetMemory = packetMemory
      self.forgetsBetweenClips = forgetsBetweenClips
    }
  }

  /// Of the video file.
  public let path: String
  /// What is known of the video.
  public private(set) var info: VideoInfo
  /// Which frames there are; made again when decoding shows others.
  public private(set) var index: FrameIndex
  /// What reading has cost so far.
  public private(set) var statistics = DecodeStatistics()

  let options: Options
  let deadline: Deadline
  let source: PacketSource
  private var decoder: Decoder
  private let frame = FrameHandle()
  private let converter: FrameConverter
  private let resampler = ResampleWorker()
  private let canSkip: Bool
  private let orientation: Orientation
  private var map: FrameMap
  /// The last packet given to the decoder since it started, if more may follow it.
  private var continuesAfter: Int?
  /// Whether the picture that is to be decoded in place of the next packet is not in the decoder, as the packet that holds it was
  /// left out.
  private var lacksHeld = false
  /// The frame that the decoder gave out last, and its packet.
  private var lastTaken: (place: Int, number: Int)?
  /// Whether the decoder has given out the first frame, and nothing else, and `frame` still holds it.
  private var holdsFirstFrame = false

  /// Opens a video and finds all its frames.
  ///
  /// - Throws: ``MediaError`` when the file is not media, holds no video, or none of its frames can be decoded.
  public init(path: String, options: Options = .init()) throws(MediaError) {
    self.path = path
    self.options = options
    deadline = Deadline(limit: options.timeLimit)
    deadline.restart()
    let opening = try VideoOpening(path, options, deadline)
    guard opening.index.frameCount > 0 else {
      throw MediaError(code: .invalidData, path: path, doing: "opening", reason: "it shows no frame")
    }
    source = opening.source
    index = opening.index
    decoder = unsafe try Decoder(path, source.stream, startsAnywhere: true)
    converter = FrameConverter(path: path)
    canSkip = unsafe PacketInspector(source.stream.pointee.codecpar).canSkipUnreferenced
    map = FrameMap(index, canSkip: canSkip)

    var properties = try opening.pictureProperties()
    if properties == nil, let last = try Self.decodeFirstFrame(source, decoder, index, into: frame) {
      properties = unsafe PictureProperties(frame.pointer, source.stream)
      // Of a file cut open, the decoder may give a frame first that the ffmpeg program does not show.
      if let first = index.packetOfFrame.first, unsafe frame.pointer.pointee.pts == Int64(first) {
        continuesAfter = last
        holdsFirstFrame = true
      }
    }
    guard let properties else {
      throw MediaError(code: .invalidData, path: path, doing: "opening", reason: "none of its frames can be decoded")
    }
    guard let orientation = properties.orientation else {
      throw MediaError(
        code: .invalidData, path: path, doing: "opening", reason: "its pictures are rotated by an angle that is no quarter turn")
    }
    self.orientation = orientation
    info = unsafe VideoInfo(index, source.format, source.stream, properties, orientation)
  }

  /// The last frame whose time is at or before `seconds` after the first shown frame.
  public func frameNumber(at seconds: Double) -> FrameNumber { index.frameNumber(at: seconds) }

  /// Decodes the frames at `frames`, in the given order; repeats are allowed.
  ///
  /// - Parameters:
  ///   - crop: a window in pixels of the upright picture; nil = all of it.
  ///   - isFlipped: mirrors left and right after cropping.
  ///   - size: the size frames are resized to, with antialiasing; nil = the window's own.
  /// - Throws: ``MediaError`` when a frame number is past the end, the window lies outside the picture, a frame cannot be
  ///   decoded, or the time limit passes. The reader stays usable.
  public func clip(
    at frames: [FrameNumber], crop: PixelRect? = nil, isFlipped: Bool = false, size: FrameSize? = nil,
    filter: ResizeFilter = .bilinear
  ) throws(MediaError) -> Clip {
    try clips([ClipWindow(frames: frames, crop: crop, isFlipped: isFlipped, size: size, filter: filter)])[0].get()
  }

  /// Decodes several clips at once: a frame that more than one of them needs is decoded once.
  ///
  /// - Returns: for each window its clip, or why it cannot be read, as ``clip(at:crop:isFlipped:size:filter:)`` says.
  public func clips(_ windows: [ClipWindow]) -> [Result<Clip, MediaError>] {
    deadline.restart()
    if options.forgetsBetweenClips { continuesAfter = nil }
    var failures = [MediaError?](repeating: nil, count: windows.count)
    var canvases: [ClipCanvas] = []
    for (number, window) in windows.enumerated() {
      let crop = window.crop ?? PixelRect(whole: info.size)
      var frames = window.frames
      do throws(MediaError) { try check(frames, crop, window.size) } catch {
        failures[number] = error
        frames = []
      }
      canvases.append(
        ClipCanvas(
          frames: frames, crop: crop, isFlipped: window.isFlipped, size: window.size ?? crop.size, filter: window.filter,
          channels: options.channels))
    }
    do throws(MediaError) { try paint(&canvases) } catch {
      for number in canvases.indices where !canvases[number].missing.isEmpty { failures[number] = error }
    }
    return windows.indices.map { number in
      if let failure = failures[number] { return .failure(failure) }
      if let missing = canvases[number].missing.min() { return .failure(undecodable(missing)) }
      let frames = windows[number].frames
      statistics.framesDelivered += frames.count
      return .success(canvases[number].clip(times: frames.map { index.times[$0.value] }))
    }
  }

  /// Decodes what the canvases lack; frames that cannot be had stay missing.
  private func paint(_ canvases: inout [ClipCanvas]) throws(MediaError) {
    // Where frames are not what they should be, decoding starts at earlier and earlier key frames, and at last from the
    // beginning.
    var trusted = map
    var tries = 0
    while true {
      let wanted = canvases.missing.filter { $0 < index.frameCount }.sorted()
      var failed: DecodePlan.Stretch?
      for stretch in DecodePlan(wanted, of: trusted).stretches where failed == nil {
        try decode(stretch, trusted, onto: &canvases)
        if !canvases.missing.isDisjoint(with: stretch.frames) { failed = stretch }
      }
      guard let failed else { return }
      if failed.frames.contains(where: { canvases.missing.contains($0) && checksum(of: $0) == 0 }) {
        try distrustPackets()
        trusted = map
        for target in canvases.indices { canvases[target].clear() }
      } else if failed.start == 0 {
        return
      } else {
        tries += 1
        if tries > IndexBuilder.runUp { trusted.distrustAll() } else { trusted.distrust(failed.start) }
      }
    }
  }

  private func checksum(of frame: Int) -> UInt32 { index.checksums.isEmpty ? 0 : index.checksums[frame] }

  private func undecodable(_ frame: Int) -> MediaError {
    let isPastEnd = frame >= index.frameCount
    return MediaError(
      code: .invalidData, path: path, doing: "decoding frame \(frame)",
      reason: isPastEnd ? "only \(index.frameCount) frames can be decoded" : nil,
      frameTime: isPastEnd ? index.times.last : index.times[frame])
  }

  private func check(_ frames: [FrameNumber], _ crop: PixelRect, _ size: FrameSize?) throws(MediaError) {
    if let bad = frames.first(where: { !index.times.indices.contains($0.value) }) {
      throw MediaError(
        code: FFmpegCode(-22), path: path, doing: "decoding frame \(bad)",
        reason: "it has \(index.frameCount) frames, numbered from 0")
    }
    let fits = crop.fits(in: info.size)
    if !fits || (size.map { $0.width <= 0 || $0.height <= 0 || $0.pixelCount > FFmpegLibrary.videoPixelLimit } ?? false) {
      throw MediaError(
        code: FFmpegCode(-22), path: path, doing: "cropping",
        reason:
          "the window \(crop.x),\(crop.y) \(crop.size) resized to \(size ?? crop.size) is not possible in \(info.size) pixels")
    }
  }

  // MARK: - Decoding

  private func decode(
    _ stretch: DecodePlan.Stretch, _ map: FrameMap, onto canvases: inout [ClipCanvas]
  ) throws(MediaError) {
    var place = stretch.start
    if holdsFirstFrame, stretch.start == 0, let last = continuesAfter {
      if stretch.frames.contains(0) { try take(0, of: stretch, onto: &canvases) }
      place = last + 1
    } else if !holdsFirstFrame, let last = continuesAfter, last >= stretch.start, last < map.place(of: stretch.frames[0]),
      !stretch.frames.contains(where: map.isRepeated)
    {
      place = last + 1
    } else {
      if options.forgetsBetweenClips || !index.checksums.isEmpty {
        decoder = unsafe try Decoder(path, source.stream, startsAnywhere: true)
      } else {
        decoder.flush()
      }
      lastTaken = nil
      lacksHeld = false
      statistics.seeks += 1
    }
    continuesAfter = nil
    holdsFirstFrame = false
    let places = Set(stretch.frames.map { map.place(of: $0) })
    // The other field of the last frame is in the next packet.
    let last = index.irregularity == .fieldsInSeparatePackets ? min(stretch.last + 1, index.packets.count - 1) : stretch.last
    while place <= last {
      try deadline.check(path, doing: "decoding frame \(stretch.frames[0])")
      let skips = map.canSkip(place) && !places.contains(place)
      // The decoder took nothing from the packet before, so that packet is what it gets here, if anything.
      let isHeld = lacksHeld
      if !(isHeld && skips) {
        let packet = unsafe try source.packet(at: isHeld ? place - 1 : place)
        _ = unsafe decoder.send(packet, place: place, skippingUnreferenced: skips)
        statistics.packets += 1
        if !skips { statistics.framesDecoded += 1 }
        try takeFrames(stretch, onto: &canvases)
      }
      lacksHeld = index.packets[place].holdsNext && (skips || isHeld)
      place += 1
    }
    if !canvases.missing.isDisjoint(with: stretch.frames) {
      decoder.finish()
      try takeFrames(stretch, onto: &canvases)
    } else {
      continuesAfter = last
    }
  }

  private func takeFrames(_ stretch: DecodePlan.Stretch, onto canvases: inout [ClipCanvas]) throws(MediaError) {
    while decoder.receive(into: frame) == .frame {
      let place = unsafe Int(exactly: frame.pointer.pointee.pts).flatMap { $0 < 0 ? nil : $0 }
      // Of several frames of a packet only the first one carries its place.
      let isFurther = place == nil || place == lastTaken?.place
      let numbers = isFurther ? lastTaken.map { [$0.number + 1] } ?? [] : place.map(map.frames) ?? []
      if let first = numbers.first { lastTaken = (place ?? lastTaken?.place ?? 0, first) }
      // Frames that lean on what came before the key frame may come out too, but not whole.
      for number in numbers where stretch.frames.contains(number) { try take(number, of: stretch, onto: &canvases) }
    }
  }

  /// Paints the frame in hand, unless it is not what it was when the index was made. What is decoded from the start is right.
  private func take(_ number: Int, of stretch: DecodePlan.Stretch, onto canvases: inout [ClipCanvas]) throws(MediaError) {
    let expected = checksum(of: number)
    if expected != 0, stretch.start > 0, unsafe pictureChecksum(of: frame.pointer) != expected { return }
    try paint(number, onto: &canvases)
  }

  private func paint(_ number: Int, onto canvases: inout [ClipCanvas]) throws(MediaError) {
    for target in canvases.indices where canvases[target].missing.contains(number) {
      let view = unsafe try converter.convert(
        frame, orientation, size: info.size, crop: canvases[target].crop, channels: options.channels)
      statistics.framesConverted += 1
      unsafe canvases[target].paint(number, view, resampler)
    }
  }

  /// The packets promised frames that the decoder did not give: all of the file is decoded, and the frames it gives are counted.
  private func distrustPackets() throws(MediaError) {
    index = try IndexBuilder(source: source).decodeAll(index.packets, because: .decodingDisagreed, delay: index.delay)
    map = FrameMap(index, canSkip: false)
    continuesAfter = nil
    lacksHeld = false
    info = info.with(index)
  }

  /// Feeds the decoder until it gives the first frame. Returns the last packet fed, or nil when no packet gives a frame.
  private static func decodeFirstFrame(
    _ source: PacketSource, _ decoder: Decoder, _ index: FrameIndex, into frame: borrowing FrameHandle
  ) throws(MediaError) -> Int? {
    for place in index.packets.indices {
      _ = unsafe decoder.send(try source.packet(at: place), place: place, skippingUnreferenced: false)
      if decoder.receive(into: frame) == .frame { return place }
    }
    decoder.finish()
    return decoder.receive(into: frame) == .frame ? index.packets.count : nil
  }
}
