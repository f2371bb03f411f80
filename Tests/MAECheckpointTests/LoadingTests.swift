import Foundation
import MAECheckpoint
import MAECore
import MAEModels
import TestSupport
import Testing

/// Weights in models of other sizes, and configurations of other shapes.
@Suite struct LoadingTests {
  @Test("encoder only") func encoderOnly() throws {
    try withFolder { folder in
      let state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      let encoder = state.renamed { $0.hasPrefix("decoder") || $0 == "mask_token" ? nil : $0 }
      try SafeTensorsWriter.write(encoder, to: folder + "/encoder.safetensors")
      let checkpoint = try Checkpoint.read(path: folder + "/encoder.safetensors")
      #expect(!checkpoint.hasDecoder)
      var configuration = checkpoint.configuration
      configuration.decoder?.blocks = BlockConfiguration(width: 8, depth: 1, heads: 2)
      let model = try Model(configuration, seed: 1)
      let report = try checkpoint.load(into: model)
      #expect(report.paragraph.contains("Encoder only: decoder will be initialised."))
      #expect(report.missing.allSatisfy { $0.hasPrefix("decoder.") })
      let norm = try #require(model.parameters["encoder.norm.weight"])
      #expect(model.parameters.values(of: norm) == state["norm.weight"]?.floats())
    }
  }

