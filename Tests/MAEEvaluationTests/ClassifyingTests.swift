import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEModels
import MAETraining
import TestSupport
import Testing

/// Classes of files, as a classifier says them.
@Suite struct ClassifyingTests {
  @Test("a model that has diverged recognises nothing, and is said to have of every file") func diverged() throws {
    let folder = TemporaryFolder()
    try SyntheticSamples.render(into: folder.path("media"), clips: 0, stills: 16, size: FrameSize(square: 32))
    let manifest = try Manifest([folder.path("media")])
    var pretrained = MAEModels.Method.mae.recipe(.tiny).model
    pretrained.input.size = FrameSize(square: 32)
    pretrained.input.patch = 8
    let recipe = FineTuningPreset.small.recipe(pretrained, classes: manifest.labels, samples: 16)
    let (model, kernels) = (try Model(recipe.model, seed: 1), Kernels(threads: 1))
    let judge = try ClassifierAccuracy(recipe, training: manifest, validation: manifest, on: kernels)
    let before = try judge.accuracy(of: model)
    #expect((0...1).contains(before))
    let store = model.parameters
    for parameter in store.parameters where parameter.isTrainable {
      store.setValues([Float](repeating: .nan, count: parameter.count), of: parameter)
    }
    #expect(try judge.accuracy(of: model) == 0)

    try FileManager.default.createDirectory(atPath: folder.path("model"), withIntermediateDirectories: true)
    try Checkpoint.write(model, to: folder.path("model"))
    let classifier = try FileClassifier(checkpoint: folder.path("model"), on: kernels)
    var said = 0
    let bad = try classifier.classify(manifest, isCancelled: { false }, { _ in said += 1 })
    #expect(said == 0 && bad.count == 16)
    #expect(bad.allSatisfy { $0.reason.contains("is not a number") })
  }
}
