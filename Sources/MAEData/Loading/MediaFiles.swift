import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import Synchronization

/// Opens real videos and stills.
package struct MediaFiles: SampleSourceOpener {
  private let channels: PixelChannels
  private let timeLimit: Duration?
  private let cacheFolder: String?
  private let allowsTruncated: Bool
  private let indexes = IndexMemory()

  /// - Parameters:
  ///   - timeLimit: How long opening a file, or reading one clip of it, may take.
  ///   - cacheFolder: Where frame indexes are kept between runs.
  ///   - allowsTruncated: Takes what there is of a still whose end is missing.
  package init(channels: PixelChannels, timeLimit: Duration?, cacheFolder: String?, allowsTruncated: Bool = false) {
    self.channels = channels
    self.timeLimit = timeLimit
    self.cacheFolder = cacheFolder
    self.allowsTruncated = allowsTruncated
  }

  package func open(_ file: ManifestFile, for request: SampleRequest) throws(SampleFailure) -> any SampleSource {
    do throws(DataError) {
      if Episode.isNamedLikeOne(file.path) { return try EpisodeSource(file.path, for: request) }
      if let views = request.views { throw DataError.singleCamera(file.path, views) }
      if let vector = request.vector { throw DataError.noVector(file.path, vector) }
    } catch {
      throw SampleFailure(error.reason, isWholeFile: true)
    }
    do throws(MediaError) {
      let version = FileVersion(of: file.path)
      let isChanged = version != nil && file.version.map { $0 != version } ?? false
      let options = VideoReader.Options(
        channels: channels, timeLimit: timeLimit, cacheFolder: cacheFolder, index: indexes[file.path, version],
        packetMemory: VideoSource.packetMemory, forgetsBetweenClips: true)
      if let frameRate = file.frameRate {
        let folder = try FrameFolder(file.path, frameRate: frameRate, timeLimit: timeLimit, allowsTruncated: allowsTruncated)
        return FolderSource(folder, try EpisodeNumbers.besideMedia(file.path, frames: folder.paths.count))
      }
      // What was changed in place is taken as it is now, as long as it shows the same kind of thing.
      let opened = try MediaFile.open(file.path, as: isChanged ? nil : file.kind, options, allowsTruncated: allowsTruncated)
      switch opened {
      case .video(let reader) where file.kind == .video:
        indexes[file.path, version] = reader.index
        return try VideoSource(
          reader, EpisodeNumbers.besideMedia(file.path, frames: reader.info.frameCount), isChanged: isChanged)
      case .still(let still) where file.kind == .still: return StillSource(still, isChanged: isChanged)
      default:
        throw MediaError(
          code: .invalidData, path: file.path, doing: "opening",
          reason: "it was a \(file.kind.rawValue) when it was searched for, was changed in place, and is none now")
      }
    } catch {
      throw SampleFailure(error, isWholeFile: true)
    }
  }
}

/// Frame indexes of videos that were open before, which saves a scan when they are opened again unchanged; up to a few hundred
/// megabytes.
private final class IndexMemory: Sendable {
  private struct State {
    /// By the bytes of paths: texts that look alike are equal and name different files.
    var indexes: [[UInt8]: (version: FileVersion?, index: FrameIndex)] = [:]
    var frames = 0
  }

  private static let maximumFrames = 4_000_000
  private let state = Mutex(State())

  subscript(path: String, version: FileVersion?) -> FrameIndex? {
    get {
      state.withLock { state in state.indexes[path.pathBytes].flatMap { $0.version == version ? $0.index : nil } }
    }
    set {
      state.withLock { state in
        let before = state.indexes[path.pathBytes]
        if let before, before.version == version { return }
        let frames = state.frames - (before?.index.frameCount ?? 0)
        guard let newValue, frames + newValue.frameCount <= Self.maximumFrames else { return }
        state.indexes[path.pathBytes] = (version, newValue)
        state.frames = frames + newValue.frameCount
      }
    }
  }
}

private final class VideoSource: SampleSource {
  static let packetMemory = 16 << 20

  private let reader: VideoReader
  private let rewards: EpisodeNumbers?
  private var decodedBefore = 0
  let details: ManifestFile.Details
  let frameRate: Double
  let pixelAspect: Double
  let memory: Int

