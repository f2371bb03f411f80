import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// Says the classes of files with a fine-tuned model: the mean of its probabilities over the views of each.
public final class FileClassifier {
  /// What was found in one file.
  public struct Prediction: Codable, Hashable, Sendable {
    /// A class and how likely it is, 0…1.
    public struct Share: Codable, Hashable, Sendable {
      /// Of the class.
      public var name: String
      /// How likely it is, 0…1.
      public var probability: Double
    }

    /// Of the file.
    public var path: String
    /// The class that the file is known to be of, if any.
    public var label: String?
    /// Of all classes, the likeliest first; of equal ones the first among the model's.
    public var classes: [Share]
  }

  /// The model, as it was read.
  public let checkpoint: Checkpoint
  /// Names of the classes, in the order of the logits.
  public let classes: [String]
  /// What people should know about the model, one sentence each.
  public let remarks: [String]
  private let model: Model
  private let views: TestViews
  private let request: SampleRequest
  private let kernels: Kernels

  /// - Parameters:
  ///   - path: a run folder, a checkpoint folder, or a weight file with its `config.json`, of a classifier.
  ///   - clips: of each video, from its beginning to its end.
  ///   - crops: of each clip or still, from one side to the other.
  /// - Throws: ``CheckpointError``, also when there is no classifier; ``DataError`` when there are no such clips.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), clips: Int = 1, crops: Int = 1, on kernels: Kernels
  ) throws {
    checkpoint = try Checkpoint.read(path: path, options: weights).asClassifier()
    try checkpoint.requireHeads(decoder: false)
    model = try Model(checkpoint.configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    if let missing = report.missing.first {
      throw CheckpointError(.unusable, file: checkpoint.path, tensor: missing, reason: "is missing")
    }
    (classes, remarks) = (checkpoint.configuration.classifier?.classes ?? [], report.remarks)
    request = checkpoint.fixedRequest(for: checkpoint.configuration)
    views = try TestViews(of: request, clips: clips, crops: crops)
    self.kernels = kernels
  }

  /// Calls `body` with a prediction for each file, in the order of their paths; those that cannot be read, or of which the model
  /// says nothing that is a number, are returned.
  ///
  /// - Parameters:
  ///   - batchSize: files that are read and classified at once; nil = 32 stills or 4 videos.
  ///   - isCancelled: asked now and then whether to stop.
  /// - Throws: ``DataError`` when the storage does not answer, or of kind `interrupted`; what `body` throws.
  public func classify(
    _ manifest: Manifest, batchSize: Int? = nil, readers: Int = 2, allowsTruncated: Bool = false,
    timeLimit: Duration? = .seconds(60), isCancelled: () -> Bool = { false }, _ body: (Prediction) throws -> Void
  ) throws -> [BadFile] {
    let (preprocessor, size) = (checkpoint.preprocessor, request.size)
    var reader = FileReadAhead(
      request: request, window: { preprocessor.window(in: $0, for: size) }, allowsTruncated: allowsTruncated,
      timeLimit: timeLimit, chunk: batchSize ?? (request.sampling.isStill ? 32 : 4), threads: readers)
    // A single view is what other commands show the model.
    if views.clips * views.crops > 1 { reader.views = views }
    var bad: [BadFile] = []
    try reader.forEachFile(of: manifest.files.sortedByPath, classifiedBy: model, on: kernels, isCancelled: isCancelled) {
      file, probabilities in
      switch probabilities {
      case .success(let own) where TestViews.likeliest(own) == nil:
        bad.append(BadFile(file: file.path, reason: "what the model says of it is not a number: it has diverged"))
      case .success(let own): try body(prediction(of: file, own))
      case .failure(let error): bad.append(BadFile(file: file.path, reason: error.reason))
      }
    }
    return bad
  }

  private func prediction(of file: ManifestFile, _ probabilities: [Double]) -> Prediction {
    let shares = zip(classes, probabilities).map { Prediction.Share(name: $0, probability: $1) }
    let order = shares.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
    return Prediction(path: file.path, label: file.label, classes: order.map { shares[$0] })
  }
}
