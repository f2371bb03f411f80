/// How one kind of parameter of ours is called in a public dialect. A `*` stands for the number of a block.
struct NameRule: Sendable {
  /// What a public tensor's shape is, against our matrix or vector.
  enum PublicShape: Sendable {
    case same
    /// The patch embedding as a convolution: `[width, channels, patch, patch]`.
    case imageKernel
    /// `[width, channels, tubelet, patch, patch]`
    case clipKernel
    /// A convolution of one pixel: `[outputs, inputs, 1, 1]`.
    case pointwise
  }

  /// A share of our rows: all of them, or one of three equal parts.
  enum Piece: Sendable {
    /// Read under any of the names, written under all; where two are in a file they have to agree.
    case named([String])
    /// Not stored: always zero.
    case zero
  }

  let internalName: String
  let pieces: [Piece]
  let shape: PublicShape

  init(_ internalName: String, _ pieces: [Piece], shape: PublicShape = .same) {
    self.internalName = internalName
    self.pieces = pieces
    self.shape = shape
  }

  init(_ internalName: String, _ publicName: String, shape: PublicShape = .same) {
    self.init(internalName, [.named([publicName])], shape: shape)
  }
}

/// Weight and bias of a linear map or norm.
func pair(_ internalName: String, _ publicName: String, weight: NameRule.PublicShape = .same) -> [NameRule] {
  [
    NameRule("\(internalName).weight", "\(publicName).weight", shape: weight),
    NameRule("\(internalName).bias", "\(publicName).bias"),
  ]
}

/// How the parts of an attention layer are called, below a block's name.
struct AttentionNames: Sendable {
  /// One name for the joint matrix, or those of query, key and value.
  var weight: [String]
  var bias: [NameRule.Piece]
  var output: String

  static let joint = AttentionNames(weight: ["attn.qkv.weight"], bias: [.named(["attn.qkv.bias"])], output: "attn.proj")

  /// A joint matrix; biases of query and value alone.
  static let jointWithoutKeyBias = AttentionNames(
    weight: ["attn.qkv.weight"], bias: [.named(["attn.q_bias"]), .zero, .named(["attn.v_bias"])], output: "attn.proj")

  static func separate(_ names: [String], output: String) -> AttentionNames {
    AttentionNames(
      weight: names.map { "\($0).weight" }, bias: names.map { .named(["\($0).bias"]) }, output: output)
  }

  /// PyTorch's own attention module.
  static func module(_ name: String) -> AttentionNames {
    AttentionNames(
      weight: ["\(name).in_proj_weight"], bias: [.named(["\(name).in_proj_bias"])], output: "\(name).out_proj")
  }

  func rules(_ internalName: String, below block: String) -> [NameRule] {
    let bias = bias.map { piece in
      if case .named(let names) = piece { NameRule.Piece.named(names.map { block + $0 }) } else { piece }
    }
    return [
      NameRule("\(internalName).qkv.weight", weight.map { .named([block + $0]) }),
      NameRule("\(internalName).qkv.bias", bias),
    ] + pair("\(internalName).proj", block + output)
  }
}

/// How the parts of a transformer block are called.
struct BlockNames: Sendable {
  var norm1 = "norm1"
  var norm2 = "norm2"
  var attention = AttentionNames.joint
  var expand = "mlp.fc1"
  var contract = "mlp.fc2"
  var hasLayerScale = false

  /// - Parameters:
  ///   - internalName: `encoder.blocks` or `decoder.blocks`.
  ///   - publicName: of the list of blocks.
  func rules(_ internalName: String, _ publicName: String) -> [NameRule] {
    let (ours, theirs) = ("\(internalName).*.", "\(publicName).*.")
    var rules = pair(ours + "norm1", theirs + norm1) + attention.rules(ours + "attn", below: theirs)
    if hasLayerScale { rules.append(NameRule(ours + "gamma_1", theirs + "gamma_1")) }
    rules += pair(ours + "norm2", theirs + norm2)
    rules += pair(ours + "mlp.fc1", theirs + expand) + pair(ours + "mlp.fc2", theirs + contract)
    if hasLayerScale { rules.append(NameRule(ours + "gamma_2", theirs + "gamma_2")) }
    return rules
  }
}
