import Foundation
import MAECheckpoint
import Testing

/// Pickles written by hand inside the older PyTorch form, honest and hostile.
@Suite struct PickleTests {
  /// A file of the older form: magic number, version, machine, object, names of storages, then one storage `0`.
  private func file(_ object: [UInt8], values: [Float] = []) -> [UInt8] {
    var bytes: [UInt8] = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    bytes += [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e]
    bytes += Array("}.".utf8)
    bytes += object + Array(".".utf8)
    bytes += values.isEmpty ? Array("].".utf8) : Array("](U\u{1}0e.".utf8)
    if !values.isEmpty { bytes += (0..<8).map { UInt8(truncatingIfNeeded: values.count >> (8 * $0)) } }
    for value in values { bytes += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    return bytes
  }

  /// Protocol 0 text for a tensor looking at storage `0` of four floats.
  private func tensor(offset: Int, shape: [Int], strides: [Int], count: Int = 4) -> String {
    func tuple(_ integers: [Int]) -> String { "(" + integers.map { "I\($0)\n" }.joined() + "t" }
    return "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI\(count)\nNtQ"
      + "I\(offset)\n\(tuple(shape))\(tuple(strides))I00\nNtR"
  }

  private func read(_ text: String, values: [Float] = [1, 2, 3, 4]) throws -> Result<StateDictionary, CheckpointError> {
    try withFolder { folder in
      let path = folder + "/file.pth"
      try write(file(Array(text.utf8), values: values), to: path)
      do throws(CheckpointError) { return .success(try WeightFile.read(path: path).state) } catch { return .failure(error) }
    }
  }

  @Test("text protocol and offsets") func textProtocolAndOffsets() throws {
    let state = try read("(dS'w'\n" + tensor(offset: 1, shape: [3], strides: [1]) + "s").get()
    #expect(state["w"]?.floats() == [2, 3, 4])
  }

  @Test("transposed and repeated views") func transposedAndRepeatedViews() throws {
    let text =
      "(dS'a'\n" + tensor(offset: 0, shape: [2, 2], strides: [1, 2]) + "sS'b'\n"
      + tensor(offset: 3, shape: [2, 3], strides: [0, 0]) + "sS'none'\n" + tensor(offset: 0, shape: [0, 5], strides: [5, 1]) + "s"
    let state = try read(text).get()
    #expect(state["a"]?.floats() == [1, 3, 2, 4])
    #expect(state["b"]?.floats() == [4, 4, 4, 4, 4, 4])
    #expect(state["none"]?.shape == [0, 5])
  }

  @Test("names are the keys that lead to a tensor, however deep")
  func entry() throws {
    let w = tensor(offset: 0, shape: [4], strides: [1])
    let state = try read("(dS'net'\n(dS'w'\n\(w)sI7\n(lp1\n\(w)assS'epoch'\nI7\ns").get()
    #expect(state.names == ["net.w", "net.7.0"])
    #expect(state.metadata == ["epoch": "7"])
  }

  @Test(
    "views outside their storage are refused",
    arguments: [
      (0, [5], [1]), (1, [4], [1]), (4, [1], [1]), (0, [2, 2], [3, 2]), (-1, [2], [1]), (0, [2], [-1]),
      (0, [Int.max], [1]), (0, [Int.max, Int.max], [0, 0]), (Int.max, [1], [1]), (Int.max, [2], [Int.max]),
      (0, [3], [Int.max]), (0, [2], [1, 1]), (0, [-3], [1]), (5, [0], [1]),
    ] as [(Int, [Int], [Int])])
  func outside(offset: Int, shape: [Int], strides: [Int]) throws {
    let result = try read("(dS'w'\n" + tensor(offset: offset, shape: shape, strides: strides) + "s")
    #expect(throws: CheckpointError.self) { try result.get() }
  }

  @Test("giant repetition is refused") func giantRepetitionIsRefused() throws {
    let result = try read("(dS'w'\n" + tensor(offset: 0, shape: [1 << 20, 1 << 20], strides: [0, 0]) + "s")
    #expect(failure { try result.get() }?.description.contains("repeats its numbers") == true)
  }

  @Test("storage larger than the file") func storageLargerThanTheFile() throws {
    let result = try read("(dS'w'\n" + tensor(offset: 0, shape: [1 << 40], strides: [1], count: 1 << 40) + "s")
    #expect(failure { try result.get() }?.tensor == "w")
  }

  @Test(
    "functions that run something are named and not run",
    arguments: [
      "os.system", "posix.system", "builtins.eval", "__builtin__.execfile", "torch.load", "torch.storage._load_from_bytes",
      "subprocess.Popen", "importlib.import_module", "pickle.loads",
    ])
  func hostileFunctions(name: String) throws {
    let dot = name.lastIndex(of: ".")!
    let result = try read("(dS'w'\nc\(name[..<dot])\n\(name[name.index(after: dot)...])\n(S'touch x'\ntRs")
    let error = try #require(failure { try result.get() })
    #expect(error.kind == .refused)
    #expect(error.reason.contains(name) && error.reason.contains("ask for the weights as safetensors"))
  }

  @Test(
    "other functions and classes are values without meaning",
    arguments: [
      "x.argparse.Namespace", "__builtin__.long", "builtins.getattr", "functools.partial", "code.run", "lightning.AttributeDict",
      "torch.nn.modules.linear.Linear", "builtins.set", "collections.OrderedDict", "torch.Size", "torch.FloatStorage",
      "torch.float32",
    ])
  func unknownClasses(name: String) throws {
    let dot = name.lastIndex(of: ".")!
    let value = "c\(name[..<dot])\n\(name[name.index(after: dot)...])\n"
    // As it is, called, called with something strange, and with attributes.
    for text in [value, value + "(tR", value + "(S'touch x'\nI1\ntR", value + "(tR(dS'a'\nI1\nsb"] {
      let state = try read("(dS'x'\n\(text)sS'w'\n" + tensor(offset: 0, shape: [4], strides: [1]) + "s").get()
      #expect(state.names == ["w"])
    }
  }

  @Test("optimizers and arguments are skipped") func optimizersAndArgumentsAreSkipped() throws {
    let state = try read(
      "(dS'opt'\n(ctorch.optim.adamw\nAdamW\no}bsS'args'\n(cargparse\nNamespace\no(dS'lr'\nF0.5\nsbsS'w'\n"
        + tensor(offset: 0, shape: [4], strides: [1]) + "s"
    ).get()
    #expect(state.names == ["w"])
    #expect(state.metadata["args.lr"] == "0.5")
  }

  @Test(
    "malformed programs end with a sentence",
    arguments: [
      "", "0", "t", "R", "s", "u", "a", "e", "1", "2", "b", "Q", "g7\n", "h\u{1}", "I\n", "Fx\n", "(", "NNR", "(dNs", "NQ",
      "(I1\ntQ", "z", "X", "p1\n", "o", "(o", "cos\n",
      "ccollections\nOrderedDict\n(NtR", "ccollections\nOrderedDict\n((lp0\nI1\natR", "ctorch._utils\n_rebuild_tensor_v2\n(tR",
      "ctorch._utils\n_rebuild_parameter\n(tR", "ctorch\nFloatStorage\n(tR", "N", "(d", "]",
    ])
  func malformed(text: String) throws {
    let result = try read(text)
    let error = try #require(failure { try result.get() })
    #expect(error.kind == .unusable)
  }

  @Test("deep nesting and self-reference neither overflow the stack nor hang")
  func nesting() throws {
    let deep = String(repeating: "(", count: 400_000) + String(repeating: "t", count: 400_000)
    let state = try read("(dS'deep'\n\(deep)sS'w'\n" + tensor(offset: 0, shape: [4], strides: [1]) + "s").get()
    #expect(state.names == ["w"])
    let cycle = try read("(dp0\nS'model'\ng0\nsS'w'\n" + tensor(offset: 0, shape: [4], strides: [1]) + "s").get()
    #expect(cycle.names == ["w"])
  }

  @Test("copies of copies are bounded") func copiesOfCopiesAreBounded() throws {
    let items = String(repeating: "(S'k'\nI1\ntp9\na", count: 1) + String(repeating: "g9\na", count: 50_000)
    let copies = String(repeating: "ccollections\nOrderedDict\n(g1\ntR0", count: 5_000)
    let result = try read("(lp1\n\(items)\(copies)")
    #expect(failure { try result.get() }?.description.contains("copies of copies") == true)
  }
}
