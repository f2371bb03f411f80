import Foundation
import MAECheckpoint
import MAEModels
import Testing

/// One model in the many ways in which people keep weights (`Fixtures/people/make.py`).
@Suite struct FoundWeightsTests {
  private func people(_ name: String) -> String { fixture("people/\(name)") }

  private func expected() throws -> StateDictionary { try Checkpoint.read(path: people("expected.safetensors")).weights }

  private func floats(_ path: String, _ options: WeightOptions = WeightOptions(), _ name: String) throws -> [Float] {
    try #require(try Checkpoint.read(path: people(path), options: options).weights[name]).floats()
  }

  @Test(
    "under any key, behind any prefix, beside anything",
    arguments: [
      "key-model_state_dict.pth", "key-net.pth", "key-nested.pth", "key-list.pth", "key-split.pth", "copies-ema.pth",
      "copies-teacher.pth", "prefix-model.safetensors", "prefix-forward_module.pth", "prefix-sequential.pth", "prefix-part.pth",
      "wrapper-orig_mod.pth", "wrapper-fsdp.pth", "wrapper-averaged.pth", "module-whole.pth", "module-legacy.pth",
      "classes-2.pth", "classes-4.pth", "classes-5.pth", "odd.pth", "odd-legacy.pth", "odd.safetensors",
    ])
  func sameWeights(name: String) throws {
    expectIdentical(try Checkpoint.read(path: people(name)).weights, try expected())
  }

