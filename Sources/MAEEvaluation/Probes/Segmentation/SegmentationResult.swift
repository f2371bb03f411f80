import MAEData

/// What a linear layer on patch tokens tells of the pixels of pictures.
public struct SegmentationResult: Codable, Hashable, Sendable {
  /// A class and how its pixels fared.
  public struct Class: Codable, Hashable, Sendable {
    /// Its number in the pictures of labels.
    public var label: Int
    /// Judged pixels of it, at the size of the model's input.
    public var pixels: Int
    /// Intersection over union; nil where it is neither there nor predicted.
    public var iou: Double?
  }

  /// `segmentation`, beside the kinds of other probes.
  public private(set) var kind = "segmentation"
  /// The folder or file that the encoder was read from.
  public var checkpoint: String
  /// Of the checkpoint.
  public var method: String
  /// Training steps of the checkpoint, if it tells.
  public var step: Int?
  /// The block that tokens were taken of, from 1; nil = the encoder's output, after its norm.
  public var layer: Int?
  /// Mean intersection over union of the classes.
  public var meanIou: Double
  /// Share of the pixels whose class was named.
  public var pixelAccuracy: Double
  /// The same on the network before training; nil = nobody asked.
  public var untrainedMeanIou: Double?
  /// The same on the pixels of each patch; nil = nobody asked.
  public var pixelsMeanIou: Double?
  /// Judged pictures.
  public var samples: Int
  /// Pictures that were learned from; with folds, pictures in all.
  public var trainingSamples: Int
  /// Parts that took turns as validation; nil = there was a validation set.
  public var folds: Int?
  /// What was chosen on a part of the training pictures, in words.
  public var settings: String
  /// In the order of their labels.
  public var classes: [Class]
  /// Files that could not be read or do not fit.
  public var bad: [BadFile]

  /// Every key is there; what does not apply is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try container.encode(checkpoint, forKey: .checkpoint)
    try container.encode(method, forKey: .method)
    try container.encode(step, forKey: .step)
    try container.encode(layer, forKey: .layer)
    try container.encode(meanIou, forKey: .meanIou)
    try container.encode(pixelAccuracy, forKey: .pixelAccuracy)
    try container.encode(untrainedMeanIou, forKey: .untrainedMeanIou)
    try container.encode(pixelsMeanIou, forKey: .pixelsMeanIou)
    try container.encode(samples, forKey: .samples)
    try container.encode(trainingSamples, forKey: .trainingSamples)
    try container.encode(folds, forKey: .folds)
    try container.encode(settings, forKey: .settings)
    try container.encode(classes, forKey: .classes)
    try container.encode(bad, forKey: .bad)
  }
}
