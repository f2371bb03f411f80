/// What makes a classifier of an encoder: how its tokens become one row, and what tells classes by that row.
public struct ClassifierConfiguration: Codable, Hashable, Sendable {
  /// What becomes one row for each sample.
  public enum Pooling: String, Codable, Hashable, Sendable, CaseIterable {
    /// The mean of the patch tokens as the last block leaves them, then a norm of its own, `fc_norm` (MAE, VideoMAE).
    case mean
    /// The same mean, then the encoder's own last norm (MAE-ST).
    case meanThenNorm = "mean-then-norm"
    /// The class token behind the encoder's last norm.
    case classToken = "class-token"
  }

  /// Names of the classes, in the order of the logits.
  public var classes: [String]
  /// What becomes one row for each sample.
  public var pooling: Pooling
  /// Share of that row's values that training sets to zero before the head.
  public var dropout: Float
  /// Blocks that are trained, counted from the last, with the last norm and the head; half a block is its second norm and its
  /// feed-forward part (He et al. 2021, figure 9). Nil = everything is trained.
  public var trainedBlocks: Double?

  /// A classifier of named classes.
  public init(classes: [String], pooling: Pooling, dropout: Float = 0, trainedBlocks: Double? = nil) {
    self.classes = classes
    self.pooling = pooling
    self.dropout = dropout
    self.trainedBlocks = trainedBlocks
  }

  /// What is impossible about it on an encoder, one sentence each.
  func problems(on encoder: EncoderConfiguration) -> [String] {
    var problems: [String] = []
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) { if !condition { problems.append(problem()) } }
    require(classes.count > 1, "a classifier tells classes apart and needs two or more; there are \(classes.count)")
    require(Set(classes).count == classes.count, "two classes have the same name")
    require((0..<1).contains(dropout), "--head-dropout is \(dropout); expected at least 0 and less than 1")
    require(
      pooling != .classToken || encoder.classRows == 1,
      "--pool class-token needs one class token; the encoder has \(encoder.classRows)")
    require(
      (pooling == .mean) != encoder.finalNorm,
      "a classifier has one last norm: the encoder's own with \(pooling.rawValue), or that of the mean")
    if let trainedBlocks {
      let depth = Double(encoder.blocks.depth)
      require(
        (0...depth).contains(trainedBlocks) && trainedBlocks * 2 == (trainedBlocks * 2).rounded(),
        "--blocks is \(trainedBlocks); expected 0 to \(encoder.blocks.depth) in halves")
    }
    return problems
  }

  /// Which part of a block is trained.
  ///
  /// - Parameter index: of the block, from 0.
  func training(ofBlock index: Int, of depth: Int) -> BlockTraining {
    guard let trainedBlocks else { return .whole }
    let trained = trainedBlocks - Double(depth - 1 - index)
    return trained >= 1 ? .whole : trained >= 0.5 ? .feedForward : .nothing
  }
}

/// Which part of a block is trained.
enum BlockTraining: Hashable, Sendable {
  case whole
  /// The second norm and the feed-forward part.
  case feedForward
  case nothing
}

extension ModelConfiguration {
  /// The encoder with a classifier on it; what only pretraining needs falls away.
  ///
  /// A fixed table of positions is trained from here on, as MAE's fine-tuning does; VideoMAE's stays as it is.
  public func classifying(_ classifier: ClassifierConfiguration) -> ModelConfiguration {
    var model = self
    model.classifier = classifier
    model.decoder = nil
    model.encoder.finalNorm = classifier.pooling != .mean
    if model.encoder.positions == .plane { model.encoder.positions = .learnedPlane }
    model.masking = MaskingConfiguration(kind: .random, ratio: 0.75)
    model.target = TargetConfiguration(normalization: .none)
    model.uniformityWeight = 0
    model.options = nil
    return model
  }
}
