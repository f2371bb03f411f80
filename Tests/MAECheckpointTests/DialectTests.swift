import Foundation
import MAECheckpoint
import MAECore
import MAEModels
import Testing

/// Weights of public implementations, into our models and back.
@Suite struct DialectTests {
  /// Reference weights: path, dialect, method.
  static let files: [(path: String, title: String, method: Method)] = [
    ("mae-normalised.safetensors", "official MAE", .mae),
    ("checkpoint.pth", "official MAE", .mae),
    ("legacy.pth", "official MAE", .mae),
    ("videomae.safetensors", "official VideoMAE", .videomae),
    ("mae-st.safetensors", "official MAE-ST", .maeST),
    ("siammae.safetensors", "official SiamMAE (CropMAE)", .siammae),
    ("crossmae.safetensors", "official CrossMAE", .crossmae),
    ("pixio.safetensors", "official MAE", .pixio),
    ("transformers-vit-mae", "transformers ViTMAE (saved by version 5)", .mae),
    ("transformers-videomae", "transformers VideoMAE", .videomae),
    ("transformers-simmim", "transformers ViT masked image modelling", .simmim),
  ]

  @Test("method and sizes are found", arguments: files)
  func detection(path: String, title: String, method: Method) throws {
    let checkpoint = try Checkpoint.read(path: fixture(path))
    let model = checkpoint.configuration
    #expect(checkpoint.dialect.title == title)
    #expect(model.method == method)
    #expect(checkpoint.ignored.isEmpty && checkpoint.unknown.isEmpty)
    #expect(model.input.patch == 4)
    #expect(
      model.encoder.blocks.width == 24 && model.encoder.blocks.depth == (method == .crossmae ? 3 : 2)
        && model.encoder.blocks.feedForwardWidth == 96)
    #expect(model.encoder.classToken == (method != .videomae))
    if path.hasPrefix("transformers") {
      #expect(model.encoder.blocks.heads == 3 && model.encoder.blocks.normEpsilon == 1e-12)
      #expect(checkpoint.assumptions.isEmpty)
    } else {
      #expect(model.encoder.blocks.normEpsilon == 1e-6)
    }
    if method != .videomae || path.hasPrefix("transformers") {
      #expect(model.input.size == FrameSize(square: method == .crossmae ? 24 : method == .pixio ? 32 : 16))
    }
    if method == .simmim {
      #expect(model.decoder == nil)
    } else {
      let decoder = try #require(model.decoder)
      #expect(decoder.blocks.width == 16 && decoder.blocks.depth == (method == .pixio ? 3 : 2))
      #expect(decoder.blocks.feedForwardWidth == (method == .siammae ? 2048 : 64))
      #expect((decoder.cross != nil) == (method == .siammae))
    }
    #expect(model.encoder.classRows == (method == .videomae ? 0 : method == .pixio ? 3 : 1))
    if method == .maeST {
      #expect(model.input.frames == 8 && model.input.tubelet == 2 && model.target.predictedFrames == 4)
      #expect(model.decoder?.classToken == .own && model.encoder.positions == .separable)
    }
    if path == "transformers-videomae" {
      #expect(!model.encoder.finalNorm && model.decoder?.finalNormEpsilon == 1e-5 && model.input.frames == 8)
      #expect(model.target.normalization == .perChannel)
    }
  }

  @Test("the library's Pixio is an encoder alone, whichever of its names it has")
  func pixio() throws {
    let checkpoint = try Checkpoint.read(path: fixture("pixio.safetensors"), options: caseHeads)
    let published = try Checkpoint.read(path: fixture("transformers-pixio"))
    #expect(published.dialect.title == "transformers Pixio encoder" && !published.hasDecoder)
    for (name, tensor) in published.weights { #expect(checkpoint.weights[name]?.isIdentical(to: tensor) == true, "\(name)") }
    try withFolder { folder in
      let report = try checkpoint.export(TransformersExport(), to: folder + "/a")
      #expect(report.notes.contains { $0.contains("decoder and mask token were left out") })
      let state = try SafeTensorsReader.read(path: folder + "/a/model.safetensors")
      expectIdentical(state, try SafeTensorsReader.read(path: fixture("transformers-pixio") + "/model.safetensors"))
      let again = try Checkpoint.read(path: folder + "/a")
      #expect(again.configuration == checkpoint.configuration && !again.hasDecoder)
      let config = try String(contentsOfFile: folder + "/a/config.json", encoding: .utf8)
      #expect(config.contains("\"n_cls_tokens\": 3") && config.contains("\"mlp_ratio\": 4") && !config.contains("decoder"))
      #expect(try String(contentsOfFile: folder + "/a/README.md", encoding: .utf8).contains("PixioModel.from_pretrained(\".\")"))
      let renamed = [("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense")]
      let bare = state.renamed { name in renamed.reduce(name) { $0.replacing($1.0, with: $1.1) } }
      try SafeTensorsWriter.write(bare, to: folder + "/x.safetensors")
      let other = try Checkpoint.read(path: folder + "/x.safetensors", options: caseHeads)
      #expect(other.dialect.title.contains("5.24") && other.configuration.encoder == checkpoint.configuration.encoder)
      for (name, tensor) in published.weights { #expect(other.weights[name]?.isIdentical(to: tensor) == true, "\(name)") }
    }
  }

  @Test("CrossMAE's weights tell whether the encoder's input is mixed, and not which of the blocks")
  func mixedFeatures() throws {
    let state = try SafeTensorsReader.read(path: fixture("crossmae.safetensors"))
    try withFolder { folder in
      func read(features count: Int) throws -> Checkpoint {
        var changed = state
        changed["wfm.linear.weight"] = StoredTensor(shape: [2, count], floats: [Float](repeating: 0.25, count: 2 * count))
        try SafeTensorsWriter.write(changed, to: folder + "/x.safetensors")
        return try Checkpoint.read(path: folder + "/x.safetensors", options: caseHeads)
      }
      let (whole, withoutInput) = (try read(features: 4), try read(features: 3))
      #expect(whole.configuration.options == nil)
      #expect(withoutInput.configuration.options == ["feature-input": .truth(false)])
      #expect(failure { try read(features: 2) }?.description.contains("mixes 2 features of 3 encoder blocks") == true)
    }
  }

  @Test("through our model and back every byte is the same", arguments: files)
  func roundTrip(path: String, title: String, method: Method) throws {
    try withFolder { folder in
      let original = withoutKey(try WeightFile.read(path: fixture(path)).state)
      let checkpoint = try Checkpoint.read(path: fixture(path), options: caseHeads)
      let (model, report) = try checkpoint.model()
      #expect(report.missing.isEmpty && report.leftOver.isEmpty)
      #expect(report.paragraph.hasSuffix("\(report.matched) parameters loaded."))
      let native = folder + "/native"
      try FileManager.default.createDirectory(atPath: native, withIntermediateDirectories: false)
      try Checkpoint.write(model, to: native, notes: ["step": "7"])
      let again = try Checkpoint.read(path: native)
      #expect(again.configuration == checkpoint.configuration)
      #expect(again.metadata["step"] == "7" && again.assumptions.isEmpty)

      let target: any ExportTarget = path.hasPrefix("transformers") ? TransformersExport() : OfficialExport()
      for (number, source) in [checkpoint, again].enumerated() {
        let exported = folder + "/\(target.name)-\(number)"
        _ = try source.export(target, to: exported)
        let result = try WeightFile.read(path: exported + "/model.safetensors").state
        expectContains(result, original, path)
        if target is OfficialExport {
          let state = try WeightFile.read(path: exported + "/checkpoint.pth").state
          expectIdentical(withoutKey(state), result)
        }
      }
    }
  }

  /// Every tensor of `original` is in `result`; where the dialect that is written differs, under its other name.
  private func expectContains(_ result: StateDictionary, _ original: StateDictionary, _ path: String) {
    for (name, tensor) in original {
      let renamed = name.replacing("decoder.decoder_encoder.layer", with: "decoder.decoder_layers")
      #expect(result[renamed]?.isIdentical(to: tensor) == true, "\(path): \(name)")
    }
    let extra = result.names.filter {
      original[$0.replacing("decoder.decoder_layers", with: "decoder.decoder_encoder.layer")] == nil && original[$0] == nil
    }
    #expect(extra.allSatisfy { $0.hasSuffix(".query.bias") || $0.hasSuffix(".value.bias") }, "\(extra)")
  }

  @Test("the forms of transformers are all read", arguments: ["transformers-vit-mae", "transformers-simmim"])
  func layerNames(folder: String) throws {
    let expected = try Checkpoint.read(path: fixture(folder))
    let state = try WeightFile.read(path: fixture(folder)).state
    let list = [
      ("encoder.layer.", "layers."), ("decoder.decoder_encoder.layer.", "decoder.decoder_layers."),
      ("decoder.decoder_layers.", "decoder.decoder_layers."),
    ]
    let parts = [
      ("attention.attention.query", "attention.q_proj"), ("attention.attention.key", "attention.k_proj"),
      ("attention.attention.value", "attention.v_proj"), ("attention.output.dense", "attention.o_proj"),
      ("intermediate.dense", "mlp.fc1"), (".output.dense", ".mlp.fc2"),
    ]
    func rename(_ name: String, _ pairs: [(String, String)]) -> String {
      pairs.reduce(name) { $0.replacing($1.0, with: $1.1) }
    }
    let stable = state.renamed { rename($0, [list[1]]) }
    let inMemory = state.renamed { rename(rename($0, list), parts) }
    let encoder = stable.renamed { $0.hasPrefix("vit.") ? String($0.dropFirst(4)) : nil }
    let encoderInMemory = inMemory.renamed { $0.hasPrefix("vit.") ? String($0.dropFirst(4)) : nil }
    for (variant, isWhole) in [(stable, true), (inMemory, true), (encoder, false), (encoderInMemory, false)] {
      if !isWhole, folder == "transformers-simmim" { continue }
      try withFolder { place in
        try SafeTensorsWriter.write(variant, to: place + "/model.safetensors")
        try FileManager.default.copyItem(atPath: fixture(folder) + "/config.json", toPath: place + "/config.json")
        let checkpoint = try Checkpoint.read(path: place)
        #expect(checkpoint.configuration == expected.configuration)
        #expect(checkpoint.hasDecoder == isWhole)
        for (name, tensor) in checkpoint.weights {
          #expect(expected.weights[name]?.isIdentical(to: tensor) == true, "\(checkpoint.dialect.title): \(name)")
        }
        #expect(checkpoint.weights.count == expected.weights.names.count { isWhole || $0.hasPrefix("encoder.") })
      }
    }
  }

  @Test("both names of video biases") func bothNamesOfVideoBiases() throws {
    try withFolder { folder in
      let source = fixture("transformers-videomae")
      _ = try Checkpoint.read(path: source).export(TransformersExport(), to: folder)
      var state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
      let (old, new) = (
        "videomae.encoder.layer.1.attention.attention.q_bias", "videomae.encoder.layer.1.attention.attention.query.bias"
      )
      #expect(try #require(state[old]).isIdentical(to: try #require(state[new])))
      // Only the names of version 5.
      let recent = state.renamed { $0.hasSuffix("q_bias") || $0.hasSuffix("v_bias") ? nil : $0 }
      try SafeTensorsWriter.write(recent, to: folder + "/model.safetensors")
      let weights = try Checkpoint.read(path: folder).weights
      for (name, tensor) in try Checkpoint.read(path: source).weights {
        #expect(weights[name]?.isIdentical(to: tensor) == true, "\(name)")
      }
      // Both, and they differ.
      state[new] = StoredTensor(shape: [24], floats: [Float](repeating: 0.5, count: 24))
      try SafeTensorsWriter.write(state, to: folder + "/model.safetensors")
      let error = try #require(failure { try Checkpoint.read(path: folder) })
      #expect(error.kind == .unusable && error.description.contains("q_bias") && error.description.contains("query.bias"))
    }
  }

  @Test("half precision keeps its bytes") func halfPrecisionKeepsItsBytes() throws {
    try withFolder { folder in
      var half = StateDictionary()
      for (name, tensor) in try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors")) {
        let bytes = tensor.floats().flatMap { value in
          let bits = Float16(value).bitPattern
          return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        }
        half[name] = StoredTensor(type: .float16, shape: tensor.shape, bytes: bytes)
      }
      try SafeTensorsWriter.write(half, to: folder + "/half.safetensors")
      _ = try Checkpoint.read(path: folder + "/half.safetensors", options: caseHeads).export(
        TransformersExport(), to: folder + "/a")
      #expect(try String(contentsOfFile: folder + "/a/config.json", encoding: .utf8).contains("\"torch_dtype\": \"float16\""))
      _ = try Checkpoint.read(path: folder + "/a").export(OfficialExport(), to: folder + "/b")
      expectIdentical(try SafeTensorsReader.read(path: folder + "/b/model.safetensors"), half)
    }
  }

  @Test("uniformity classifier is ignored") func uniformityClassifierIsIgnored() throws {
    try withFolder { folder in
      var state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      state["fc.weight"] = StoredTensor(shape: [10, 24], floats: [Float](repeating: 0, count: 240))
      state["fc_norm.weight"] = StoredTensor(shape: [24], floats: [Float](repeating: 0, count: 24))
      state["what.is.this"] = StoredTensor(shape: [1], floats: [0])
      try SafeTensorsWriter.write(state, to: folder + "/u.safetensors")
      let checkpoint = try Checkpoint.read(path: folder + "/u.safetensors", options: caseHeads)
      #expect(checkpoint.configuration.method == .uMAE)
      #expect(Set(checkpoint.ignored.map(\.name)) == ["fc.weight", "fc_norm.weight"])
      #expect(checkpoint.unknown == ["what.is.this"])
      let report = try checkpoint.model().report
      #expect(report.remarks.contains("Not used: what.is.this.") && report.paragraph.contains("monitoring classifier"))
    }
  }

  @Test("official SimMIM") func officialSimMIM() throws {
    var configuration = Method.simmim.model(.tiny)
    configuration.input = InputConfiguration(size: FrameSize(square: 32), patch: 8)
    configuration.encoder.blocks = BlockConfiguration(
      width: 32, depth: 2, heads: 4, attentionBias: .queryAndValue, layerScale: 0.1)
    configuration.encoder.positions = .none
    configuration.encoder.relativePositionBias = true
    configuration.masking = MaskingConfiguration(kind: .random, ratio: 0.5)
    let model = try Model(configuration, seed: 3)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      let state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
      #expect(state["encoder.rel_pos_bias.relative_position_bias_table"]?.shape == [52, 4])
      #expect(state["encoder.blocks.1.attn.q_bias"]?.shape == [32] && state["encoder.blocks.1.gamma_2"]?.shape == [32])
      #expect(state["decoder.0.weight"]?.shape == [192, 32, 1, 1])
      // Names and shapes alone tell all but the masking.
      var bare = StateDictionary()
      for (name, tensor) in state { bare[name] = tensor }
      bare["encoder.rel_pos_bias.relative_position_index"] = StoredTensor(type: .int64, shape: [0], bytes: [])
      try SafeTensorsWriter.write(bare, to: folder + "/bare.safetensors")
      try FileManager.default.removeItem(atPath: folder + "/config.json")
      let checkpoint = try Checkpoint.read(path: folder + "/bare.safetensors")
      var found = checkpoint.configuration
      #expect(checkpoint.dialect.title == "official SimMIM" && checkpoint.ignored.count == 1)
      found.masking = configuration.masking
      #expect(found == configuration)
      let error = try #require(failure { try checkpoint.export(TransformersExport(), to: folder + "/x") })
      #expect(error.description.contains("relative position bias"))
    }
  }

  @Test("strangers are named") func strangersAreNamed() throws {
    let error = try #require(failure { try Checkpoint.read(path: fixture("views.safetensors")) })
    #expect(error.kind == .unusable && error.description.contains("not those of a model"))
  }

  @Test("missing parts") func missingParts() throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      let official = try SafeTensorsReader.read(path: fixture("mae-st.safetensors"))
      try SafeTensorsWriter.write(official.renamed { $0 == "blocks.1.attn.k.bias" ? nil : $0 }, to: path)
      #expect(failure { try Checkpoint.read(path: path) }?.tensor == "blocks.1.attn.k.bias")
      let mae = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      for name in ["blocks.1.norm1.weight", "decoder_pred.bias", "cls_token"] {
        try SafeTensorsWriter.write(mae.renamed { $0 == name ? nil : $0 }, to: path)
        #expect(failure { try Checkpoint.read(path: path) }?.kind == .unusable, "without \(name)")
      }
    }
  }
}