  init(_ reader: VideoReader, _ rewards: EpisodeNumbers?, isChanged: Bool) {
    (self.reader, self.rewards) = (reader, rewards)
    let info = reader.info
    details = ManifestFile.Details(
      width: info.size.width, height: info.size.height, frames: info.frameCount, duration: info.duration,
      isChanged: isChanged)
    frameRate = info.frameRate
    pixelAspect = info.pixelAspect
    // A decoder holds about a dozen pictures of 1.5 bytes per pixel beside the packets.
    let bytes = (try? Shards.open(reader.path).size) ?? 0
    memory = info.size.pixelCount * 18 + min(bytes, Self.packetMemory)
  }

  /// A reader that had to count frames anew numbers them differently from then on.
  var needsReopening: Bool { reader.info.frameCount != details.frames || reader.index.irregularity == .decodingDisagreed }

  func numbers(at frames: [FrameNumber]) -> [String: Double] { EpisodeNumbers.named(rewards?.rewards, at: frames) }

  func takeDecodedFrameCount() -> Int {
    defer { decodedBefore = reader.statistics.framesDecoded }
    return reader.statistics.framesDecoded - decodedBefore
  }

  func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
    let clips = reader.clips(
      windows.map {
        ClipWindow(
          frames: $0.frames, crop: $0.crop, isFlipped: $0.isFlipped, size: request.size, filter: request.crop.filter)
      })
    return clips.map { $0.mapError { SampleFailure($0, isWholeFile: false) } }
  }
}

private final class FolderSource: SampleSource {
  private let folder: FrameFolder
  private let rewards: EpisodeNumbers?
  private var decoded = 1

  init(_ folder: FrameFolder, _ rewards: EpisodeNumbers?) { (self.folder, self.rewards) = (folder, rewards) }

  var details: ManifestFile.Details {
    let frames = folder.paths.count
    return ManifestFile.Details(
      width: folder.size.width, height: folder.size.height, frames: frames, duration: Double(frames) / folder.frameRate)
  }
  var frameRate: Double { folder.frameRate }
  /// A decoded picture and its converted copy.
  var memory: Int { folder.size.pixelCount * 6 }
  var needsReopening: Bool { false }

  func numbers(at frames: [FrameNumber]) -> [String: Double] { EpisodeNumbers.named(rewards?.rewards, at: frames) }

  func takeDecodedFrameCount() -> Int {
    defer { decoded = 0 }
    return decoded
  }

  func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
    windows.map { window in
      decoded += Set(window.frames).count
      do throws(MediaError) {
        return .success(try folder.clip(window, for: request))
      } catch {
        return .failure(SampleFailure(error, isWholeFile: false))
      }
    }
  }
}

private final class StillSource: SampleSource {
  private let still: DecodedStill
  private let isChanged: Bool
  private var decoded = 1

  init(_ still: DecodedStill, isChanged: Bool) { (self.still, self.isChanged) = (still, isChanged) }

  var details: ManifestFile.Details {
    ManifestFile.Details(width: still.size.width, height: still.size.height, frames: 1, duration: nil, isChanged: isChanged)
  }
  var frameRate: Double { 0 }
  /// The decoded picture and its converted copy.
  var memory: Int { still.size.pixelCount * 6 }
  var needsReopening: Bool { false }

  func takeDecodedFrameCount() -> Int {
    defer { decoded = 0 }
    return decoded
  }

  func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>] {
    windows.map { window in
      do throws(MediaError) {
        return .success(try MediaFile.still(still).clip(window, for: request))
      } catch {
        return .failure(SampleFailure(error, isWholeFile: true))
      }
    }
  }
}

extension SampleFailure {
  /// What a reader says, without the path, which stands beside it in the list of bad files.
  init(_ error: MediaError, isWholeFile: Bool) {
    self.init(
      error.withoutPath, frameTime: isWholeFile ? nil : error.frameTime, isWholeFile: isWholeFile,
      chance: error.code == .interrupted ? .timeOut : error.isReadError ? .readError : nil)
  }
}

extension MediaError {
  var withoutPath: String { "\(doing): \(reason ?? code.text)" }
}
