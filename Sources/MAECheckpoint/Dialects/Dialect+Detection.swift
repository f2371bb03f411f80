import MAEModels

extension Dialect {
  /// Every dialect that is read. Of two that explain a file equally well the earlier counts.
  public static let all: [Dialect] = [
    mae, timm, videomae, videomaeEncoder, maeST, siammae, simmim, transformersMAE, transformersMAEInMemory, transformersMAESaved,
    transformersEncoder, transformersEncoderInMemory, transformersMIM, transformersMIMInMemory, transformersVideoMAE,
    transformersVideoEncoder,
  ]

  /// The dialect that explains most names of a file; nil when none knows its patch embedding and first block.
  ///
  /// - Parameter method: preferred where names leave it open, from a configuration beside the file.
  public static func detect(_ state: StateDictionary, method: Method? = nil) -> Dialect? {
    var best: (dialect: Dialect, score: Int)?
    for dialect in all {
      guard dialect.knowsEncoder(of: state) else { continue }
      var score = 2 * state.names.count { dialect.match(publicName: $0) != nil || dialect.ignoredPart($0) != nil }
      if dialect.method == method { score += 1 }
      if score > best?.score ?? 0 { best = (dialect, score) }
    }
    return best?.dialect
  }

  private func knowsEncoder(of state: StateDictionary) -> Bool {
    let needed = ["encoder.patch_embed.proj.weight", "encoder.blocks.*.attn.qkv.weight", "encoder.blocks.*.attn.proj.weight"]
    return needed.allSatisfy { name in
      guard let rule = match(internalName: name)?.rule, case .named(let names)? = rule.pieces.first else { return false }
      guard let tensor = names.compactMap({ state[Self.fill($0, "0")] }).first else { return false }
      // Image and clip models differ in the shape of their patches.
      switch rule.shape {
      case .imageKernel: return tensor.shape.count == 4
      case .clipKernel: return tensor.shape.count == 5
      case .same, .pointwise: return true
      }
    }
  }
}
