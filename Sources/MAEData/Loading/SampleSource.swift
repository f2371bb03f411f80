import MAECore

/// Why a file or one of its clips could not be read.
package struct SampleFailure: Error, Codable, Hashable, Sendable {
  package var reason: String
  /// Seconds from the first shown frame to the frame that failed, where that is known.
  package var frameTime: Double?
  /// Whether every other sample of the file would fail as well.
  package var isWholeFile: Bool
  /// What failed is not the file, as far as is known: the read took too long, or the storage reported an error.
  package var chance: Chance?

  package enum Chance: String, Codable, Hashable, Sendable { case timeOut, readError }

  package init(_ reason: String, frameTime: Double? = nil, isWholeFile: Bool, chance: Chance? = nil) {
    self.reason = reason
    self.frameTime = frameTime
    self.isWholeFile = isWholeFile
    self.chance = chance
  }
}

/// A part of a file that a sample wants.
package struct SampleWindow: Hashable, Sendable {
  package var frames: [FrameNumber]
  package var crop: PixelRect
  package var isFlipped: Bool

  package init(frames: [FrameNumber], crop: PixelRect, isFlipped: Bool) {
    self.frames = frames
    self.crop = crop
    self.isFlipped = isFlipped
  }
}

/// An opened video or still. It belongs to the worker that opened it.
package protocol SampleSource: AnyObject {
  var details: ManifestFile.Details { get }
  /// Frames per second on average; 0 for stills.
  var frameRate: Double { get }
  /// Width of a pixel divided by its height, as shown.
  var pixelAspect: Double { get }
  /// Bytes that keeping the file open costs, roughly.
  var memory: Int { get }

  /// Whether later reads may give other pixels than a newly opened source would; it is then closed after use.
  var needsReopening: Bool { get }

  /// Reads several windows, each resized to the request's size; the results are in the order of the windows.
  func read(_ windows: [SampleWindow], for request: SampleRequest) -> [Result<Clip, SampleFailure>]

  /// What is known of some frames by name, such as rewards.
  func numbers(at frames: [FrameNumber]) -> [String: Double]

  /// Frames decoded since the last call.
  func takeDecodedFrameCount() -> Int
}

extension SampleSource {
  package var pixelAspect: Double { 1 }
  package func numbers(at frames: [FrameNumber]) -> [String: Double] { [:] }
}

/// Opens files for a loader; shared by its workers.
package protocol SampleSourceOpener: Sendable {
  /// - Parameter request: what samples will be.
  func open(_ file: ManifestFile, for request: SampleRequest) throws(SampleFailure) -> any SampleSource
}
