/// How a model chooses what is hidden from it (Shin et al. 2024, self-guided MAE).
///
/// The paper leaves much open; each such choice is a value here, with the default that its comment gives reasons for.
public struct GuideConfiguration: Codable, Hashable, Sendable {
  /// The encoder block whose output is compared, counted from 1; nil = the last but one (the paper's table has 3, 7 and 11 of
  /// 12 with little difference).
  public var block: Int?
  /// Whether a picture's mean embedding is taken away before tokens are compared. The paper speaks of plain cosines, so no; but
  /// embeddings of small models share a large part, and once it is gone similarities and scores spread further.
  public var centred: Bool
  /// How similarities become edges of the graph. TokenCut's binary rule was made for features of a contrastive model; those of
  /// small MAEs are all alike beyond its threshold (above 0.9 in a tiny one after 1,200 steps), and nothing would ever be cut.
  /// So similarities themselves are the default, as in the paper's figures of edge weights.
  public var edges: EdgeWeights.Kind
  /// For binary edges: the similarity above which two tokens belong together (TokenCut's value).
  public var threshold: Double
  /// The weight of pairs that do not belong together, so that the graph hangs together.
  public var floor: Double
  /// Which side of the cut is the object. The paper's rule is not known. After 1,000 steps of a tiny MAE the inner side covered
  /// what differs in colour from the background better than the other side in all of 169 pictures of hands and in 95 % of 88 of
  /// clothes, TokenCut's in 98 % and 75 % (`samples/experiments/object_side.py`); block, edges and centring changed little.
  public var cluster: ClusterChoice
  /// For clips: what a graph spans.
  public var clipGraph: ClipGraph
  /// Which hidden tokens are shown after all.
  public var hints: HintKind
  /// Hints as a share of the hidden tokens, at the switch; it falls linearly.
  public var hintRatio: Double
  /// The same at the end of the run.
  public var hintFloor: Double
  /// For hints by score: a token is drawn with weight `exp(score ÷ temperature)`.
  public var hintTemperature: Double
  /// Whether each hint hides another token, the visible one of the highest score, so that the mask ratio stays exact.
  public var hintsKeepRatio: Bool

  /// The defaults of all that the paper leaves open, or other values.
  public init(
    block: Int? = nil, centred: Bool = false,
    edges: EdgeWeights.Kind = .positive,
    threshold: Double = 0.2, floor: Double = 1e-5, cluster: ClusterChoice = .inner, clipGraph: ClipGraph = .frames,
    hints: HintKind = .score, hintRatio: Double = 0.05, hintFloor: Double = 0.01, hintTemperature: Double = 0.1,
    hintsKeepRatio: Bool = true
  ) {
    self.block = block
    self.centred = centred
    self.edges = edges
    self.threshold = threshold
    self.floor = floor
    self.cluster = cluster
    self.clipGraph = clipGraph
    self.hints = hints
    self.hintRatio = hintRatio
    self.hintFloor = hintFloor
    self.hintTemperature = hintTemperature
    self.hintsKeepRatio = hintsKeepRatio
  }

  /// How similarities become edges, with its numbers.
  public var edgeWeights: EdgeWeights { EdgeWeights(edges, threshold: threshold, floor: floor) }

  /// The compared block in an encoder, counted from 1.
  public func block(of depth: Int) -> Int { block ?? max(1, depth - 1) }

  /// What is impossible about the values in a model, one sentence each.
  func problems(in model: ModelConfiguration) -> [String] {
    var problems: [String] = []
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) { if !condition { problems.append(problem()) } }
    let depth = model.encoder.blocks.depth
    require(
      model.method.objective.decoderAttention == .ownTokens,
      "--mask-type self-guided needs a masked autoencoder; \(model.method) is not one")
    if let block { require((1...depth).contains(block), "--guide-layer is \(block); expected 1 to \(depth)") }
    require((0..<1).contains(hintRatio), "--hint-ratio is \(hintRatio); expected 0 ..< 1")
    require((0..<1).contains(hintFloor), "model.masking.guide.hint-floor is \(hintFloor); expected 0 ..< 1")
    require(
      hintTemperature > 0 && hintTemperature.isFinite,
      "model.masking.guide.hint-temperature is \(hintTemperature); expected above 0")
    require((-1...1).contains(threshold), "model.masking.guide.threshold is \(threshold); expected -1 to 1")
    require(floor > 0 && floor < 1, "model.masking.guide.floor is \(floor); expected above 0, below 1")
    require(
      cluster != .classAttention || model.encoder.classToken,
      "model.masking.guide.cluster is class-attention, and the encoder has no class token; choose another")
    return problems
  }
}

/// What a graph spans in a clip. This is our extension; the paper has stills only.
public enum ClipGraph: String, Hashable, Codable, Sendable, CaseIterable {
  /// One graph for each time slot; scores are averaged over time, and places are hidden in all slots alike (tubes).
  case frames
  /// One graph over all tokens, each hidden for itself.
  case clip
}

/// Which hidden tokens are shown after all, so that what is hidden can be guessed.
public enum HintKind: String, Hashable, Codable, Sendable, CaseIterable {
  case none
  /// Any hidden token of the object.
  case random
  /// Hidden tokens at random, those of high score more often.
  case score
}
