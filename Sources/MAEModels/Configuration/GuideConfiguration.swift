/// How a model chooses what is hidden from it (Shin et al. 2024, self-guided MAE).
///
/// The defaults are the paper's. The other values are what it compares them with, and what small models may need: at the paper's
/// scale attention outputs follow content, those of small models often position (`samples/experiments`).
public struct GuideConfiguration: Codable, Hashable, Sendable {
  /// Whose layers are looked at. The paper takes the encoder's, on the picture with nothing hidden.
  public var stack: GuideStack
  /// The block that is looked at, counted from 1; nil = the last but one of the encoder (the paper's), the last of the decoder.
  public var block: Int?
  /// Which rows stand for the tokens. The paper takes what attention brings to each.
  public var relations: GuideRelations
  /// How similarities become edges of the graph. The paper takes them as they are.
  public var edges: EdgeWeights.Kind
  /// Which side of the cut is the object. The paper takes the side of the largest entry; in small models the inner side covers
  /// what differs in colour from the background more often (`samples/experiments/object_side.py`).
  public var object: ClusterChoice
  /// What is hidden. In the paper the object does better than the others.
  public var target: GuideTarget
  /// For clips: what a graph spans.
  public var clipGraph: ClipGraph
  /// Which hidden tokens are shown after all.
  public var hints: HintKind
  /// Hints as a share of the hidden tokens, at the switch; with p the share of the run since then that is done, it is
  /// `hintRatio · (1 − p²)`, and at least one token.
  public var hintRatio: Double

  /// The paper's choices, or others.
  public init(
    stack: GuideStack = .encoder, block: Int? = nil, relations: GuideRelations = .attention,
    edges: EdgeWeights.Kind = .similarity, object: ClusterChoice = .largestEntry, target: GuideTarget = .object,
    clipGraph: ClipGraph = .frames, hints: HintKind = .random, hintRatio: Double = 0.05
  ) {
    self.stack = stack
    self.block = block
    self.relations = relations
    self.edges = edges
    self.object = object
    self.target = target
    self.clipGraph = clipGraph
    self.hints = hints
    self.hintRatio = hintRatio
  }

  /// Edges that an earlier version had stand for the paper's: nothing but training depends on them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    stack = try container.decode(GuideStack.self, forKey: .stack)
    block = try container.decodeIfPresent(Int.self, forKey: .block)
    relations = try container.decode(GuideRelations.self, forKey: .relations)
    edges = (try? container.decode(EdgeWeights.Kind.self, forKey: .edges)) ?? .similarity
    object = try container.decode(ClusterChoice.self, forKey: .object)
    target = try container.decode(GuideTarget.self, forKey: .target)
    clipGraph = try container.decode(ClipGraph.self, forKey: .clipGraph)
    hints = try container.decode(HintKind.self, forKey: .hints)
    hintRatio = try container.decode(Double.self, forKey: .hintRatio)
  }

  /// The block that is looked at in a model, counted from 1.
  public func block(in model: ModelConfiguration) -> Int {
    switch stack {
    case .encoder: block ?? max(1, model.encoder.blocks.depth - 1)
    case .decoder: block ?? model.decoder?.blocks.depth ?? 1
    }
  }

  /// What is impossible about the values in a model, one sentence each.
  func problems(in model: ModelConfiguration) -> [String] {
    var problems: [String] = []
    let depth = stack == .encoder ? model.encoder.blocks.depth : model.decoder?.blocks.depth ?? 1
    if let block, !(1...depth).contains(block) { problems.append("--guide-layer is \(block); expected 1 to \(depth)") }
    if !(0..<1).contains(hintRatio) { problems.append("--hint-ratio is \(hintRatio); expected 0 ..< 1") }
    return problems
  }
}

/// Whose layers a guide looks at.
public enum GuideStack: String, Hashable, Codable, Sendable, CaseIterable {
  /// Those of the encoder, which sees everything.
  case encoder
  /// Those of the decoder, of which a random mask hides its share.
  case decoder
}

/// Which rows of a block stand for its tokens.
public enum GuideRelations: String, Hashable, Codable, Sendable, CaseIterable {
  /// What attention brings to each token: `softmax(Q Kᵀ / √d) V`, heads side by side, before the output projection.
  case attention
  /// The block's output.
  case block
}

/// Which side of the cut is hidden.
public enum GuideTarget: String, Hashable, Codable, Sendable, CaseIterable {
  /// The object.
  case object
  /// The other side.
  case background
  /// The object in even epochs (the first is 0), the other side in odd ones.
  case alternating
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
  /// Any hidden token, all alike.
  case random
  /// Hidden tokens of high score more often: with weights exp(score ÷ 0.1), without replacement.
  case score
}
