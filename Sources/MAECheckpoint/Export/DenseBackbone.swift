import MAEModels

/// What exports for detection and segmentation have in common: the plain encoder, without what stands behind its last block.
enum DenseBackbone {
  /// Why such a backbone cannot hold the encoder, one phrase; nil when it can.
  static func obstacle(_ model: ModelConfiguration, _ library: String) -> String? {
    let encoder = model.encoder
    let takesPairs = model.sampleFrames > model.input.frames
    if model.input.tubelet != 1 || model.input.frames != 1 || model.method.isForVideo && !takesPairs {
      return "\(library) takes stills, this model clips"
    }
    if !model.input.size.isSquare { return "its input of \(model.input.size) is not square" }
    if encoder.stem == .conv { return "its tokens come from convolutions, those of \(library) from a map of patches" }
    if encoder.relativePositionBias { return "it has a relative position bias" }
    if encoder.blocks.layerScale != nil { return "it has a learned scale on each branch (LayerScale)" }
    if encoder.blocks.attentionBias != .all { return "its attention has no key bias" }
    guard [.plane, .learnedPlane, .learned].contains(encoder.positions) else { return "\(library) has a position table" }
    return nil
  }

  /// The encoder's weights under the names that timm and the public codes share, without decoder, classifier and last norm.
  static func weights(of checkpoint: Checkpoint, in folder: String) throws(CheckpointError) -> StateDictionary {
    let encoder = checkpoint.weights.renamed { name in
      let isLeftOut = name == "encoder.mask_token" || name.hasPrefix("encoder.norm.")
      return name.hasPrefix("encoder.") && !isLeftOut ? name : nil
    }
    return try Dialect.timm.names(for: encoder, checkpoint.configuration.input, file: folder)
  }

  /// The position table without its first rows, those of class tokens: `[1, tokens, width]`.
  static func positions(_ table: StoredTensor, withoutRows count: Int) -> StoredTensor {
    let (width, rows) = (table.shape.last ?? 1, table.shape.dropLast().reduce(1, *))
    return table.reshaped([rows, width]).rows(count..<rows).reshaped([1, rows - count, width])
  }

  /// Lines of a Python comment that repeat the sizes a backbone is made with.
  static func sizes(_ model: ModelConfiguration, _ names: (width: String, depth: String, heads: String, side: String)) -> String {
    let blocks = model.encoder.blocks
    return """
      \(names.side)=\(model.input.size.width), patch_size=\(model.input.patch), \(names.width)=\(blocks.width), \
      \(names.depth)=\(blocks.depth), \(names.heads)=\(blocks.heads), \
      mlp_ratio=\(Double(blocks.feedForwardWidth) / Double(blocks.width))
      """
  }
}
