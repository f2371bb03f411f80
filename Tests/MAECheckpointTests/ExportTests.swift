import Foundation
import MAECheckpoint
import MAECore
import MAEModels
import Testing

@Suite struct ExportTests {
  @Test("a folder of timm") func timmFolder() throws {
    try withFolder { folder in
      let source = try Checkpoint.read(path: fixture("checkpoint.pth"), options: caseHeads)
      let report = try source.export(TimmExport(), to: folder)
      #expect(report.notes.count == 1 && report.notes[0].contains("decoder"))
      #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder)) == Set(report.files))
      let state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
      #expect(!state.names.contains { $0.hasPrefix("decoder") || $0 == "mask_token" })
      let again = try Checkpoint.read(path: folder)
      #expect(again.configuration.encoder == source.configuration.encoder)
      #expect(again.configuration.input == source.configuration.input)
      #expect(again.assumptions.isEmpty)
      let card = try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
      #expect(card.contains("library_name: timm") && card.contains("local-dir:."))
    }
  }

  @Test("backbones for detection and segmentation have their loaders' names and shapes", arguments: ["vitdet", "upernet"])
  func backbones(format: String) throws {
    let target = try #require(ExportTargets.named(format))
    let source = try Checkpoint.read(path: fixture("checkpoint.pth"), options: caseHeads)
    let (input, blocks, grid) = (source.configuration.input, source.configuration.encoder.blocks, source.configuration.grid)
    let (width, inner) = (blocks.width, blocks.feedForwardWidth)
    let kernel = [width, input.channels.count, input.patch, input.patch]
    // As detectron2's ViT and mmsegmentation's MAE declare them.
    var expected: [String: [Int]]
    let (prefix, list, norm, first, second): (String, String, String, String, String)
    if format == "vitdet" {
      (prefix, list, norm, first, second) = ("backbone.net.", "blocks", "norm", "mlp.fc1", "mlp.fc2")
      expected = [
        "pos_embed": [1, grid.count, width], "patch_embed.proj.weight": kernel, "patch_embed.proj.bias": [width],
      ]
    } else {
      (prefix, list, norm, first, second) = ("", "layers", "ln", "ffn.layers.0.0", "ffn.layers.1")
      expected = [
        "cls_token": [1, 1, width], "pos_embed": [1, grid.count + 1, width], "patch_embed.projection.weight": kernel,
        "patch_embed.projection.bias": [width],
      ]
    }
    for block in 0..<blocks.depth {
      for (part, rows, columns) in [
        ("attn.qkv", 3 * width, width), ("attn.proj", width, width), (first, inner, width), (second, width, inner),
      ] {
        expected["\(list).\(block).\(part).weight"] = [rows, columns]
        expected["\(list).\(block).\(part).bias"] = [rows]
      }
      for number in 1...2 {
        for part in ["weight", "bias"] { expected["\(list).\(block).\(norm)\(number).\(part)"] = [width] }
        if format == "upernet" { expected["layers.\(block).gamma_\(number)"] = [width] }
      }
    }
    try withFolder { folder in
      let report = try source.export(target, to: folder)
      #expect(report.files == ["README.md", "checkpoint.pth"])
      let state = try WeightFile.read(path: folder + "/checkpoint.pth").state
      let key = format == "vitdet" ? "model." : "state_dict."
      let found = Dictionary(uniqueKeysWithValues: state.map { ($0.name.replacing(key, with: ""), $0.tensor.shape) })
      #expect(found == Dictionary(uniqueKeysWithValues: expected.map { (prefix + $0, $1) }))
      // Rows of patches keep their place.
      let table = try #require(source.weights["encoder.pos_embed"]).floats()
      let exported = try #require(state.first { $0.name.hasSuffix("pos_embed") }).tensor.floats()
      #expect(table.suffix(grid.count * width) == exported.suffix(grid.count * width))
    }
  }

  @Test("cards show how the encoder alone is used", arguments: DialectTests.files)
  func cards(path: String, title: String, method: Method) throws {
    let checkpoint = try Checkpoint.read(path: fixture(path), options: caseHeads)
    for target in ExportTargets.all where target.obstacle(for: checkpoint.configuration) == nil {
      try withFolder { folder in
        let report = try checkpoint.export(target, to: folder + "/new/export")
        #expect(report.files == (try FileManager.default.contentsOfDirectory(atPath: folder + "/new/export").sorted()))
        let card = try String(contentsOfFile: folder + "/new/export/README.md", encoding: .utf8)
        #expect(card.contains("encoder = ") && card.contains("library_name") == (target.library != nil), "\(card)")
        let scraps = try FileManager.default.contentsOfDirectory(atPath: folder + "/new")
        #expect(scraps == ["export"])
      }
    }
  }

