import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEModels
import MAERecipes
import MAETraining

/// Masks files and lets a model complete them.
public final class Reconstructor {
  /// What the model was read from.
  public let checkpoint: Checkpoint
  /// With the checkpoint's weights.
  public let model: Model
  /// What is hidden, the same for every file.
  public let mask: TokenMask
  /// Frames of a file, and where they are cut out.
  public let request: SampleRequest
  /// The run that the checkpoint belongs to, if it still lies in its folder.
  public let recipe: Recipe?
  /// What people should know about the model, one sentence each.
  public let remarks: [String]
  /// How long nothing may get on before a file is given up.
  public var timeLimit: Duration? = .seconds(60)
  /// Frames per second of folders of numbered stills.
  public var frameRate: Double?
  /// Weights, and what says which tokens are hidden.
  package let files: [String]
  private let kernels: Kernels

  /// Which tokens are hidden.
  public enum Masking: Sendable {
    /// As the model was trained, with the given share if there is one.
    case random(ratio: Double?, seed: UInt64)
    case file(String)
  }

  /// - Parameter path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  /// - Throws: ``CheckpointError`` when there is no whole model; ``ConfigurationError`` or ``MaskingError`` for an impossible
  ///   share; what ``MaskFile/read(path:grid:)`` throws.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), masking: Masking = .random(ratio: nil, seed: 0),
    on kernels: Kernels = Kernels()
  ) throws {
    self.kernels = kernels
    checkpoint = try Checkpoint.read(path: path, options: weights)
    guard checkpoint.hasDecoder else {
      throw CheckpointError(
        .unusable, file: checkpoint.path,
        reason: "holds an encoder only; reconstructing needs the decoder, which training checkpoints and \"full\" files have")
    }
    try checkpoint.requireHeads(decoder: true)
    var configuration = checkpoint.configuration
    configuration.masking = configuration.masking.ofAllTokens
    if case .random(let ratio?, _) = masking { configuration.masking.ratio = ratio }
    model = try Model(configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    guard report.missing.isEmpty else {
      throw CheckpointError(.unusable, file: checkpoint.path, tensor: report.missing[0], reason: "is missing")
    }
    switch masking {
    case .random(_, let seed): (mask, files) = (try model.mask(seed: seed), checkpoint.files)
    case .file(let file):
      (mask, files) = (try MaskFile.read(path: file, grid: configuration.grid), checkpoint.files + [file])
    }
    remarks = report.remarks
    recipe = checkpoint.recipe
    request = checkpoint.fixedRequest(for: configuration)
  }

  /// Completes one file: its clip, or of a model of pairs one later frame for every gap, all helped by the same first frame.
  ///
  /// - Parameters:
  ///   - start: where the clip begins, in seconds; nil for the middle.
  ///   - gaps: frames between the two frames of a pair; nil = a few, evenly over the gaps of training that the video is long
  ///     enough for. A still stands still: its only gap is 0.
  public func reconstruct(
    _ path: String, start: Double? = nil, gaps: [Int]? = nil
  ) throws(DataError) -> [ReconstructedFile] {
    guard case .pair(let minimum, let maximum) = request.sampling else {
      return [complete(path, try sample(path, request.sampling, start))]
    }
    let widest = gaps?.max() ?? maximum - 1
    let far = try sample(path, .pair(minimumGap: widest, maximumGap: widest + 1), start)
    let available = far.frames[1].value - far.frames[0].value
    if far.kind == .still { return [complete(path, far)] }
    if gaps != nil, available < widest {
      throw DataError(
        .usage, path: path,
        "no frame lies \(widest) frames after frame \(far.frames[0].value); the last one lies \(available) after it")
    }
    var files: [ReconstructedFile] = []
    for gap in gaps ?? Self.spread(minimum, min(maximum - 1, available)) {
      files.append(complete(path, try sample(path, .pair(minimumGap: gap, maximumGap: gap + 1), far.clip.times[0])))
    }
    return files
  }

  private static func spread(_ least: Int, _ most: Int) -> [Int] {
    guard least < most else { return [most] }
    let count = min(6, most - least + 1)
    return (0..<count).map { least + $0 * (most - least) / (count - 1) }
  }

  private func sample(_ path: String, _ sampling: FrameSampling, _ start: Double?) throws(DataError) -> FixedSample {
    var request = request
    request.sampling = sampling
    let (preprocessor, target) = (checkpoint.preprocessor, request.size)
    return try FixedSample(
      path: path, request: request, start: start, frameRate: frameRate,
      window: { preprocessor.window(in: $0, for: target) }, timeLimit: timeLimit)
  }

  /// The symlog of the reward of each frame; nil where the model predicts none.
  func predictedRewards(of batch: Batch) -> [Float]? {
    model.objective.prediction(of: batch, in: Pass(inferring: model.parameters, on: kernels))?.rewards?.floats()
  }

  private func complete(_ path: String, _ sample: FixedSample) -> ReconstructedFile {
    ReconstructedFile(
      path: path, sample: sample, reconstruction: Reconstruction(sample.clip, mask: mask, by: model, on: kernels))
  }

  /// What a picture has to say: the model, what was hidden, how well it was guessed, and how that became pixels.
  ///
  /// - Parameter files: of one input; several for the gaps of a pair, of which the mean is given.
  public func caption(_ files: [ReconstructedFile]) -> [String] {
    let configuration = model.configuration
    let hidden = Double(mask.hidden.count) / Double(mask.grid.count) * 100
    var first = configuration.method.name
    if let recipe { first += " \(recipe.preset.rawValue)" }
    if let step = checkpoint.metadata["step"] { first += ", step \(step)" }
    first += "; \(mask.hidden.count) of \(mask.grid.count) tokens hidden (\(RecipeText.number((hidden * 10).rounded() / 10)) %)"
    first += "; PSNR of hidden patches \(files.signalToNoiseText)"
    if let means = files.signalToNoiseOfMeans { first += String(format: " (mean of each patch only: %.2f dB)", means) }
    first += ", loss \(String(format: "%.4f", files.loss))"
    var lines = [first]
    if files.contains(where: \.reconstruction.isNormalized) {
      lines.append(
        "The model predicts normalised patches: mean and deviation of each hidden patch are taken from the original.")
    }
    lines.append("Visible patches are pasted from the original.")
    return lines
  }
}