  @Test("other decoder and other size") func otherDecoderAndOtherSize() throws {
    let checkpoint = try Checkpoint.read(path: fixture("checkpoint.pth"))
    var configuration = checkpoint.configuration
    configuration.input.size = FrameSize(width: 24, height: 12)
    configuration.decoder?.blocks = BlockConfiguration(width: 8, depth: 1, heads: 2)
    let model = try Model(configuration, seed: 1)
    let report = try checkpoint.load(into: model)
    #expect(report.paragraph.contains("Position tables interpolated from 4×4 to 3×6 tokens: encoder.pos_embed."))
    #expect(report.paragraph.contains("decoder will be initialised"))
    let table = model.parameters.values(of: try #require(model.parameters["encoder.pos_embed"]))
    #expect(table.count == 19 * 24 && Array(table[..<24]) == [Float](repeating: 0, count: 24))
  }

  @Test("separable tables") func separableTables() throws {
    let checkpoint = try Checkpoint.read(path: fixture("mae-st.safetensors"))
    var configuration = checkpoint.configuration
    configuration.input.size = FrameSize(square: 24)
    configuration.input.frames = 16
    configuration.target.predictedFrames = 8
    let model = try Model(configuration, seed: 1)
    let report = try checkpoint.load(into: model)
    #expect(report.missing.isEmpty)
    #expect(report.changes.count == 1 && report.changes[0].contains("decoder.pos_embed_temporal"))
  }

  @Test("other width") func otherWidth() throws {
    let checkpoint = try Checkpoint.read(path: fixture("checkpoint.pth"))
    var configuration = checkpoint.configuration
    configuration.encoder.blocks.width = 32
    let model = try Model(configuration, seed: 1)
    let error = try #require(failure { try checkpoint.load(into: model) })
    #expect(error.description.contains("encoder.cls_token: expected [1, 1, 32], found [1, 1, 24]"), "\(error)")
  }

  @Test("a model is as it was where not all weights fit") func allOrNothing() throws {
    let checkpoint = try Checkpoint.read(path: fixture("checkpoint.pth"))
    var configuration = checkpoint.configuration
    configuration.encoder.blocks.feedForwardWidth += 8
    let model = try Model(configuration, seed: 1)
    let table = try #require(model.parameters["encoder.cls_token"])
    let before = model.parameters.values(of: table)
    let error = try #require(failure { try checkpoint.load(into: model) })
    #expect(model.parameters.values(of: table) == before)
    #expect(failure { try checkpoint.requireFit(to: configuration) }?.description == error.description)
    #expect(throws: Never.self) { try checkpoint.requireFit(to: checkpoint.configuration) }
  }

  @Test("interpolation agrees with PyTorch") func interpolationAgreesWithPyTorch() throws {
    let state = try SafeTensorsReader.read(path: fixture("positions.safetensors"))
    let table = try #require(state["table"]).floats()
    let time = try #require(state["time"]).floats()
    var largest: Float = 0
    for (name, tensor) in state where name.contains("x") || name.contains(" ") {
      let resized: [Float]
      if name.hasPrefix("time") {
        let slots = try #require(Int(name.dropFirst(5)))
        resized = PositionResizing.resized(
          time, width: 8, leading: 0, from: TokenGrid(time: 4, height: 1, width: 1),
          to: TokenGrid(time: slots, height: 1, width: 1))
      } else {
        let sides = name.split(separator: "x").compactMap { Int($0) }
        resized = PositionResizing.resized(
          table, width: 8, leading: 1, from: TokenGrid(height: 4, width: 3), to: TokenGrid(height: sides[0], width: sides[1]))
      }
      let expected = tensor.floats()
      #expect(resized.count == expected.count)
      for (a, b) in zip(resized, expected) { largest = max(largest, abs(a - b)) }
    }
    #expect(largest < 5e-6, "largest difference \(largest)")
  }

  @Test("run folder means its newest checkpoint") func runFolderMeansItsNewestCheckpoint() throws {
    try withFolder { folder in
      let model = try Checkpoint.read(path: fixture("checkpoint.pth"), options: caseHeads).model().model
      let store = CheckpointStore(folder: folder + "/checkpoints")
      for step in [10, 20] { try store.write(step: step) { try Checkpoint.write(model, to: $0, notes: ["step": String(step)]) } }
      for path in [
        folder, folder + "/checkpoints", folder + "/checkpoints/step-000020",
        folder + "/checkpoints/step-000020/model.safetensors",
      ] {
        let checkpoint = try Checkpoint.read(path: path)
        #expect(checkpoint.metadata["step"] == "20")
        #expect(checkpoint.configuration == model.configuration)
      }
    }
  }

  @Test("configuration of an older version") func configurationOfAnOlderVersion() throws {
    try withFolder { folder in
      let model = try Checkpoint.read(path: fixture("mae-st.safetensors"), options: caseHeads).model().model
      try Checkpoint.write(model, to: folder)
      var state = try SafeTensorsReader.read(path: folder + "/model.safetensors")
      let text = try #require(state.metadata["configuration"])
      let older = text.replacing(#","uniformityWeight":0"#, with: "").replacing(#""finalNorm":true,"#, with: "")
      #expect(older.count < text.count - 30)
      state.metadata["configuration"] = older
      try SafeTensorsWriter.write(state, to: folder + "/older.safetensors")
      try FileManager.default.removeItem(atPath: folder + "/config.json")
      #expect(try Checkpoint.read(path: folder + "/older.safetensors").configuration == model.configuration)
      for bad in ["{", "[]", "{}", #"{"method":"mae"}"#.replacing("mae", with: "x"), #"{"method":"mae","input":7}"#] {
        state.metadata["configuration"] = bad
        try SafeTensorsWriter.write(state, to: folder + "/bad.safetensors")
        #expect(failure { try Checkpoint.read(path: folder + "/bad.safetensors") }?.kind == .unusable)
      }
    }
  }

  @Test("wrappers around names are taken off", arguments: ["module.", "_orig_mod.", "backbone.", "module._orig_mod."])
  func wrappers(prefix: String) throws {
    try withFolder { folder in
      let state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      try SafeTensorsWriter.write(state.renamed { prefix + $0 }, to: folder + "/x.safetensors")
      #expect(try Checkpoint.read(path: folder + "/x.safetensors").weights.count == state.count)
    }
  }

  @Test(
    "impossible values in config.json",
    arguments: [
      ("hidden_size", "0"), ("hidden_size", "-24"), ("hidden_size", "1e99"), ("hidden_size", "\"24\""), ("hidden_size", "48"),
      ("num_hidden_layers", "1000000000"), ("num_hidden_layers", "3"), ("num_hidden_layers", "1"), ("num_attention_heads", "5"),
      ("image_size", "9223372036854775807"), ("image_size", "[16, 16, 16]"), ("image_size", "20"), ("image_size", "17"),
      ("patch_size", "0"), ("patch_size", "8"), ("num_channels", "2"), ("num_channels", "1"), ("hidden_act", "\"relu\""),
      ("qkv_bias", "false"), ("model_type", "\"bert\""), ("layer_norm_eps", "-1"), ("decoder_hidden_size", "17"),
      ("decoder_num_hidden_layers", "4000"), ("intermediate_size", "1000000"), ("norm_pix_loss", "\"True\""), ("mask_ratio", "2"),
    ])
  func configurations(key: String, value: String) throws {
    try withFolder { folder in
      let source = fixture("transformers-vit-mae")
      try FileManager.default.copyItem(atPath: source + "/model.safetensors", toPath: folder + "/model.safetensors")
      let text = try String(contentsOfFile: source + "/config.json", encoding: .utf8)
      let lines = text.split(separator: "\n").map {
        $0.contains("\"\(key)\"") ? "\"\(key)\": \(value)\($0.hasSuffix(",") ? "," : "")" : $0
      }
      try write(Array(lines.joined(separator: "\n").utf8), to: folder + "/config.json")
      let error = try #require(failure { try Checkpoint.read(path: folder) }, "\(key) \(value)")
      #expect(error.kind == .unusable)
    }
  }

  @Test(
    "damaged folders end cleanly", arguments: ["transformers-vit-mae", "transformers-videomae", "transformers-simmim", "own"])
  func damage(name: String) throws {
    let own = TemporaryFolder()
    try Checkpoint.write(try Checkpoint.read(path: fixture("mae-st.safetensors"), options: caseHeads).model().model, to: own.path)
    func fixture(_ name: String) -> String { name == "own" ? own.path : MAECheckpointTests.fixture(name) }
    for file in ["config.json", "model.safetensors"] {
      let original = try contents(fixture(name) + "/" + file)
      try withFolder { folder in
        for other in ["config.json", "model.safetensors"] {
          try FileManager.default.copyItem(atPath: fixture(name) + "/" + other, toPath: folder + "/" + other)
        }
        var refusals = 0
        let rounds = runsLongTests ? 10_000 : 300
        for round in 0..<rounds {
          var random = RandomStream(seed: 21).fork(name + file, round)
          var bytes = original
          // The header of the weights is where the names are.
          let reach = min(bytes.count, 7000)
          for _ in 0...random.below(3) {
            let place = random.below(reach)
            switch random.below(3) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes[place] = UInt8(ascii: "0") + UInt8(random.below(10))
            default: bytes[place] ^= 1 << UInt8(random.below(8))
            }
          }
          try write(bytes, to: folder + "/" + file)
          do throws(CheckpointError) { _ = try Checkpoint.read(path: folder) } catch { refusals += 1 }
        }
        #expect(refusals > rounds / 10)
      }
    }
  }
}
