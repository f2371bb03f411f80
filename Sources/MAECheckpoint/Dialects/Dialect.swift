import MAEModels

/// The names and shapes under which a public implementation stores a model. Reading and writing share one table.
public struct Dialect: Sendable {
  /// What to call it, for reports.
  public let title: String
  /// The method that its names speak of.
  public let method: Method
  /// Whether its files hold only the encoder.
  public let isEncoderOnly: Bool
  let rules: [NameRule]
  /// Public names that are known and have no place in a model that is pretrained (classifier heads, index tables), with what they
  /// are.
  let ignored: [String: String]

  private let byPublicName: [String: (rule: Int, piece: Int)]
  private let byInternalName: [String: Int]

  init(_ title: String, _ method: Method, isEncoderOnly: Bool = false, _ rules: [NameRule], ignored: [String: String] = [:]) {
    self.title = title
    self.method = method
    self.isEncoderOnly = isEncoderOnly
    self.rules = rules
    self.ignored = ignored
    var publicNames: [String: (rule: Int, piece: Int)] = [:]
    var internalNames: [String: Int] = [:]
    for (index, rule) in rules.enumerated() {
      precondition(internalNames.updateValue(index, forKey: rule.internalName) == nil, "Dialect: \(rule.internalName) twice")
      for (number, piece) in rule.pieces.enumerated() {
        guard case .named(let names) = piece else { continue }
        for name in names {
          precondition(publicNames.updateValue((index, number), forKey: name) == nil, "Dialect: \(name) twice")
        }
      }
    }
    byPublicName = publicNames
    byInternalName = internalNames
  }

  /// Which rule a public name falls under, and the number of its block.
  func match(publicName: String) -> (rule: NameRule, piece: Int, block: String?)? {
    if let found = byPublicName[publicName] { return (rules[found.rule], found.piece, nil) }
    guard let (pattern, block) = Self.pattern(publicName), let found = byPublicName[pattern] else { return nil }
    return (rules[found.rule], found.piece, block)
  }

  func match(internalName: String) -> (rule: NameRule, block: String?)? {
    if let found = byInternalName[internalName] { return (rules[found], nil) }
    guard let (pattern, block) = Self.pattern(internalName), let found = byInternalName[pattern] else { return nil }
    return (rules[found], block)
  }

  /// Which biases its attention layers store.
  var attentionBias: AttentionBias {
    let pieces = match(internalName: "encoder.blocks.0.attn.qkv.bias")?.rule.pieces ?? []
    return pieces.contains { if case .zero = $0 { true } else { false } } ? .queryAndValue : .all
  }

  /// What stands before the names of the encoder in an official dialect.
  var encoderPrefix: String {
    guard case .named(let names)? = match(internalName: "encoder.patch_embed.proj.bias")?.rule.pieces.first else { return "" }
    return String(names[0].dropLast("patch_embed.proj.bias".count))
  }

  /// What stands before the number of an encoder block.
  var blockPrefix: String {
    guard case .named(let names)? = match(internalName: "encoder.blocks.0.norm1.weight")?.rule.pieces.first else { return "" }
    return String(names[0].prefix { $0 != "*" })
  }

  /// What a known name without a place in our models is.
  func ignoredPart(_ publicName: String) -> String? {
    ignored[publicName] ?? Self.pattern(publicName).flatMap { ignored[$0.pattern] }
  }

  /// Whether a name of ours is of a classifier on the encoder rather than of what was pretrained.
  static func isOfClassifier(_ internalName: String) -> Bool {
    internalName.hasPrefix("head.") || internalName.hasPrefix("fc_norm.")
  }

  /// All names that are read, with `*` for the number of a block.
  var publicNames: Set<String> { Set(byPublicName.keys).union(ignored.keys) }

  /// The name with its first number replaced by `*`, and the number.
  static func pattern(_ name: String) -> (pattern: String, block: String)? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let place = parts.firstIndex(where: isBlockNumber) else { return nil }
    let block = String(parts[place])
    parts[place] = "*"
    return (parts.joined(separator: "."), block)
  }

  /// Digits; "007" is not the number of a block.
  static func isBlockNumber(_ part: Substring) -> Bool {
    part.utf8.count < 6 && Int(part).map { $0 >= 0 && String($0) == part } ?? false
  }

  /// Fills in the number of a block.
  static func fill(_ pattern: String, _ block: String?) -> String {
    guard let block, let star = pattern.firstIndex(of: "*") else { return pattern }
    return pattern.replacingCharacters(in: star...star, with: block)
  }
}

extension String {
  fileprivate func replacingCharacters(in range: ClosedRange<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + self[index(after: range.upperBound)...]
  }
}
