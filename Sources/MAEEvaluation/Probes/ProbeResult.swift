import MAEData

/// What a probe found.
public struct ProbeResult: Codable, Hashable, Sendable {
  /// A class and how its samples fared.
  public struct Class: Codable, Hashable, Sendable {
    /// The name of its folder, or its label.
    public var name: String
    /// Validation samples of it.
    public var samples: Int
    /// Share of them that were recognised; nil where there are none.
    public var top1: Double?
  }

  /// The share recognised from other features, by neighbours.
  public struct Point: Codable, Hashable, Sendable {
    /// The number of a block from 1, or the step of a checkpoint.
    public var at: Int
    /// Share of the validation samples that were recognised.
    public var top1: Double
  }

  /// What was trained on the features.
  public var kind: ProbeKind
  /// The folder or file that the encoder was read from.
  public var checkpoint: String
  /// Of the checkpoint.
  public var method: String
  /// Training steps of the checkpoint, if it tells.
  public var step: Int?
  /// The block that features were taken of, from 1; nil = the encoder's output, after its norm.
  public var layer: Int?
  /// Which numbers stand for a sample.
  public var pool: Pooling
  /// Share of the validation samples whose class was named.
  public var top1: Double
  /// Share of those whose class was among the first five; with five classes or fewer, all that have any score.
  public var top5: Double
  /// Where ``top1`` lies with 95 % confidence (Wilson), low and high.
  public var interval: [Double]
  /// The same probe on the network before training; nil = nobody asked.
  public var untrainedTop1: Double?
  /// The same probe on the pixels, shrunk to 1,024 numbers at most; nil = nobody asked, or it is attentive and needs tokens.
  public var pixelsTop1: Double?
  /// Validation samples.
  public var samples: Int
  /// Training samples; with folds, samples in all.
  public var trainingSamples: Int
  /// Parts that took turns as validation; nil = there was a validation set.
  public var folds: Int?
  /// What was chosen on a part of the training samples, or what was given, in words.
  public var settings: String
  /// In byte order of their names.
  public var classes: [Class]
  /// `[true class][predicted class]` validation samples.
  public var confusion: [[Int]]
  /// By blocks of the encoder, if asked for.
  public var layers: [Point]?
  /// By checkpoints of the run, if asked for.
  public var checkpoints: [Point]?
  /// Validation samples with the same pixels as a training sample.
  public var overlap: Int
  /// Files that could not be read.
  public var bad: [BadFile]

  /// Every key is there; what does not apply is null, and curves that nobody asked for are left out.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(checkpoint, forKey: .checkpoint)
    try container.encode(method, forKey: .method)
    try container.encode(step, forKey: .step)
    try container.encode(layer, forKey: .layer)
    try container.encode(pool, forKey: .pool)
    try container.encode(top1, forKey: .top1)
    try container.encode(top5, forKey: .top5)
    try container.encode(interval, forKey: .interval)
    try container.encode(untrainedTop1, forKey: .untrainedTop1)
    try container.encode(pixelsTop1, forKey: .pixelsTop1)
    try container.encode(samples, forKey: .samples)
    try container.encode(trainingSamples, forKey: .trainingSamples)
    try container.encode(folds, forKey: .folds)
    try container.encode(settings, forKey: .settings)
    try container.encode(classes, forKey: .classes)
    try container.encode(confusion, forKey: .confusion)
    try container.encodeIfPresent(layers, forKey: .layers)
    try container.encodeIfPresent(checkpoints, forKey: .checkpoints)
    try container.encode(overlap, forKey: .overlap)
    try container.encode(bad, forKey: .bad)
  }
}

/// A validation sample, what it was taken for, and which training samples lie nearest to it.
public struct ProbeExample: Hashable, Sendable {
  /// A training sample.
  public struct Neighbour: Hashable, Sendable {
    /// Of its file.
    public var path: String
    /// Number of its class.
    public var label: Int
    /// Cosine of both features.
    public var similarity: Float
  }

  /// Of its file.
  public var path: String
  /// Number of its class.
  public var label: Int
  /// Number of the class that it was taken for.
  public var prediction: Int
  /// Nearest first.
  public var neighbours: [Neighbour]
}
