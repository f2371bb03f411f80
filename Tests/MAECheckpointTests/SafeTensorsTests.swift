import Foundation
import MAECheckpoint
import MAEEngine
import Testing

@Suite struct SafeTensorsTests {
  /// A file with this header and this many zero bytes of data.
  private func file(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + [UInt8](repeating: 0, count: data)
  }

  @Test("every element type survives") func everyElementTypeSurvives() throws {
    try withFolder { folder in
      var state = StateDictionary(metadata: ["method": "mae", "note": "\"quoted\" \\ and\nlines, ünïcode \u{1F600}"])
      for (index, type) in ElementType.allCases.reversed().enumerated() {
        let count = 3 * (index + 1)
        let bytes = (0..<count * type.size).map { UInt8(truncatingIfNeeded: $0 * 37 + index) }
        state["t.\(type.rawValue)"] = StoredTensor(type: type, shape: [3, index + 1], bytes: bytes)
      }
      state["scalar"] = StoredTensor(shape: [], floats: [7])
      state["empty"] = StoredTensor(shape: [0, 4], floats: [])
      let path = folder + "/model.safetensors"
      try SafeTensorsWriter.write(state, to: path)
      let read = try SafeTensorsReader.read(path: path)
      expectIdentical(read, state)
      #expect(read.metadata == state.metadata.merging(["format": "pt"]) { old, _ in old })
      let header = try SafeTensorsReader.header(path: path)
      for entry in header.entries { #expect(entry.range.lowerBound % entry.type!.size == 0, "\(entry.name) is not aligned") }
      #expect(try #require(header.entries.first).range.lowerBound % 64 == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.safetensors"])
    }
  }

  @Test("order is kept") func orderIsKept() throws {
    try withFolder { folder in
      let original = try SafeTensorsReader.read(path: fixture("mae-normalised.safetensors"))
      try SafeTensorsWriter.write(original, to: folder + "/copy.safetensors")
      #expect(try SafeTensorsReader.read(path: folder + "/copy.safetensors").names == original.names)
    }
  }

  @Test("conversions") func conversions() {
    func floats(_ type: ElementType, _ bytes: [UInt8]) -> [Float] {
      StoredTensor(type: type, shape: [bytes.count / type.size], bytes: bytes).floats()
    }
    #expect(floats(.float16, [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c]) == [1, -2, 0x1p-24, .infinity])
    #expect(floats(.bfloat16, [0x80, 0x3f, 0x49, 0xc0]) == [1, -3.140625])
    #expect(floats(.float8e4m3, [0x38, 0xb8, 0x01, 0x7e, 0x00]) == [1, -1, 0x1p-9, 448, 0])
    #expect(floats(.float8e4m3, [0x7f])[0].isNaN)
    #expect(floats(.float8e5m2, [0x3c, 0xbc, 0x7c, 0x01]) == [1, -1, .infinity, 0x1p-16])
    #expect(floats(.int64, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) == [-1])
    #expect(floats(.uint16, [0xff, 0xff]) == [65535])
    #expect(floats(.int8, [0x80]) == [-128])
    #expect(floats(.bool, [0, 1, 2]) == [0, 1, 1])
    #expect(floats(.float64, [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]) == [1.5])
  }

  @Test("rows share their bytes") func rowsShareTheirBytes() throws {
    let tensor = StoredTensor(shape: [3, 2], floats: [1, 2, 3, 4, 5, 6])
    #expect(tensor.rows(1..<3).floats() == [3, 4, 5, 6])
    #expect(tensor.rows(1..<3).rows(1..<2).reshaped([2, 1]).floats() == [5, 6])
  }

  @Test("tensors in use are not copied") func tensorsInUseAreNotCopied() throws {
    let values = Kernels(threads: 1).tensor([1, 2, 3, 4, 5, 6], [3, 2])
    let stored = StoredTensor(shape: [3, 2], sharing: values)
    values.assign([9, 8, 7, 6, 5, 4])
    #expect(stored.floats() == [9, 8, 7, 6, 5, 4] && stored.rows(2..<3).floats() == [5, 4])
    #expect(stored.isIdentical(to: StoredTensor(shape: [3, 2], floats: [9, 8, 7, 6, 5, 4])))
  }

  @Test(
    "headers that contradict themselves",
    arguments: [
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "cut off"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12, "damaged"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "gap"),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4,
        "overlap"
      ),
      (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "needs"),
      (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "shape"),
      (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, 8, "shape"),
      (#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}}"#, 8, "needs"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "data_offsets"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, 8, "data_offsets"),
      (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, 1, "element type"),
      (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, 8, "without"),
      (#"{"a":7}"#, 0, "without"),
      (
        #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, 0,
        "twice"
      ),
      (#"{"__metadata__":{"a":1}}"#, 0, "not a string"),
      (#"[]"#, 0, "not a JSON object"),
      (#"{"a":"#, 0, "JSON"),
      (#"{"a":{"dtype":"F32","shape":["# + String(repeating: "[", count: 100_000), 0, "nested"),
      (#"{"\ud800":1}"#, 0, "half of a character"),
    ])
  func contradictions(header: String, data: Int, word: String) throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      try write(file(header, data: data), to: path)
      let error = try #require(failure { try SafeTensorsReader.read(path: path) })
      #expect(error.kind == .unusable)
      #expect(error.description.contains(word), "\(error)")
      #expect(error.file == path)
    }
  }

  @Test("header length beyond the file") func headerLengthBeyondTheFile() throws {
    try withFolder { folder in
      let path = folder + "/x.safetensors"
      for length in [UInt64.max, 1 << 40, 100_000_000, 30] {
        try write((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array("{}".utf8), to: path)
        #expect(failure { try SafeTensorsReader.read(path: path) }?.kind == .unusable)
      }
    }
  }
}
