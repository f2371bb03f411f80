import Foundation
import MAECheckpoint
import MAECore
import MAEEngine
import MAEFoundation
import MAEModels
import Testing

/// Classifiers in files: ours, and in the forms of other programs.
@Suite struct ClassifierTests {
  private func configuration(
    _ method: MAEModels.Method, _ pooling: ClassifierConfiguration.Pooling
  ) -> ModelConfiguration {
    var model = method.model(.tiny)
    model.input.size = FrameSize(square: 16)
    model.input.patch = 4
    if model.input.frames > 1 { model.input.frames = 4 }
    model.encoder.blocks = BlockConfiguration(
      width: 24, depth: 2, heads: 3, attentionBias: model.encoder.blocks.attentionBias)
    model.decoder?.blocks = BlockConfiguration(
      width: 16, depth: 1, heads: 2, attentionBias: model.encoder.blocks.attentionBias)
    return model.classifying(ClassifierConfiguration(classes: ["cat", "dog", "a bird"], pooling: pooling))
  }

  private func logits(of model: Model) -> [Float] {
    let (input, kernels) = (model.configuration.input, Kernels(threads: 1))
    let shape = ClipBatchShape(samples: 2, frames: input.frames, size: input.size, channels: input.channels)
    let source = PixelSource(
      shape: shape, values: .bytes((0..<shape.count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }), mean: input.mean,
      deviation: input.deviation)
    return (model.objective as! Classifier).logits(
      of: source, in: Pass(inferring: model.parameters, on: kernels)
    ).logits.tensor.floats()
  }

  static let forms: [(MAEModels.Method, ClassifierConfiguration.Pooling, String?)] = [
    (.mae, .mean, nil), (.mae, .classToken, "ViTForImageClassification"), (.videomae, .mean, "VideoMAEForVideoClassification"),
    (.maeST, .meanThenNorm, nil), (.siammae, .mean, nil), (.simmim, .mean, nil), (.crossmae, .classToken, nil),
  ]

  @Test("what is written reads as the same classifier", arguments: forms)
  func roundTrip(method: MAEModels.Method, pooling: ClassifierConfiguration.Pooling, architecture: String?) throws {
    let model = try Model(configuration(method, pooling), seed: 4)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      let checkpoint = try Checkpoint.read(path: folder)
      #expect(checkpoint.configuration == model.configuration)
      #expect(checkpoint.ignored.isEmpty && checkpoint.unknown.isEmpty)
      let read = try checkpoint.model()
      #expect(read.report.missing.isEmpty && read.report.leftOver.isEmpty)
      #expect(logits(of: read.model) == logits(of: model))
      let description = try #require(try JSONValue.read(path: folder + "/config.json").object)
      if let architecture {
        #expect(description["architectures"]?.array?.first?.text == architecture)
        #expect(description["id2label"]?.object?["2"]?.text == "a bird")
        #expect(description["label2id"]?.object?["dog"]?.integer == 1)
      } else {
        #expect(description["architectures"] == nil)
      }
    }
  }

  /// Folders of transformers have no notes of ours: those are what the library's own `save_pretrained` writes.
  @Test("a folder without our notes is a classifier by its fields", arguments: forms.filter { $0.2 != nil })
  func foreign(method: MAEModels.Method, pooling: ClassifierConfiguration.Pooling, architecture: String?) throws {
    let model = try Model(configuration(method, pooling), seed: 4)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      var state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
      state.metadata = ["format": "pt"]
      try SafeTensorsWriter.write(state, to: folder + "/model.safetensors")
      let plain = try Checkpoint.read(path: folder)
      #expect(plain.configuration.classifier == nil)
      let checkpoint = try plain.asClassifier()
      #expect(checkpoint.configuration.classifier?.classes == ["cat", "dog", "a bird"])
      #expect(checkpoint.configuration.classifier?.pooling == pooling)
      let read = try checkpoint.model()
      #expect(read.report.missing.isEmpty)
      #expect(logits(of: read.model) == logits(of: model))
    }
  }

  @Test("the mean of stills goes to timm and not to transformers, with a sentence") func targets() throws {
    let (mean, token) = (configuration(.mae, .mean), configuration(.mae, .classToken))
    #expect(
      TransformersExport().obstacle(for: mean)
        == "the library's ViT classifies the class token, and this model the mean of the patches")
    #expect(TransformersExport().obstacle(for: token) == nil)
    #expect(TimmExport().obstacle(for: mean) == nil && TimmExport().obstacle(for: token) == nil)
    #expect(TimmExport().obstacle(for: configuration(.maeST, .meanThenNorm)) != nil)
    for (model, pool) in [(mean, "avg"), (token, "token")] {
      try withFolder { folder in
        try Checkpoint.write(Model(model, seed: 4), to: (folder + "/own").made)
        let report = try Checkpoint.read(path: folder + "/own").export(TimmExport(), to: folder + "/timm")
        #expect(report.files.contains("config.json"))
        let description = try #require(try JSONValue.read(path: folder + "/timm/config.json").object)
        #expect(description["num_classes"]?.integer == 3 && description["global_pool"]?.text == pool)
        #expect(description["label_names"]?.array?.count == 3)
        let names = Set(try SafeTensorsReader.read(path: folder + "/timm/model.safetensors").names)
        #expect(names.isSuperset(of: ["head.weight", "head.bias", pool == "avg" ? "fc_norm.weight" : "norm.weight"]))
        for backbone in [ViTDetExport() as any ExportTarget, UPerNetExport()] {
          _ = try Checkpoint.read(path: folder + "/own").export(backbone, to: folder + "/\(backbone.name)")
          let names = try WeightFile.read(path: folder + "/\(backbone.name)/checkpoint.pth").state.names
          #expect(!names.contains { $0.contains("head") || $0.contains("fc_norm") })
        }
      }
    }
  }

  @Test("an encoder without a head is no classifier, and says what to do") func noHead() throws {
    let error = failure { try Checkpoint.read(path: fixture("mae-normalised.safetensors"), options: caseHeads).asClassifier() }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("has no classifier; fine-tune it first: mae finetune") == true)
  }

  @Test("a pretrained model starts a classifier, and its decoder falls away") func start() throws {
    let checkpoint = try Checkpoint.read(path: fixture("mae-normalised.safetensors"), options: caseHeads)
    let configuration = checkpoint.configuration.classifying(ClassifierConfiguration(classes: ["a", "b"], pooling: .mean))
    let model = try Model(configuration, seed: 1)
    let report = try checkpoint.load(into: model)
    #expect(Set(report.missing) == ["fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"])
    #expect(report.leftOver.allSatisfy { $0.hasPrefix("decoder.") || $0.hasPrefix("encoder.norm.") })
    let table = try #require(model.parameters["encoder.pos_embed"])
    #expect(table.isTrainable)
    #expect(model.parameters.values(of: table) == checkpoint.weights["encoder.pos_embed"]?.floats())
  }
}

extension String {
  /// The same path, where there is a folder now.
  fileprivate var made: String {
    get throws {
      try FileManager.default.createDirectory(atPath: self, withIntermediateDirectories: true)
      return self
    }
  }
}
