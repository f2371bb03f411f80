import MAECore
import MAEEngine
import MAEModels

/// Makes of labelled clips what a classifier learns from: boxes of noise first, then mixed with each other; and their targets.
struct BatchAlteration {
  private let recipe: FineTuningRecipe
  private let input: InputConfiguration
  private let classes: Int

  /// Nil where a model tells no classes apart, or nothing is to be altered.
  init?(_ recipe: Recipe) {
    guard let fineTuning = recipe.fineTuning, let classifier = recipe.model.classifier else { return nil }
    (self.recipe, input, classes) = (fineTuning, recipe.model.input, classifier.classes.count)
  }

  /// - Parameter random: of the batch.
  /// - Precondition: every sample has a label.
  func callAsFunction(_ clips: ClipBatch, random: RandomStream) -> Batch {
    let (samples, picture) = (clips.shape.samples, clips.shape.size)
    var (boxes, mixing): ([(sample: Int, box: PixelRect, random: RandomStream)], Mixing?) = ([], nil)
    for sample in 0..<samples where recipe.erasing > 0 {
      var stream = random.fork("erasing", sample)
      guard stream.uniform() < recipe.erasing else { continue }
      if let box = ErasedBox.draw(in: picture, frames: clips.shape.frames, random: &stream) {
        boxes.append((sample, box, stream.fork("noise")))
      }
    }
    var stream = random.fork("mixing")
    mixing = Mixing.draw(recipe, in: picture, random: &stream)
    let mixings = mixing.map { [Mixing](repeating: $0, count: samples) } ?? []
    let targets = SoftTargets.smoothed(
      clips.samples.map(\.knownLabel), classes: classes, smoothing: recipe.labelSmoothing)
    var batch = Batch(pixels(clips, boxes, mixings), samples: clips.samples)
    batch.targets = SoftTargets.mixed(targets, classes: classes, mixings, in: picture)
    return batch
  }

  /// Bytes as they are, where nothing happens to them.
  private func pixels(
    _ clips: ClipBatch, _ boxes: [(sample: Int, box: PixelRect, random: RandomStream)], _ mixings: [Mixing]
  ) -> PixelSource {
    guard !boxes.isEmpty || !mixings.isEmpty else {
      return PixelSource(clips, mean: input.mean, deviation: input.deviation)
    }
    var pixels = MixedPixels(clips, input)
    for (sample, box, random) in boxes {
      var random = random
      pixels.erase(box, ofSample: sample) { Float(random.normal()) }
    }
    pixels.mix(mixings)
    var source = PixelSource(
      shape: clips.shape, values: .floats(pixels.values, .channelsFirst), mean: input.mean, deviation: input.deviation)
    source.vectors = clips.vectors
    return source
  }
}

extension Sample {
  fileprivate var knownLabel: Int {
    guard let label else { preconditionFailure("BatchAlteration: a sample has no label") }
    return label
  }
}
