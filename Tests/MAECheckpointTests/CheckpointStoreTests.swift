import Foundation
import MAECheckpoint
import MAEFoundation
import TestSupport
import Testing

@Suite struct CheckpointStoreTests {
  private func fill(_ value: Float) -> (String) throws -> Void {
    { folder in
      var state = StateDictionary()
      state["w"] = StoredTensor(shape: [3], floats: [value, value, value])
      try SafeTensorsWriter.write(state, to: folder + "/model.safetensors")
      try DurableFile.write("{\"step\": 1}\n", to: folder + "/state.json")
    }
  }

  private func value(_ entry: CheckpointStore.Entry) throws -> Float? {
    try SafeTensorsReader.read(path: entry.path + "/model.safetensors")["w"]?.floats()[0]
  }

  @Test("the newest two and those that are pinned stay") func newestTwoAndPinnedStay() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder + "/checkpoints")
      #expect(store.newest() == nil)
      for step in [0, 5, 10, 1_000_000, 20] { try store.write(step: step, pinned: [5], fill(Float(step))) }
      #expect(store.entries().map(\.step) == [5, 20, 1_000_000])
      #expect(store.newest()?.path == folder + "/checkpoints/step-1000000")
      #expect(try value(try #require(store.newest { $0.step < 100 })) == 20)
    }
  }

  @Test("damaged checkpoints stay and do not count") func damagedOnesStay() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      for step in [10, 20, 60] { try store.write(step: step, keeping: .newest(3), fill(Float(step))) }
      for step in [30, 40] { try store.write(step: step, keeping: .newest(1), damaged: [60], fill(Float(step))) }
      #expect(store.entries().map(\.step) == [40, 60])
      try store.write(step: 60, keeping: .newest(1), damaged: [60], fill(6))
      #expect(store.entries().map(\.step) == [60])
      #expect(try value(try #require(store.newest())) == 6)
    }
  }

  @Test("failure keeps what was there") func failureKeepsWhatWasThere() throws {
    struct Broken: Error {}
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      try store.write(step: 1, fill(1))
      #expect(throws: Broken.self) {
        try store.write(step: 1) { path in
          try fill(2)(path)
          throw Broken()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["last", "step-000001"])
      #expect(try value(try #require(store.newest())) == 1)
    }
  }

  @Test("a link leads to the checkpoint that was written last, also when damaged ones are newer")
  func last() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      func target() throws -> String { try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/last") }
      for step in [5, 20, 10] {
        try store.write(step: step, keeping: .newest(3), fill(Float(step)))
        #expect(try target() == CheckpointStore.name(step))
      }
      #expect(try SafeTensorsReader.read(path: folder + "/last/model.safetensors")["w"]?.floats()[0] == 10)
      #expect(store.entries().map(\.step) == [5, 10, 20], "the link is no checkpoint of its own")
      // What is there under that name and no link stays, and hinders nothing.
      try FileManager.default.removeItem(atPath: folder + "/last")
      try FileManager.default.createDirectory(atPath: folder + "/last", withIntermediateDirectories: false)
      try store.write(step: 30, keeping: .newest(3), fill(30))
      #expect(store.newest()?.step == 30 && store.entries().count == 3)
      store.clean()
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(".") }
      #expect(names.isEmpty)
    }
  }

  @Test("a checkpoint of the same step is replaced") func sameStepIsReplaced() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      try store.write(step: 7, fill(1))
      try store.write(step: 7, fill(2))
      #expect(try value(try #require(store.newest())) == 2)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["last", "step-000007"])
    }
  }

  @Test("damaged checkpoints are passed over") func damagedOnesArePassedOver() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      for step in 1...2 { try store.write(step: step, fill(Float(step))) }
      let weights = folder + "/step-000002/model.safetensors"
      try write(Array(try contents(weights).dropLast(3)), to: weights)
      #expect(store.newest()?.step == 1)
      try write(Array("{".utf8), to: folder + "/step-000001/state.json")
      #expect(store.newest() == nil)
      try FileManager.default.createDirectory(atPath: folder + "/step-000009", withIntermediateDirectories: false)
      #expect(store.newest() == nil)
    }
  }

  @Test("what a killed run left over goes") func leftoversOfAKilledRunGo() throws {
    try withFolder { folder in
      let store = CheckpointStore(folder: folder)
      try store.write(step: 3, fill(3))
      for name in [".step-000004.partial.17", ".step-000003.old.18", ".step-000001.gone.19"] {
        try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: false)
        try fill(9)(folder + "/" + name)
      }
      store.clean()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["last", "step-000003"])
      #expect(try value(try #require(store.newest())) == 3)
      // Killed between the two renames of a replacement: the old one comes back.
      try FileManager.default.moveItem(atPath: folder + "/step-000003", toPath: folder + "/.step-000003.old.20")
      store.clean()
      #expect(try value(try #require(store.newest())) == 3)
    }
  }

  @Test("a writer killed at any moment leaves a checkpoint that loads")
  func killed() async throws {
    let own = TemporaryFolder()
    let folder = own.path("checkpoints")
    let store = CheckpointStore(folder: folder)
    try store.write(step: 0, fill(0))
    for round in 0..<(runsLongTests ? 200 : 8) {
      let delay = UInt32(500 + 1_300 * (round % 17))
      await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, delay = delay as UInt32] in
        Thread {
          usleep(delay)
          kill(getpid(), SIGKILL)
        }.start()
        var state = StateDictionary()
        state["w"] = StoredTensor(shape: [50_000], floats: [Float](repeating: 1, count: 50_000))
        while true {
          // The same step again and again, so that replacing is interrupted too.
          for step in 0...1 {
            try CheckpointStore(folder: folder).write(step: step) { path in
              try SafeTensorsWriter.write(state, to: path + "/model.safetensors")
            }
          }
        }
      }
      store.clean()
      #expect(store.newest() != nil, "after \(delay) microseconds")
      let names = try own.names("checkpoints")
      #expect(Set(names).isSubset(of: ["last", "step-000000", "step-000001"]), "\(names)")
    }
  }

  @Test("a folder that cannot be made is named") func folderThatCannotBeMade() throws {
    let error = #expect(throws: FileError.self) {
      try CheckpointStore(folder: "/proc/none/checkpoints").write(step: 1) { _ in }
    }
    #expect(error?.kind == .cannotCreate)
  }
}
