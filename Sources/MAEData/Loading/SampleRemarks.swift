import MAECore
import MAEFoundation

/// What was done to samples so that a model can take them, counted over files: who trains or looks at a model may have meant
/// something else.
public struct SampleRemarks: Sendable {
  /// What can be said of a file.
  private enum Fact: CaseIterable {
    case shortClip, shortPart, smallPicture, stillAsClip, videoAsStill, changed
  }

  private let request: SampleRequest
  private var found: [Fact: (count: Int, first: String)] = [:]
  private var files = 0

  /// Nothing yet, of samples that a request asks for.
  public init(_ request: SampleRequest) { self.request = request }

  /// Takes in a file and the frames that were chosen of it.
  ///
  /// - Parameter size: of the upright source, in pixels.
  mutating func add(_ path: String, _ kind: ManifestFile.Kind, size: FrameSize, frames: [FrameNumber]) {
    files += 1
    if kind == .still, frames.count > 1 { note(.stillAsClip, path) }
    if kind == .video {
      if request.sampling.isStill { note(.videoAsStill, path) }
      if !request.sampling.isPair, Set(frames).count < frames.count { note(.shortClip, path) }
    }
    if size.width < request.size.width || size.height < request.size.height { note(.smallPicture, path) }
  }

  /// Takes in how many frames a file has, of which a list names a part.
  mutating func add(_ file: ManifestFile, frames: Int) {
    if let span = file.span, let count = span.count, span.start + count > frames { note(.shortPart, file.path) }
  }

  /// Takes in that a file was changed in place since the search found it.
  mutating func addChanged(_ path: String) { note(.changed, path) }

  private mutating func note(_ fact: Fact, _ path: String) {
    found[fact] = ((found[fact]?.count ?? 0) + 1, found[fact]?.first ?? path)
  }

  /// As for a file, of a sample.
  public mutating func add(_ path: String, _ sample: FixedSample) {
    add(path, sample.kind, size: sample.sourceSize, frames: sample.frames)
  }

  /// What there is to say, a sentence for each kind.
  public var sentences: [String] {
    Fact.allCases.compactMap { fact in
      found[fact].map { "\($0.count) of \(counted(files, "file")), first \($0.first): \(text(fact))" }
    }
  }

  private func text(_ fact: Fact) -> String {
    switch fact {
    case .shortClip:
      switch request.sampling {
      case .timedClip(let frames, let stride):
        "too few frames for a clip (\(frames), \(stride)/30 s apart); some are taken again"
      case .clip(let frames, let stride):
        "shorter than a clip (\(frames) frames, \(stride) apart); its last frame is repeated"
      case .uniform(let frames): "shorter than a clip (\(frames) frames); some are taken again"
      case .still, .pair: ""
      }
    case .shortPart: "has fewer frames than its line in the list says; those that are there are taken"
    case .changed:
      "changed in place since the search for files; it is taken as it is now (touch its folder, and --cache forgets what it was)"
    case .smallPicture: "smaller than the model's \(request.size) pixels, and enlarged"
    case .stillAsClip: "a still, and the model takes clips; it stands still for \(request.sampling.frameCount) frames"
    case .videoAsStill: "a video, and the model takes stills; the frame in its middle is taken"
    }
  }
}