  @Test("of several the best is taken and said, another on request")
  func copies() throws {
    let name = "encoder.norm.bias"
    let plain = try #require(try expected()["encoder.cls_token"]).floats()
    let ema = try Checkpoint.read(path: people("copies-ema.pth"))
    #expect(ema.remarks.contains { $0.contains("under state_dict were taken, not those under state_dict_ema") }, "\(ema.remarks)")
    #expect(
      try floats("copies-ema.pth", WeightOptions(key: "state_dict_ema"), "encoder.cls_token") == plain.map { 2 * $0 })
    // The student is whole, the teacher an encoder.
    let student = try Checkpoint.read(path: people("copies-teacher.pth"))
    #expect(student.hasDecoder && student.remarks.contains { $0.contains("not those under teacher.backbone") })
    let teacher = try Checkpoint.read(path: people("copies-teacher.pth"), options: WeightOptions(key: "teacher"))
    #expect(!teacher.hasDecoder && teacher.weights[name] != nil)
    #expect(teacher.weights["encoder.cls_token"]?.floats() == plain.map { 2 * $0 })
    let error = try #require(
      failure { try Checkpoint.read(path: people("copies-ema.pth"), options: WeightOptions(key: "ema")) })
    #expect(error.kind == .usage && error.reason.contains("state_dict, state_dict_ema"), "\(error)")
    // One model alone is not worth a word.
    #expect(try Checkpoint.read(path: people("key-model_state_dict.pth")).remarks.allSatisfy { !$0.contains("several") })
  }

  @Test("settings among foreign classes are read") func settingsAmongForeignClassesAreRead() throws {
    for protocolNumber in [2, 4, 5] {
      let checkpoint = try Checkpoint.read(path: people("classes-\(protocolNumber).pth"))
      #expect(checkpoint.metadata["args.mask_ratio"] == "0.5" && checkpoint.metadata["hyper_parameters.lr"] == "0.1")
      #expect(checkpoint.configuration.masking.ratio == 0.5 && checkpoint.configuration.decoder?.blocks.heads == 2)
      #expect(checkpoint.unknown.isEmpty)
    }
  }

  @Test("tensors without plain numbers are named") func tensorsWithoutPlainNumbersAreNamed() throws {
    let checkpoint = try Checkpoint.read(path: people("odd.pth"))
    #expect(Set(checkpoint.unknown).isSuperset(of: ["freqs_cis", "sparse", "sparse_rows", "quantised", "nested", "meta"]))
    #expect(checkpoint.remarks.contains { $0.contains("Not used: freqs_cis") }, "\(checkpoint.remarks)")
    let inspection = try Inspection(path: people("odd.pth"))
    #expect(inspection.elementTypes["complex"] == 2 && inspection.elementTypes["sparse"] == 2)
    let error = try #require(failure { try Checkpoint.read(path: people("odd-needed.pth")) })
    #expect(error.tensor == "model.norm.weight" && error.reason.contains("is complex") && error.reason.contains("in Python"))
  }

  @Test("unexpected tensors are counted by pattern") func unexpectedTensorsAreCountedByPattern() throws {
    let part = try Checkpoint.read(path: people("prefix-part.pth")).remarks
    #expect(part.contains { $0.hasPrefix("Not used: state_dict.neck.weight, state_dict.queue.") }, "\(part)")
    try withFolder { folder in
      var state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      for block in 0..<2 {
        state["blocks.\(block).ls1.gamma"] = StoredTensor(shape: [24], floats: .init(repeating: 1, count: 24))
      }
      try SafeTensorsWriter.write(state, to: folder + "/x.safetensors")
      let remarks = try Checkpoint.read(path: folder + "/x.safetensors").remarks
      #expect(remarks.contains { $0.contains("blocks.*.ls1.gamma (2)") && $0.contains("inside the blocks") }, "\(remarks)")
    }
  }

  // MARK: Adapters

  @Test("adapters of known scale are merged", arguments: ["lora-noted.pth", "lora-alpha.pth"])
  func adapters(name: String) throws {
    let checkpoint = try Checkpoint.read(path: people(name))
    try expectMerged(checkpoint)
    #expect(checkpoint.unknown.isEmpty)
    #expect(checkpoint.remarks.contains { $0.contains("merged into blocks.*.attn.qkv.weight") }, "\(checkpoint.remarks)")
  }

  @Test(
    "the scale stands beside the weights",
    arguments: [
      (#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4}"#, true), (#"{"r": 2, "lora_alpha": 4, "use_rslora": false}"#, true),
      (#"{"lora_alpha": 2.8284271247461903, "use_rslora": true}"#, true), (#"{"r": 2}"#, false),
      (#"{"lora_alpha": 4, "use_dora": true}"#, false), (#"{"lora_alpha": 4, "alpha_pattern": {"qkv": 8}}"#, false),
    ])
  func configuration(text: String, isMerged: Bool) throws {
    try withFolder { folder in
      for name in ["lora-unknown.pth", "lora-peft.pth"] {
        try FileManager.default.copyItem(atPath: people(name), toPath: folder + "/" + name)
        try write(Array(text.utf8), to: folder + "/adapter_config.json")
        if isMerged {
          try expectMerged(try Checkpoint.read(path: folder + "/" + name))
        } else {
          #expect(failure { try Checkpoint.read(path: folder + "/" + name) }?.reason.contains("merge_and_unload") == true)
        }
      }
    }
  }

  @Test("adapters in the folder of a model belong to it")
  func adapterBeside() throws {
    try withFolder { folder in
      for (name, place) in [("expected.safetensors", "model.safetensors"), ("lora-alone.pth", "adapter_model.bin")] {
        try FileManager.default.copyItem(atPath: people(name), toPath: folder + "/" + place)
      }
      expectIdentical(try Checkpoint.read(path: folder).weights, try expected())
      try write(Array(#"{"r": 2, "lora_alpha": 4}"#.utf8), to: folder + "/adapter_config.json")
      let checkpoint = try Checkpoint.read(path: folder)
      try expectMerged(checkpoint)
      #expect(checkpoint.files.count == 2)
      // The file alone is what it is.
      expectIdentical(try Checkpoint.read(path: folder + "/model.safetensors").weights, try expected())
    }
  }

  private func expectMerged(_ checkpoint: Checkpoint) throws {
    let name = "encoder.blocks.0.attn.qkv.weight"
    let merged = try #require(try SafeTensorsReader.read(path: people("lora-merged.safetensors"))["blocks.0.attn.qkv.weight"])
    for (a, b) in zip(try #require(checkpoint.weights[name]).floats(), merged.floats()) { #expect(abs(a - b) < 1e-5) }
    for (other, tensor) in try expected() where other != name {
      #expect(checkpoint.weights[other]?.isIdentical(to: tensor) == true, "\(other)")
    }
  }

  @Test(
    "adapters that cannot be merged are refused, with the way out",
    arguments: [
      ("lora-unknown.pth", "whose scale nothing tells"), ("lora-peft.pth", "adapter_config.json"),
      ("lora-magnitude.pth", "not plain LoRA"), ("lora-alone.pth", "without the weights that they change"),
    ])
  func refusedAdapters(name: String, word: String) throws {
    let error = try #require(failure { try Checkpoint.read(path: people(name)) })
    #expect(error.kind == .unusable && error.reason.contains(word) && error.reason.contains("merge_and_unload"), "\(error)")
    // What is there is still listed.
    #expect(try Inspection(path: people(name)).problem?.contains(word) == true)
  }

  // MARK: What weights do not tell

  @Test("heads are asked for where nothing tells") func headsAreAskedForWhereNothingTells() throws {
    let checkpoint = try Checkpoint.read(path: people("expected.safetensors"))
    let error = try #require(failure { try checkpoint.model() })
    #expect(error.kind == .usage && error.reason.contains("--heads"), "\(error)")
    #expect(try Inspection(path: people("expected.safetensors")).encoder?.heads == nil)
    let partly = try Checkpoint.read(path: people("expected.safetensors"), options: WeightOptions(heads: 2))
    try partly.requireHeads(decoder: false)
    #expect(failure { try partly.requireHeads(decoder: true) }?.reason.contains("--decoder-heads") == true)
    let told = try Checkpoint.read(path: people("expected.safetensors"), options: WeightOptions(heads: 2, decoderHeads: 4))
    #expect(try told.model().model.configuration.encoder.blocks.heads == 2)
    #expect(
      failure { try Checkpoint.read(path: people("expected.safetensors"), options: WeightOptions(heads: 3)) }?.kind == .unusable)
  }

  @Test(
    "published widths have published heads", arguments: [(192, 3), (768, 12), (1024, 16), (1280, 16), (1408, 16), (1664, 16)])
  func publishedHeads(width: Int, heads: Int) throws {
    try withFolder { folder in
      // One block, its large matrices without their length: nothing but shapes is looked at.
      var state = StateDictionary()
      func zeros(_ shape: Int...) -> StoredTensor {
        StoredTensor(type: .uint8, shape: shape, bytes: [UInt8](repeating: 0, count: shape.reduce(1, *)))
      }
      for (name, shape) in [("cls_token", [1, 1, width]), ("pos_embed", [1, 2, width])] {
        state[name] = zeros(shape[0], shape[1], shape[2])
      }
      state["patch_embed.proj.weight"] = zeros(width, 3, 1, 1)
      for (name, rows, columns) in [
        ("attn.qkv", 3 * width, width), ("attn.proj", width, width), ("mlp.fc1", 8, width), ("mlp.fc2", width, 8),
      ] {
        state["blocks.0.\(name).weight"] = zeros(rows, columns)
        state["blocks.0.\(name).bias"] = zeros(rows)
      }
      for name in ["patch_embed.proj.bias", "norm.weight", "norm.bias"]
        + [1, 2].flatMap({ ["blocks.0.norm\($0).weight", "blocks.0.norm\($0).bias"] })
      {
        state[name] = zeros(width)
      }
      try SafeTensorsWriter.write(state, to: folder + "/x.safetensors")
      let checkpoint = try Checkpoint.read(path: folder + "/x.safetensors")
      #expect(checkpoint.configuration.encoder.blocks.heads == heads)
      #expect(checkpoint.assumptions.contains { $0.contains("\(heads) heads, as published") })
      try checkpoint.requireHeads(decoder: false)
    }
  }

  @Test(
    "a config.json of something else does not block a file",
    arguments: [
      #"{"model_type": "bert", "hidden_size": 768}"#, #"{"architecture": "resnet50"}"#, "[1]", "{", "",
      #"{"model_type": "vit_mae", "hidden_size": 768}"#, #"{"version": 2}"#, #"{"configuration": {"method": "x"}}"#,
    ])
  func foreignConfiguration(text: String) throws {
    try withFolder { folder in
      for name in ["key-net.pth", "prefix-model.safetensors"] {
        try FileManager.default.copyItem(atPath: people(name), toPath: folder + "/" + name)
        try write(Array(text.utf8), to: folder + "/config.json")
        try write(Array("[]".utf8), to: folder + "/preprocessor_config.json")
        let checkpoint = try Checkpoint.read(path: folder + "/" + name)
        expectIdentical(checkpoint.weights, try expected())
        #expect(checkpoint.remarks.contains { $0.contains("left aside") })
      }
      // In a model folder both belong together.
      try FileManager.default.moveItem(atPath: folder + "/prefix-model.safetensors", toPath: folder + "/model.safetensors")
      try FileManager.default.removeItem(atPath: folder + "/key-net.pth")
      #expect(failure { try Checkpoint.read(path: folder) }?.kind == .unusable)
    }
  }

  @Test("weights that are no numbers") func weightsThatAreNoNumbers() throws {
    try withFolder { folder in
      var state = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      state["norm.weight"] = StoredTensor(shape: [24], floats: [.nan, -.infinity] + [Float](repeating: 1, count: 22))
      try SafeTensorsWriter.write(state, to: folder + "/x.safetensors")
      let checkpoint = try Checkpoint.read(path: folder + "/x.safetensors", options: WeightOptions(heads: 3, decoderHeads: 2))
      let report = try checkpoint.model().report
      #expect(report.warning?.contains("2 in encoder.norm.weight") == true && report.remarks.last == report.warning)
      #expect(failure { try report.requireFinite() }?.kind == .unusable)
      let error = try #require(failure { try checkpoint.export(OfficialExport(), to: folder + "/export") })
      #expect(error.tensor == "encoder.norm.weight" && !FileManager.default.fileExists(atPath: folder + "/export"))
    }
  }
}
