import MAECheckpoint
import MAECore
import Testing

/// Weights in 16 bits.
@Suite struct PrecisionTests {
  /// Of every size, signs, ties between neighbours, and what is no number.
  private let floats: [Float] = {
    var random = RandomStream(seed: 2)
    let drawn = (0..<2000).map { _ in
      Float(random.uniform(-2, 2)) * Float(sign: .plus, exponent: random.below(40) - 25, significand: 1)
    }
    return drawn + [0, -0, 1 + 0x1p-8, 1 + 3 * 0x1p-8, 1 + 0x1p-11, 1 + 3 * 0x1p-11, 65504, 0x1p-24, .infinity]
  }()

  @Test("a converted value is the nearest that the type holds, of two the even one", arguments: [ElementType.float16, .bfloat16])
  func nearest(type: ElementType) {
    let stored = StoredTensor(shape: [floats.count], floats: floats).converted(to: type)
    #expect(stored.type == type && stored.shape == [floats.count] && stored.byteCount == 2 * floats.count)
    let bytes = stored.bytes
    /// What bits of the type mean, by the reading side.
    func meaning(_ bits: UInt16) -> Float {
      StoredTensor(type: type, shape: [1], bytes: [UInt8(bits & 0xff), UInt8(bits >> 8)]).floats()[0]
    }
    for (index, value) in floats.enumerated() where value.isFinite {
      let bits = UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
      let error = abs(Double(meaning(bits)) - Double(value))
      for neighbour in [bits &- 1, bits &+ 1] where meaning(neighbour).isFinite {
        let other = abs(Double(meaning(neighbour)) - Double(value))
        #expect(error < other || error == other && bits.isMultiple(of: 2), "\(value) as \(meaning(bits))")
      }
    }
    #expect(stored.floats().last == .infinity)
    #expect(stored.converted(to: .float32).floats() == stored.floats())
  }

  @Test(
    "an export in 16 bits is half as large, loads, and differs by rounding only", arguments: [ElementType.float16, .bfloat16])
  func export(type: ElementType) throws {
    let source = try Checkpoint.read(path: fixture("transformers-videomae"))
    try withFolder { folder in
      try source.export(TransformersExport(), to: folder + "/half", as: type)
      let half = try Checkpoint.read(path: folder + "/half")
      #expect(half.configuration == source.configuration)
      for (name, tensor) in source.weights {
        #expect(half.weights[name]?.isIdentical(to: tensor.converted(to: type)) == true, "\(name)")
      }
      #expect(
        try String(contentsOfFile: folder + "/half/config.json", encoding: .utf8).contains(
          type == .float16 ? "\"float16\"" : "\"bfloat16\""))
      try half.export(TransformersExport(), to: folder + "/whole", as: .float32)
      let whole = try Checkpoint.read(path: folder + "/whole")
      for (name, tensor) in half.weights { #expect(whole.weights[name]?.floats() == tensor.floats(), "\(name)") }
    }
  }

  @Test("weights that 16 bits cannot hold are said, and nothing is written")
  func overflow() throws {
    try withFolder { folder in
      let model = try Checkpoint.read(path: fixture("transformers-videomae")).model().model
      let parameter = try #require(model.parameters.parameters.max { $0.count < $1.count })
      model.parameters.setValues([Float](repeating: 70000, count: parameter.count), of: parameter)
      try Checkpoint.write(model, to: folder)
      let checkpoint = try Checkpoint.read(path: folder)
      let error = failure { try checkpoint.export(TransformersExport(), to: folder + "/half", as: .float16) }
      #expect(error?.kind == .unusable && error?.description.contains("bfloat16") == true)
      #expect(error?.description.contains(parameter.name) == true)
      try checkpoint.export(TransformersExport(), to: folder + "/half", as: .bfloat16)
    }
  }
}
