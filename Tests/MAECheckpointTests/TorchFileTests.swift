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
