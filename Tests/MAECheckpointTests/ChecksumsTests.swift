import Foundation
import MAECheckpoint
import MAECore
import MAEFoundation
import MAEModels
import TestSupport
import Testing

@Suite struct ChecksumsTests {
  /// A checkpoint of a small model with moments and state, in the store's first folder.
  private static func makeCheckpoint(in folder: String) throws -> String {
    var configuration = MAEModels.Method.mae.recipe(.tiny).model
    configuration.input.size = FrameSize(square: 16)
    configuration.input.patch = 8
    configuration.encoder.blocks = BlockConfiguration(width: 8, depth: 1, heads: 2)
    configuration.decoder?.blocks = BlockConfiguration(width: 8, depth: 1, heads: 2)
    let model = try Model(configuration, seed: 3)
    return try CheckpointStore(folder: folder).write(step: 4) { path in
      try Checkpoint.write(model, to: path, notes: ["step": "4"])
      var moments = StateDictionary()
      moments["exp_avg.w"] = StoredTensor(shape: [300], floats: [Float](repeating: 0.5, count: 300))
      try SafeTensorsWriter.write(moments, to: path + "/optimizer.safetensors")
      try DurableFile.write("{\"step\": 4}\n", to: path + "/state.json")
    }.path
  }

  /// Where numbers begin in a safetensors file.
  private static func headerLength(_ bytes: [UInt8]) -> Int {
    8 + (0..<8).reduce(0) { $0 + Int(bytes[$1]) << (8 * $1) }
  }

  @Test("a flipped bit in any byte of headers and texts, and in any of 500 of the data, is noticed and its file named")
  func everyFlippedByte() throws {
    try withFolder { folder in
      let path = try Self.makeCheckpoint(in: folder)
      #expect(CheckpointStore.damage(of: path) == nil)
      var random = RandomStream(seed: 1)
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      #expect(
        names == [
          "CHECKSUMS", "config.json", "model.safetensors", "optimizer.safetensors", "preprocessor_config.json", "state.json",
        ])
      for name in names {
        let file = path + "/" + name
        let good = try contents(file)
        let isData = name.hasSuffix(".safetensors")
        let first = isData ? Self.headerLength(good) : good.count
        let places = Array(0..<first) + (isData ? (0..<250).map { _ in Int.random(in: first..<good.count, using: &random) } : [])
        let handle = try #require(FileHandle(forUpdatingAtPath: file))
        func put(_ byte: UInt8, at place: Int) throws {
          try handle.seek(toOffset: UInt64(place))
          try handle.write(contentsOf: [byte])
        }
        for place in places {
          try put(good[place] ^ UInt8(1 << Int.random(in: 0..<8, using: &random)), at: place)
          let error = CheckpointStore.damage(of: path)
          #expect(error?.file == file && error?.kind == .unusable, "\(name), byte \(place): \(error as Any)")
          try put(good[place], at: place)
        }
        try handle.close()
        #expect(try contents(file) == good)
      }
      #expect(CheckpointStore.damage(of: path) == nil)
    }
  }

  @Test("a file that is cut, longer or gone is noticed; one that nobody listed is nobody's business")
  func otherDamage() throws {
    try withFolder { folder in
      let path = try Self.makeCheckpoint(in: folder)
      let file = path + "/state.json"
      let good = try contents(file)
      for (bytes, words) in [
        (Array(good.dropLast()), "\(good.count - 1) bytes where CHECKSUMS says \(good.count)"),
        (good + [0x20], "\(good.count + 1) bytes"),
      ] {
        try write(bytes, to: file)
        #expect(CheckpointStore.damage(of: path)?.reason.contains(words) == true, "\(CheckpointStore.damage(of: path) as Any)")
      }
      try FileManager.default.removeItem(atPath: file)
      #expect(CheckpointStore.damage(of: path)?.reason.contains("is missing") == true)
      try write(good, to: file)
      try write([1, 2, 3], to: path + "/notes.json")
      #expect(CheckpointStore.damage(of: path) == nil)
    }
  }

  @Test("damaged weights are not loaded from any path that leads to them; damaged moments matter only to the run")
  func loading() throws {
    try withFolder { folder in
      let run = folder + "/run"
      let path = try Self.makeCheckpoint(in: run + "/checkpoints")
      #expect(try Checkpoint.read(path: run).remarks.isEmpty)
      func flipLast(_ name: String) throws {
        var bytes = try contents(path + "/" + name)
        bytes[bytes.count - 1] ^= 1
        try write(bytes, to: path + "/" + name)
      }
      try flipLast("optimizer.safetensors")
      #expect(CheckpointStore(folder: run + "/checkpoints").newest() == nil)
      #expect(try Checkpoint.read(path: run).path == path)
      try flipLast("model.safetensors")
      for place in [run, path, path + "/model.safetensors", run + "/checkpoints/last"] {
        let error = failure { try Checkpoint.read(path: place) }
        #expect(error?.kind == .unusable && error?.description.contains("its CRC-32C is") == true, "\(error as Any)")
        #expect(throws: CheckpointError.self) { try Inspection(path: place) }
      }
      // An older one is taken, and the newest one is named.
      let older = try CheckpointStore(folder: run + "/checkpoints").write(step: 2, keeping: .newest(3)) { place in
        for name in ["config.json", "preprocessor_config.json", "model.safetensors"] {
          try write(try contents(path + "/" + name), to: place + "/" + name)
        }
      }
      let found = try Checkpoint.read(path: run)
      #expect(found.path == older.path)
      let remark = try #require(found.remarks.first)
      #expect(remark.hasPrefix(path + "/model.safetensors: is damaged") && remark.hasSuffix("; step 2 is taken instead"))
    }
  }

  @Test("a checkpoint without checksums loads, and says that damage could not be told")
  func withoutChecksums() throws {
    try withFolder { folder in
      let path = try Self.makeCheckpoint(in: folder)
      try FileManager.default.removeItem(atPath: path + "/" + Checksums.fileName)
      #expect(try Checkpoint.read(path: path).remarks.map { $0.contains("has no CHECKSUMS") } == [true])
      // A model of somebody else has none, and nobody expects one.
      try FileManager.default.removeItem(atPath: path + "/state.json")
      #expect(try Checkpoint.read(path: path).remarks.isEmpty)
    }
  }

  @Test("verification tells of every checkpoint of a run whether it is as it was written")
  func verification() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder + "/run/checkpoints")
      for step in [0, 5, 10] {
        try store.write(step: step, keeping: .newest(3)) { try DurableFile.write("{}", to: $0 + "/state.json") }
      }
      let whole = try Verification(path: folder + "/run")
      #expect(whole.isProven && whole.checkpoints.map(\.files) == [1, 1, 1] && whole.checkpoints.map(\.bytes) == [2, 2, 2])
      try write(Array("[]".utf8), to: store.folder + "/step-000005/state.json")
      try FileManager.default.removeItem(atPath: store.folder + "/step-000010/CHECKSUMS")
      let found = try Verification(path: folder + "/run")
      #expect(!found.isProven)
      #expect(found.checkpoints.map { $0.damage == nil } == [true, false, true])
      #expect(found.checkpoints.map { $0.files == nil } == [false, false, true])
      let lines = found.text.split(separator: "\n")
      #expect(lines.count == 3 && lines[1].contains("damaged") && lines[2].contains("no CHECKSUMS"))
      #expect(try Verification(path: store.folder + "/step-000000/state.json").isProven)
      #expect(failure { try Verification(path: folder + "/nothing") }?.kind == .missing)
    }
  }
}
