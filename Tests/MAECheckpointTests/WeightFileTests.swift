import Foundation
import MAECheckpoint
import Testing

/// Finding the weights behind a path.
@Suite struct WeightFileTests {
  private func part(_ names: [String]) throws -> StateDictionary {
    let whole = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
    return whole.renamed { names.contains($0) ? $0 : nil }
  }

  @Test("content decides, not the extension", arguments: ["checkpoint.pth", "legacy.pth", "mae-normalised.safetensors"])
  func content(name: String) throws {
    try withFolder { folder in
      let path = folder + "/weights.bin"
      try FileManager.default.copyItem(atPath: fixture(name), toPath: path)
      let expected: WeightFile.Form = name.hasSuffix("pth") ? .torch : .safetensors
      #expect(try WeightFile.read(path: path).form == expected)
      #expect(try WeightFile.read(path: folder).files == [path])
    }
  }

  @Test("shards are joined") func shardsAreJoined() throws {
    try withFolder { folder in
      let first = try part(["cls_token", "norm.weight"])
      let second = try part(["norm.bias"])
      try SafeTensorsWriter.write(first, to: folder + "/model-00001-of-00002.safetensors")
      try SafeTensorsWriter.write(second, to: folder + "/model-00002-of-00002.safetensors")
      let index = """
        {"metadata": {"total_size": 1}, "weight_map": {"norm.bias": "model-00002-of-00002.safetensors",
         "cls_token": "model-00001-of-00002.safetensors", "norm.weight": "model-00001-of-00002.safetensors"}}
        """
      try write(Array(index.utf8), to: folder + "/model.safetensors.index.json")
      let file = try WeightFile.read(path: folder)
      #expect(file.files.count == 2)
      expectIdentical(try file.state, try part(["cls_token", "norm.weight", "norm.bias"]))
      try FileManager.default.removeItem(atPath: folder + "/model-00002-of-00002.safetensors")
      #expect(failure { try WeightFile.read(path: folder) }?.kind == .missing)
    }
  }

  @Test(
    "an index cannot lead out of its folder",
    arguments: ["../x.safetensors", "/etc/passwd", "..", "", "model.safetensors.index.json"])
  func escape(name: String) throws {
    try withFolder { folder in
      try write(Array(#"{"weight_map": {"a": "\#(name)"}}"#.utf8), to: folder + "/model.safetensors.index.json")
      #expect(failure { try WeightFile.read(path: folder) }?.tensor == "a")
    }
  }

  @Test(
    "other files are named for what they are",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer"), ("", "empty"),
      ("hello, this is a text", "neither"), ("\u{1}", "neither"), ("PK\u{3}\u{4}", "zip archive"),
    ])
  func strangers(text: String, word: String) throws {
    try withFolder { folder in
      try write(Array(text.utf8), to: folder + "/x")
      let error = try #require(failure { try WeightFile.read(path: folder + "/x") })
      #expect(error.kind == .unusable)
      #expect(error.description.contains(word), "\(error)")
    }
  }

  @Test("what is missing is named") func missing() throws {
    #expect(failure { try WeightFile.read(path: "/nonexistent") }?.kind == .missing)
    try withFolder { folder in
      #expect(failure { try WeightFile.read(path: folder) }?.kind == .missing)
    }
    #expect(failure { try WeightFile.read(path: "/dev/zero") }?.kind == .unusable)
  }
}