  @Test("a folder that holds something is written only on request, that of a run never")
  func foldersOfOthers() throws {
    try withFolder { folder in
      let checkpoint = try Checkpoint.read(path: fixture("checkpoint.pth"), options: caseHeads)
      let place = folder + "/export"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      _ = try checkpoint.export(OfficialExport(), to: place)
      let error = try #require(failure { try checkpoint.export(TimmExport(), to: place + "/") })
      #expect(error.kind == .cannotCreate && error.reason.contains("--force"))
      #expect(try Checkpoint.read(path: place, options: caseHeads).hasDecoder, "it is as it was")
      try write([7], to: place + "/own.txt")
      _ = try checkpoint.export(TimmExport(), to: place, replacing: true)
      #expect(try !Checkpoint.read(path: place).hasDecoder && contents(place + "/own.txt") == [7])

      let run = folder + "/run"
      let store = CheckpointStore(folder: run + "/checkpoints")
      try store.write(step: 3) { try Checkpoint.write(checkpoint.model().model, to: $0) }
      try write(Array("\(RunMark.signature)\n".utf8), to: run + "/config.yaml")
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "run")
      let places = [
        run, run + "/", run + "/checkpoints", run + "/checkpoints/new", run + "/checkpoints/last", folder + "/link",
        run + "/checkpoints/../../run", run + "/exported",
      ]
      for place in places {
        let error = failure { try checkpoint.export(OfficialExport(), to: place, replacing: true) }
        #expect(error?.kind == .cannotCreate && error?.reason.contains("belongs to a run") == true, "\(place)")
      }
      #expect(failure { try checkpoint.export(OfficialExport(), to: folder + "/run/config.yaml") }?.kind == .cannotCreate)
    }
  }

  @Test(
    "what a form cannot hold is said",
    arguments: [
      ("videomae.safetensors", "timm", "clips"), ("mae-st.safetensors", "transformers", "no mae-st model"),
      ("siammae.safetensors", "transformers", "no siammae model"),
      ("crossmae.safetensors", "transformers", "no crossmae model"), ("pixio.safetensors", "timm", "3 class tokens"),
      ("pixio.safetensors", "upernet", "one class token, this model 3"), ("videomae.safetensors", "vitdet", "clips"),
      ("transformers-simmim", "official", "key bias"),
    ])
  func obstacles(path: String, format: String, word: String) throws {
    let target = try #require(ExportTargets.named(format))
    let error = try #require(failure { try Checkpoint.read(path: fixture(path)).export(target, to: "/nonexistent/x") })
    #expect(error.kind == .unusable && error.description.contains(word) && error.description.contains("--format"), "\(error)")
  }

  @Test("models that are not square keep the official names") func nonSquareKeepsOfficialNames() throws {
    var configuration = try Checkpoint.read(path: fixture("checkpoint.pth")).configuration
    #expect(CheckpointLayout(configuration).isTransformers)
    configuration.input.size = FrameSize(width: 24, height: 16)
    let layout = CheckpointLayout(configuration)
    #expect(!layout.isTransformers && layout.reason?.contains("24×16 is not square") == true)
    let model = try Model(configuration, seed: 4)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      let again = try Checkpoint.read(path: folder)
      #expect(again.configuration == configuration && again.dialect.title == "official MAE")
    }
  }

  @Test("the folder describes how pictures are prepared")
  func preprocessor() throws {
    try withFolder { folder in
      _ = try Checkpoint.read(path: fixture("transformers-videomae")).export(TransformersExport(), to: folder)
      let expected = PreprocessorConfiguration(
        resize: .shortestEdge(16), crop: FrameSize(square: 16), filter: .bilinear, mean: InputConfiguration.imageNetMean,
        deviation: InputConfiguration.imageNetDeviation)
      #expect(try Checkpoint.read(path: folder).preprocessor == expected)
      let old =
        #"{"feature_extractor_type": "ViTFeatureExtractor", "size": 16, "resample": 3, "do_resize": true, "#
        + #""do_normalize": true, "image_mean": [0.5, 0.5, 0.25], "image_std": [1, 0.5, 0.5]}"#
      try write(Array(old.utf8), to: folder + "/preprocessor_config.json")
      let read = try Checkpoint.read(path: folder)
      #expect(read.preprocessor.resize == .exact(FrameSize(square: 16)) && read.preprocessor.filter == .bicubic)
      #expect(read.configuration.input.mean == [0.5, 0.5, 0.25])
      for bad in [#"{"image_mean": [1, 2]}"#, #"{"image_std": [0, 1, 1]}"#, #"{"size": {"height": -1}}"#, "[]", "{"] {
        try write(Array(bad.utf8), to: folder + "/preprocessor_config.json")
        #expect(failure { try Checkpoint.read(path: folder) }?.kind == .unusable)
      }
    }
  }

  @Test("every method's own checkpoint loads as it was written", arguments: Catalogue.builtIn.methods)
  func everyMethod(method: Method) throws {
    var configuration = method.model(.tiny)
    configuration.input.size = FrameSize(square: 32)
    configuration.encoder.blocks.depth = 2
    configuration.decoder?.blocks.depth = 1
    configuration.masking = MaskingConfiguration(kind: .random, ratio: 0.5)
    let model = try Model(configuration, seed: 9)
    try withFolder { folder in
      try Checkpoint.write(model, to: folder)
      let checkpoint = try Checkpoint.read(path: folder)
      #expect(checkpoint.configuration == configuration)
      let (again, report) = try checkpoint.model()
      #expect(report.missing.isEmpty && report.leftOver.isEmpty)
      for parameter in model.parameters.parameters {
        let other = try #require(again.parameters[parameter.name])
        #expect(model.parameters.values(of: parameter) == again.parameters.values(of: other), "\(parameter.name)")
      }
    }
  }
}
