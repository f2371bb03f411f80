import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEFoundation
import MAEModels
import MAETraining

/// Shows what masked autoencoders do, in a minute or two and without anybody's data: `mae demo`.
///
///     FOLDER/index.html      everything on one page
///     FOLDER/<model>/        clips or stills that no model has learned from, completed by a model that came with the program
///     FOLDER/learning.png    one of the clips, completed by a fresh model after each part of its training
///     FOLDER/fresh/          all of them, completed by the fresh model at its end
///     FOLDER/run/            its run
///     FOLDER/samples/        the synthetic clips and stills: `unseen`, and `learned` by the fresh model
public final class Demonstration {
  /// Where everything lies.
  public let folder: String
  private let kernels: Kernels
  /// Models that came with the program, by name.
  private let trained: [(name: String, reconstructor: Reconstructor)]
  /// Of each clip.
  private let frames: Int
  private let clips, stills: [String]
  private var page: DemonstrationPage
  private var sheet: LearningSheet?

  /// Of the samples that are learned from, and of those that are not; models that come with the program know neither.
  private static let (learnedSeed, unseenSeed): (UInt64, UInt64) = (2_611_000_001, 2_611_000_002)
  private static let unseen = 4
  /// Of the clips: what moves is seen in the visible tokens often enough that small models can say where it is in the others.
  private static let speed = 0.5

  /// Renders the samples that no model has learned from.
  ///
  /// - Parameter models: folders of models that came with the program.
  /// - Throws: ``CheckpointError`` when one is no whole model with a decoder, ``FileError`` or ``MediaError`` when something
  ///   cannot be written.
  public init(into folder: String, models: [String], on kernels: Kernels) throws {
    (self.folder, self.kernels) = (folder, kernels)
    trained = try models.map {
      (URL(fileURLWithPath: $0).lastPathComponent, try Reconstructor(checkpoint: $0, on: kernels))
    }
    frames = trained.compactMap { $0.reconstructor.clipSpan }.reduce(SyntheticSamples.frames, max)
    let files = try SyntheticSamples.render(
      into: folder + "/samples/unseen", clips: Self.unseen, stills: Self.unseen, seed: Self.unseenSeed, frames: frames,
      speed: Self.speed)
    (clips, stills) = (Array(files.prefix(Self.unseen)), Array(files.dropFirst(Self.unseen)))
    page = DemonstrationPage(path: folder + "/index.html")
  }

  /// Completes what they have not seen by the models that came with the program.
  ///
  /// - Parameter show: called with what each made.
  /// - Throws: what writing throws.
  public func completeByTrained(_ show: (ReconstructionReport) -> Void) throws {
    for (name, reconstructor) in trained {
      show(try complete(by: reconstructor, name: name, title: "A trained model: \(name)"))
    }
  }

  /// The model that a fresh one is compared with.
  private var rival: Reconstructor? {
    trained.first { $0.reconstructor.model.configuration.method == .videomae }?.reconstructor
  }

  /// A fresh, small model on clips of its own in `FOLDER/run`, which continues where such a run has begun.
  ///
  /// It is asked for what a VideoMAE that came with the program is asked for, so that they can be compared.
  ///
  /// - Parameters:
  ///   - count: clips that it learns from.
  ///   - time: of its training.
  /// - Throws: what ``Pretraining`` throws.
  public func pretraining(clips count: Int, time: TimeLimit) throws -> Pretraining {
    let learned = folder + "/samples/learned"
    let recipe = recipe(time, data: learned)
    // No larger than the model takes them: drawing is most of the work.
    try SyntheticSamples.render(
      into: learned, clips: count, stills: 0, seed: Self.learnedSeed, size: recipe.model.input.size.even, frames: frames,
      speed: Self.speed)
    let run = try RunFolder(folder + "/run")
    if let stored = try run.storedRecipe() { try run.requireAgreement(of: recipe, with: stored) }
    return try Pretraining(recipe, manifest: Manifest([learned]), in: run, on: kernels)
  }

  /// Watches a run of ``pretraining(clips:time:)`` and draws what was learned after each part.
  ///
  /// - Parameter next: everything is passed on to it.
  public func observer(of run: Pretraining, then next: any TrainingObserver) throws -> any TrainingObserver {
    let place = folder + "/learning.png"
    let made: LearningSheet
    if let best = try rival?.reconstruct(clips[0])[0] {
      made = try LearningSheet(run, of: best.sample.clip, beside: best.reconstruction, to: place, on: kernels, then: next)
    } else {
      var request = run.plan.recipe.request
      (request.crop, request.flipProbability) = (.centre(filter: run.plan.recipe.data.filter), 0)
      let clip = try FixedSample(path: clips[0], request: request).clip
      made = try LearningSheet(run, of: clip, beside: nil, to: place, on: kernels, then: next)
    }
    sheet = made
    return made
  }

  /// Completes what it has not seen by the fresh model as it is now.
  public func completeByFresh(_ run: Pretraining) throws -> ReconstructionReport {
    if let picture = sheet?.picture {
      page.sections.append(
        Page.Section(
          "A fresh model learns",
          lead: """
            The same clip after each part of its training on \(run.manifest.files.count) clips of this kind, of which this one \
            is none\(rival == nil ? "" : ", and in the last row by the trained model").
            """,
          parts: [.pictures([PagePicture(picture)])]))
    }
    let reconstructor = try Reconstructor(checkpoint: run.checkpointPath, on: kernels)
    return try complete(by: reconstructor, name: "fresh", title: "The fresh model at its end")
  }

  private func complete(by reconstructor: Reconstructor, name: String, title: String) throws -> ReconstructionReport {
    let isOfClips = reconstructor.model.configuration.input.frames > 1
    let report = try ReconstructionReport(isOfClips ? clips : stills, by: reconstructor, into: "\(folder)/\(name)")
    try page.add(title, report, by: reconstructor)
    return report
  }

  /// A network that learns something within a minute on two cores.
  private func recipe(_ time: TimeLimit, data: String) -> Recipe {
    var recipe = Method.videomae.recipe(.tiny)
    if let rival {
      recipe.model.input = rival.model.configuration.input
      recipe.model.masking = rival.model.configuration.masking
      if case .clip(_, let stride) = rival.request.sampling { recipe.data.samplingRate = stride }
    } else {
      recipe.model.input = InputConfiguration(size: FrameSize(square: 64), frames: 8, patch: 8, tubelet: 2)
    }
    // Pixels as they are, so that the colours of the pictures are the model's own.
    recipe.model.target.normalization = .none
    recipe.model.encoder.blocks.resize(width: 128, depth: 4, heads: 4)
    recipe.model.decoder?.blocks.resize(width: 96, depth: 2, heads: 3)
    recipe.data.inputs = [URL(fileURLWithPath: data).standardizedFileURL.path]
    recipe.optimizer.learningRate = 1e-3
    (recipe.schedule.epochs, recipe.schedule.maxTime) = (nil, time)
    return recipe
  }
}

extension Reconstructor {
  /// Frames of a video that a clip covers; nil where a model takes something else.
  fileprivate var clipSpan: Int? {
    guard case .clip(let frames, let stride) = request.sampling else { return nil }
    return (frames - 1) * stride + 1
  }
}

extension FrameSize {
  /// As codecs want it.
  fileprivate var even: FrameSize { FrameSize(width: (width + 1) / 2 * 2, height: (height + 1) / 2 * 2) }
}

extension BlockConfiguration {
  fileprivate mutating func resize(width: Int, depth: Int, heads: Int) {
    (self.width, self.depth, self.heads, feedForwardWidth) = (width, depth, heads, 4 * width)
  }
}
