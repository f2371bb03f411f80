import MAECore
import MAEData
import MAEEngine
import MAEModels

/// Files that are not learned from: the loss on them, with the same clips and masks each time.
final class HeldOutFiles {
  private let clips: [Clip]
  private let masks: [TokenMask]
  private let kernels: Kernels
  private let batchSize: Int

  /// The most samples that a loss is a mean over.
  private static let (stills, videos) = (64, 16)

  /// Reads the middle of some of the files; nil when none can be read.
  init?(_ files: [ManifestFile], of model: Model, _ recipe: Recipe, on kernels: Kernels) throws(MaskingError) {
    var request = recipe.request
    request.crop = .centre(filter: request.crop.filter)
    let count = min(files.count, request.sampling.isStill ? Self.stills : Self.videos)
    let chosen = (0..<count).map { files[$0 * files.count / count] }
    let limit = Duration.seconds(recipe.data.decodeTimeout)
    let reads = WatchedReads<Clip?>(
      of: chosen.map(\.path), threads: recipe.data.workers ?? Pretraining.defaultWorkers, limit: limit, givenUp: { _ in nil },
      read: { [request] number in
        let file = chosen[number]
        return try? FixedSample(
          path: file.path, request: request, span: file.span, frameRate: file.frameRate, timeLimit: limit
        ).clip
      })
    clips = ((try? reads.values()) ?? []).compactMap(\.self)
    guard !clips.isEmpty else { return nil }
    let samples = clips.indices.map { Sample(file: 0, position: $0, epoch: 0, crop: PixelRect(whole: request.size)) }
    masks = try model.masks(for: samples, random: RandomStream(seed: recipe.run.seed).fork("held out"))
    self.kernels = kernels
    batchSize = recipe.run.batchSize
  }

  /// The mean loss over the files.
  func loss(of model: Model) -> Double {
    var sum = 0.0
    for start in stride(from: 0, to: clips.count, by: batchSize) {
      let part = start..<min(clips.count, start + batchSize)
      let batch = model.batch(ClipBatch(Array(clips[part])), masks: masks.isEmpty ? [] : Array(masks[part]))
      let loss = model.objective.loss(of: batch, in: Pass(inferring: model.parameters, on: kernels))
      sum += Double(loss.total.tensor.scalar) * Double(part.count)
    }
    return sum / Double(clips.count)
  }

  /// A manifest without the files that are held out, and these.
  ///
  /// - Parameter paths: of files that were held out before; nil = some are chosen, the same for a seed.
  static func split(_ manifest: Manifest, _ recipe: Recipe, paths: [String]?) -> (training: Manifest, heldOut: [ManifestFile]) {
    // A classifier is judged on labelled files of its own.
    guard recipe.model.classifier == nil else { return (manifest, []) }
    var random = RandomStream(seed: recipe.run.seed).fork("held out files")
    let chosen = random.permutation(manifest.files.count).prefix(recipe.evaluation.heldOutCount(of: manifest.files.count))
    let names = Set(paths ?? chosen.map { manifest.files[Int($0)].path })
    guard !names.isEmpty else { return (manifest, []) }
    var training = manifest
    training.files.removeAll { names.contains($0.path) }
    return training.files.isEmpty ? (manifest, []) : (training, manifest.files.filter { names.contains($0.path) })
  }
}
