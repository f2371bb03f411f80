import MAECore
import MAEData

/// The files of a run, as its guide reads them.
public struct GuidePictures: Sendable {
  /// One file, resized to the model's input.
  public struct Picture: Sendable {
    /// As the model sees it.
    public var clip: Clip
    /// Of the upright picture before resizing, in pixels.
    public var size: FrameSize

    /// A picture with its size before resizing.
    public init(clip: Clip, size: FrameSize) {
      self.clip = clip
      self.size = size
    }
  }

  /// Files of the manifest.
  public var count: Int
  /// Of the manifest.
  public var fingerprint: String
  /// Reads a file by its number in the manifest: the whole of it squeezed into the input, or its largest centred window; nil when
  /// it cannot be read. An error ends the look: it was interrupted, or the storage does not answer.
  public var read: @Sendable (_ file: Int, _ isWhole: Bool) throws(DataError) -> Picture?

  /// Files with a way of reading them.
  public init(
    count: Int, fingerprint: String, read: @escaping @Sendable (_ file: Int, _ isWhole: Bool) throws(DataError) -> Picture?
  ) {
    self.count = count
    self.fingerprint = fingerprint
    self.read = read
  }

  /// Some of the files, numbered from 0.
  func part(_ range: Range<Int>) -> GuidePictures {
    let read = read
    return GuidePictures(count: range.count, fingerprint: fingerprint) { (file, isWhole) throws(DataError) in
      try read(range.lowerBound + file, isWhole)
    }
  }

  /// The files of a manifest.
  ///
  /// - Parameter timeLimit: how long nothing may get on before a file is given up.
  public init(
    _ manifest: Manifest, request: SampleRequest, timeLimit: Duration? = .seconds(60), allowsTruncated: Bool = false
  ) {
    let files = manifest.files
    var fixed = request
    fixed.crop = .centre(filter: request.crop.filter)
    let request = fixed
    @Sendable func picture(_ file: ManifestFile, _ isWhole: Bool) throws(DataError) -> Picture? {
      do throws(DataError) {
        let whole: @Sendable (FrameSize) -> PixelRect = { PixelRect(whole: $0) }
        let sample = try FixedSample(
          path: file.path, request: request, span: file.span, frameRate: file.frameRate, window: isWhole ? whole : nil,
          timeLimit: timeLimit, allowsTruncated: allowsTruncated, isCancelled: { StopSignal.requested != nil })
        return Picture(clip: sample.clip, size: sample.sourceSize)
      } catch {
        guard error.kind != .interrupted else { throw error }
        return nil
      }
    }
    self.init(count: files.count, fingerprint: manifest.fingerprint) { (file, isWhole) throws(DataError) in
      try picture(files[file], isWhole)
    }
  }
}
