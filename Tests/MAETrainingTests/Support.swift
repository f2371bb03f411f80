import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAETraining

/// Pictures of soft stripes: batch *k* depends on *k* alone.
final class StripeSource: BatchSource {
  private(set) var batch: Int
  private let shape: ClipBatchShape
  var waitSeconds = 0.0
  var badFiles: [BadFile] = []

  init(_ recipe: Recipe, startingAt batch: Int) {
    self.batch = batch
    shape = ClipBatchShape(
      samples: recipe.run.batchSize, frames: recipe.model.sampleFrames, size: recipe.model.input.size)
  }

  func next() throws -> ClipBatch {
    var pixels: [UInt8] = []
    var samples: [Sample] = []
    for slot in 0..<shape.samples {
      let position = batch * shape.samples + slot
      var random = RandomStream(seed: 11).fork("stripes", position)
      let (angle, shift) = (random.uniform(0, .pi), random.uniform(0, 6))
      for frame in 0..<shape.frames {
        for y in 0..<shape.size.height {
          for x in 0..<shape.size.width {
            let phase = (Double(x) * cos(angle) + Double(y) * sin(angle)) * 0.4 + shift + 0.3 * Double(frame)
            for channel in 0..<3 { pixels.append(UInt8(127 + 100 * sin(phase + Double(channel)))) }
          }
        }
      }
      samples.append(Sample(file: 0, position: position, epoch: 0, crop: PixelRect(whole: shape.size)))
    }
    batch += 1
    return ClipBatch(shape: shape, pixels: pixels, samples: samples)
  }
}

enum Small {
  /// A model that takes a millisecond per step.
  static func recipe(_ method: MAEModels.Method = .mae, steps: Int) -> Recipe {
    var recipe = method.recipe(.tiny)
    recipe.model.input.size = FrameSize(square: 32)
    recipe.model.input.patch = 8
    if [.videomae, .videomaeV2, .videomaeTPT].contains(method) { recipe.model.input.frames = 4 }
    recipe.model.masking.ratio = 0.75
    if method == .pixio { recipe.model.masking.rounding = .visibleDownPatches(side: 2) }
    if method == .simmim { recipe.model.masking.rounding = .hiddenUp(unit: 8) }
    recipe.model.encoder.blocks = BlockConfiguration(
      width: 32, depth: 2, heads: 2, attentionBias: recipe.model.encoder.blocks.attentionBias)
    recipe.model.decoder?.blocks = BlockConfiguration(
      width: 16, depth: 1, heads: 2, attentionBias: recipe.model.encoder.blocks.attentionBias)
    recipe.run.batchSize = 4
    recipe.optimizer.learningRate = 3e-3
    recipe.schedule.epochs = nil
    recipe.schedule.steps = steps
    return recipe
  }

  static func pretraining(
    _ recipe: Recipe, in path: String, files: Int = 1, threads: Int = 1,
    source: ((Int) -> any BatchSource)? = nil, pictures: GuidePictures? = nil, clock: RunClock = .elapsed()
  ) throws -> Pretraining {
    try Pretraining(
      recipe, manifest: Manifest(files: Array(repeating: ManifestFile(path: "stripes", kind: .still), count: files)),
      batchesPerEpoch: 7,
      in: RunFolder(path), environment: RunEnvironment(commandLine: ["test"], threads: threads),
      on: Kernels(threads: threads), pictures: pictures, clock: clock
    ) { state, phase in source?(state.cursor) ?? StripeSource(phase, startingAt: state.cursor) }
  }
}
