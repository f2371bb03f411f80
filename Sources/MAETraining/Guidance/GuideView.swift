import MAECore
import MAEData
import MAEEngine
import MAEModels

/// What the guide of a model makes of one still, or of the first time slot of a clip.
public struct GuideView: Sendable {
  /// The file's name.
  public var title: String
  /// As the model sees it.
  public var picture: Image
  /// Rows and columns; one time slot.
  public var grid: TokenGrid
  /// Nil when the graph could not be cut in two.
  public var relevance: Relevance?
  /// What the run hides at random, by score alone, and with hints.
  public var random, informed, hinted: TokenMask
}

/// A few files of a run, looked at with the model of the moment.
public final class GuideViewer {
  private let samples: [(title: String, clip: Clip)]
  /// Files that cannot be read, and why.
  public let bad: [BadFile]
  private let kernels: Kernels

  /// Reads files spread evenly over the manifest; those that cannot be read are left out.
  ///
  /// - Parameters:
  ///   - timeLimit: how long nothing may get on before a file is left out.
  ///   - isCancelled: asked a few times a second; reading ends when it says so.
  public init(
    _ manifest: Manifest, request: SampleRequest, count: Int = 4, timeLimit: Duration? = .seconds(60),
    isCancelled: () -> Bool = { false }, on kernels: Kernels
  ) {
    var request = request
    request.crop = .centre(filter: request.crop.filter)
    let (files, shown) = (manifest.files, min(count, manifest.files.count))
    var samples: [(title: String, clip: Clip)] = []
    var bad: [BadFile] = []
    for index in 0..<shown {
      let file = files[index * files.count / shown]
      let path = file.path
      do throws(DataError) {
        let sample = try FixedSample(
          path: path, request: request, span: file.span, frameRate: file.frameRate, timeLimit: timeLimit, isCancelled: isCancelled
        )
        samples.append((path.split(separator: "/").last.map(String.init) ?? path, sample.clip))
      } catch {
        bad.append(BadFile(file: path, reason: error.reason))
      }
    }
    (self.samples, self.bad) = (samples, bad)
    self.kernels = kernels
  }

  /// The files as a model with a guided masking sees them; random choices are the same each time.
  ///
  /// - Parameter progress: share of the run since the switch, 0…1.
  public func views(of model: Model, progress: Double) throws -> [GuideView] {
    let configuration = model.configuration
    guard let masking = model.guidedMasking, !samples.isEmpty else { return [] }
    var bare = configuration.masking
    bare.guide?.hints = .none
    let unhinted = try bare.strategy(for: configuration.grid, patch: configuration.input.patch)
    let grid = configuration.grid
    let plane = TokenGrid(height: grid.height, width: grid.width)
    return try samples.enumerated().map { index, sample in
      let shape = ClipBatchShape(
        samples: 1, frames: sample.clip.frameCount, size: sample.clip.size, channels: sample.clip.channels)
      let place = Sample(file: index, position: index, epoch: 0, crop: PixelRect(whole: sample.clip.size))
      let source = model.source(ClipBatch(shape: shape, pixels: sample.clip.pixels, samples: [place]))
      let relevance = model.relevance(source, on: kernels)[0]
      let guidance = MaskGuidance(scores: relevance?.scores, progress: progress)
      func mask(_ masking: any MaskingStrategy, _ guidance: MaskGuidance?) throws -> TokenMask {
        var random = RandomStream(seed: 0).fork("guide view", index)
        let mask = try masking.mask(MaskContext(grid: grid, guidance: guidance), random: &random)
        return TokenMask(grid: plane, isHidden: mask.bytes.prefix(plane.count).map { $0 == 1 })
      }
      return GuideView(
        title: sample.title, picture: sample.clip.frame(0), grid: plane,
        relevance: relevance.map {
          Relevance(scores: Array($0.scores.prefix(plane.count)), isObject: Array($0.isObject.prefix(plane.count)))
        },
        random: try mask(masking, nil), informed: try mask(unhinted, guidance), hinted: try mask(masking, guidance))
    }
  }
}