/// A file with what a model made of it.
public struct ReconstructedFile: Sendable {
  /// Of the file.
  public let path: String
  /// What was read of it.
  public let sample: FixedSample
  /// What the model made of that.
  public let reconstruction: Reconstruction

  /// Frames between the two frames of a pair.
  public var gap: Int { (sample.frames.last?.value ?? 0) - (sample.frames.first?.value ?? 0) }

  /// Frames per second at which the clip's frames follow each other; 8 where the file does not tell.
  public var frameRate: Double {
    let times = sample.clip.times
    let steps = zip(times.dropFirst(), times).map { $0 - $1 }.filter { $0 > 0 }.sorted()
    return steps.isEmpty ? 8 : min(60, 1 / steps[steps.count / 2])
  }
}

extension [ReconstructedFile] {
  /// Mean over the files, in decibels.
  public var signalToNoise: Double { map(\.reconstruction.signalToNoise).reduce(0, +) / Double(count) }

  /// ``Reconstruction/signalToNoiseOfMeans``, mean over the files; nil where there is none.
  public var signalToNoiseOfMeans: Double? {
    let values = compactMap(\.reconstruction.signalToNoiseOfMeans).filter(\.isFinite)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// ``Reconstruction/signalToNoiseOfCopying``, mean over the files; nil where there is none.
  public func signalToNoise(ofCopying what: Copying) -> Double? {
    let values = compactMap { $0.reconstruction.signalToNoiseOfCopying[what] }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Mean over the files.
  public var loss: Double { map(\.reconstruction.loss).reduce(0, +) / Double(count) }

  /// `18.30 dB`
  public var signalToNoiseText: String {
    signalToNoise.isFinite ? String(format: "%.2f dB", signalToNoise) : "infinite"
  }
}
