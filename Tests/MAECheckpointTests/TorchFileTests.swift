import Foundation
import MAECheckpoint
import Testing

/// Files written by PyTorch itself, against the same weights in safetensors.
@Suite struct TorchFileTests {
  let expected: StateDictionary

  private func weights(_ name: String) throws -> StateDictionary { withoutKey(try WeightFile.read(path: fixture(name)).state) }

  init() throws { expected = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors")) }

  @Test("zip and older form hold the same weights, bit for bit", arguments: ["checkpoint.pth", "legacy.pth"])
  func sameWeights(name: String) throws {
    expectIdentical(try weights(name), expected)
  }

  @Test("plain values beside the weights become metadata") func plainValuesBesideTheWeightsBecomeMetadata() throws {
    let metadata = try WeightFile.read(path: fixture("checkpoint.pth")).metadata
    #expect(metadata["epoch"] == "3")
    #expect(metadata["args.norm_pix_loss"] == "True")
    #expect(metadata["args.mask_ratio"] == "0.75")
    #expect(metadata["args.model"] == "mae_vit_tiny")
  }

  @Test("half precision agrees to its precision") func halfPrecisionAgreesToItsPrecision() throws {
    let half = try weights("half.pth")
    #expect(Set(half.names) == Set(expected.names))
    #expect(Set(half.map(\.tensor.type)) == [.float16, .bfloat16])
    for (name, tensor) in half {
      let tolerance: Float = tensor.type == .float16 ? 0x1p-11 : 0x1p-8
      let exact = try #require(expected[name])
      #expect(tensor.shape == exact.shape)
      for (a, b) in zip(tensor.floats(), exact.floats()) {
        #expect(abs(a - b) <= tolerance * abs(b) + 0x1p-24, "\(name): \(a) for \(b)")
      }
    }
  }

  @Test("strided views of shared storage") func stridedViewsOfSharedStorage() throws {
    let views = try weights("views.pth")
    let plain = try SafeTensorsReader.read(path: fixture("views.safetensors"))
    expectIdentical(views, plain)
    #expect(views["i64"]?.type == .int64)
  }

  @Test("code is refused by name") func codeIsRefusedByName() throws {
    let error = try #require(failure { try WeightFile.read(path: fixture("refuse.pth")) })
    #expect(error.kind == .refused)
    #expect(error.description.contains("posix.system"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/pwned-by-checkpoint"))
  }

  /// A zip archive of empty members, each compressed or not, without checksums.
  private func archive(_ members: [(name: String, isCompressed: Bool)]) -> [UInt8] {
    func bytes(_ values: Int...) -> [UInt8] { values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }
    var (files, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, isCompressed) in members {
      // An empty stream of deflate has two bytes.
      let content: [UInt8] = isCompressed ? [3, 0] : []
      let common = bytes(20, 0, isCompressed ? 8 : 0, 0, 0, 0, 0, content.count, 0, 0, 0, name.utf8.count, 0)
      directory += [0x50, 0x4b, 1, 2] + bytes(20) + common + bytes(0, 0, 0, 0, 0, files.count, 0) + Array(name.utf8)
      files += [0x50, 0x4b, 3, 4] + common + Array(name.utf8) + content
    }
    let end = bytes(0, 0, members.count, members.count, directory.count, 0, files.count, 0, 0)
    return files + directory + [0x50, 0x4b, 5, 6] + end
  }

  @Test("a TorchScript program is called one, although parts of it are compressed") func torchScript() throws {
    try withFolder { folder in
      let path = folder + "/script.pt"
      try write(archive([("m/data.pkl", false), ("m/constants.pkl", false), ("m/code/m.py", true)]), to: path)
      let script = failure { try WeightFile.read(path: path) }
      #expect(script?.description.contains("is a TorchScript program, not weights") == true, "\(script?.description ?? "")")
      #expect(script?.description.contains("state_dict()") == true)
      try write(archive([("m/data.pkl", true), ("m/version", false)]), to: path)
      let packed = failure { try WeightFile.read(path: path) }
      #expect(packed?.description.contains("m/data.pkl inside it is compressed") == true, "\(packed?.description ?? "")")
    }
  }

  @Test("every flipped bit of the weights is noticed") func everyFlippedBitOfTheWeightsIsNoticed() throws {
    let bytes = try contents(fixture("views.pth"))
    // The 192 bytes of the first storage start where its first value stands.
    let first = try #require(try SafeTensorsReader.read(path: fixture("views.safetensors"))["whole"]).bytes
    let start = try #require((0..<bytes.count - 192).first { bytes[$0..<$0 + 192].elementsEqual(first) })
    try withFolder { folder in
      for bit in 0..<192 * 8 {
        var damaged = bytes
        damaged[start + bit / 8] ^= 1 << (bit % 8)
        let path = folder + "/flipped.pth"
        try write(damaged, to: path)
        let error = failure { try WeightFile.read(path: path).state }
        #expect(error?.description.contains("checksum") == true)
      }
    }
  }
}
