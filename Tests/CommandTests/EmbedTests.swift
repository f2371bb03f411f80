import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EmbedTests {
  private func rows(_ folder: TemporaryFolder, _ name: String) throws -> [[String: Any]] {
    try folder.text(name).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test("clips become rows in the order of their paths") func clipsBecomeRowsInTheOrderOfTheirPaths() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let outcome = try Program.run("embed", "media/clips", "-m", "run", "-o", "clips.safetensors", in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("features [6, 192]"))
    let features = try Features(folder, "clips.safetensors")
    #expect(features.shape == [6, 192])
    #expect(features.values.allSatisfy { $0.isFinite })
    #expect(Set(features.values).count > 192)
    let rows = try self.rows(folder, "clips.jsonl")
    #expect(rows.count == 6)
    let paths = rows.compactMap { $0["path"] as? String }
    #expect(paths == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    for row in rows {
      #expect(row.keys.sorted() == ["label", "path", "time"])
      let path = try #require(row["path"] as? String)
      #expect(row["label"] as? String == URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent)
      #expect(row["time"] is NSNumber)
    }
    #expect(try folder.names(".").allSatisfy { !$0.hasSuffix(".partial") })
  }

  @Test("another number of threads and another order give the same bytes")
  func anotherNumberOfThreadsAndAnotherOrderGiveTheSameBytes() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let one = try Program.run("embed", "media", "-m", "run", "-o", "one.safetensors", "--threads", "1", in: folder)
    try #require(one.code == 0, "\(one.errors)")
    let two = try Program.run(
      "embed", "media/stills", "media/clips", "-m", "run", "-o", "two.safetensors", "--threads", "2", in: folder)
    try #require(two.code == 0, "\(two.errors)")
    #expect(try folder.data("one.safetensors") == folder.data("two.safetensors"))
    #expect(try folder.text("one.jsonl").split(separator: "\n").count == 8)
    // A still that stands still for a clip model is still a still.
    #expect(try rows(folder, "one.jsonl").count { $0["time"] is NSNull } == 2)
  }

  @Test("the mean is that of the tokens") func theMeanIsThatOfTheTokens() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    func embed(_ name: String, _ flags: String...) throws -> Features {
      let arguments = ["embed", "media/stills", "-m", "run", "-o", name] + flags
      let outcome = try Program.start(arguments, in: folder).outcome()
      try #require(outcome.code == 0, "\(outcome.errors)")
      return try Features(folder, name)
    }
    let tokens = try embed("tokens.safetensors", "--pool", "tokens", "--layer", "7")
    let mean = try embed("mean.safetensors", "--layer", "7")
    #expect(tokens.shape == [16, 16, 192])
    #expect(mean.shape == [16, 192])
    for row in 0..<16 {
      for column in 0..<192 {
        let sum = (0..<16).reduce(0.0) { $0 + Double(tokens.values[(row * 16 + $1) * 192 + column]) }
        #expect(abs(sum / 16 - Double(mean.values[row * 192 + column])) < 1e-5)
      }
    }
    // The class token is another thing, and so is the output after the norm: each row of that has mean 0 and variance 1
    // before scale and shift, which have hardly moved.
    let classes = try embed("class.safetensors", "--pool", "cls")
    #expect(classes.shape == [16, 192])
    let row = classes.values.prefix(192).map(Double.init)
    let mean0 = row.reduce(0, +) / 192
    #expect(abs(mean0) < 0.05)
    #expect(abs(row.reduce(0) { $0 + ($1 - mean0) * ($1 - mean0) } / 192 - 1) < 0.1)
    #expect(classes.values != mean.values)
  }

  @Test("a killed program leaves no file") func aKilledProgramLeavesNoFile() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    // The same clips many times over.
    let clips = try folder.names("media/clips").flatMap { motion in
      try folder.names("media/clips/\(motion)").map { "media/clips/\(motion)/\($0)" }
    }
    try folder.write(String(repeating: clips.joined(separator: "\n") + "\n", count: 400), to: "list.txt")
    let run = try Program.start(["embed", "list.txt", "-m", "run", "-o", "out.safetensors", "--batch-size", "1"], in: folder)
    #expect(run.wait { Self.hasUnfinishedFile(folder) })
    run.send(SIGKILL)
    _ = try run.outcome()
    #expect(!folder.exists("out.safetensors"))
    #expect(!folder.exists("out.jsonl"))
    for name in try folder.names(".") where name.hasSuffix(".partial") {
      try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
    }

    let asked = try Program.start(["embed", "list.txt", "-m", "run", "-o", "asked.safetensors", "--batch-size", "1"], in: folder)
    #expect(asked.wait { Self.hasUnfinishedFile(folder) })
    asked.send(SIGTERM)
    let outcome = try asked.outcome()
    #expect(outcome.code == 75)
    #expect(outcome.errors.contains("nothing was written"))
    #expect(try folder.names(".").allSatisfy { !$0.hasPrefix("asked") })
    #expect(!Self.hasUnfinishedFile(folder))
  }

  private static func hasUnfinishedFile(_ folder: TemporaryFolder) -> Bool {
    ((try? folder.names(".")) ?? []).contains { $0.hasPrefix(".") && $0.hasSuffix(".partial") }
  }

  @Test("broken files are left out and named") func brokenFilesAreLeftOutAndNamed() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let motion = try #require(try folder.names("media/clips").first)
    let clip = try #require(try folder.names("media/clips/\(motion)").first)
    let bytes = try folder.data("media/clips/\(motion)/\(clip)")
    try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: folder.path + "/media/clips/cut.mp4"))
    let outcome = try Program.run("embed", "media/clips", "-m", "run", "-o", "a.safetensors", "--format", "json", in: folder)
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("cut.mp4: left out"))
    #expect(try Features(folder, "a.safetensors").shape == [6, 192])
    #expect(outcome.output.contains("cut.mp4"))
    expect(65, ["embed", "media/clips/cut.mp4", "-m", "run", "-o", "b.safetensors"], "cut.mp4", in: folder)
    #expect(!folder.exists("b.safetensors"))
  }

  @Test("folders are made, paths are tidy, and what had to be done to files is said") func files() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let outcome = try Program.run("embed", "media", "-m", "run", "-o", "./new//deep/a.safetensors", "--threads", "99", in: folder)
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("new/deep/a.safetensors  features [8, 192]\nnew/deep/a.jsonl"), "\(outcome.output)")
    #expect(outcome.errors.contains("more threads than that only wait"), "\(outcome.errors)")
    #expect(outcome.errors.contains("2 of 8 files, first "), "\(outcome.errors)")
    #expect(outcome.errors.contains(": a still, and the model takes clips; it stands still for 4 frames"), "\(outcome.errors)")
    let stills = try TemporaryFolder(TrainedRun.onStills)
    try stills.render(clips: 1, stills: 0)
    let film = try Program.run("embed", "media/clips", "-m", "run", "-o", "a.safetensors", in: stills)
    #expect(film.errors.contains(": a video, and the model takes stills; the frame in its middle is taken"), "\(film.errors)")
  }

  @Test("wrong use is said") func wrongUseIsSaid() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let model = ["-m", "run", "-o", "out.safetensors"]
    expect(66, ["embed", "nowhere"] + model, "nowhere", in: folder)
    expect(66, ["embed", "media", "-m", "nowhere", "-o", "out.safetensors"], "nowhere", in: folder)
    expect(64, ["embed", "media", "-m", "run", "-o", "out.npy"], ".safetensors", in: folder)
    expect(64, ["embed", "media"] + model + ["--layer", "13"], "1 to 12", in: folder)
    expect(64, ["embed", "media"] + model + ["--pool", "cls"], "class token", in: folder)
    expect(64, ["embed", "media"] + model + ["--pool", "max"], "max", in: folder)
    try folder.write("", to: "file")
    expect(73, ["embed", "media", "-m", "run", "-o", "file/out.safetensors"], "file", in: folder)
  }
}

/// The tensor `features` of a file, read with what the format's description says alone.
private struct Features {
  let shape: [Int]
  let values: [Float]

  init(_ folder: TemporaryFolder, _ name: String) throws {
    let bytes = [UInt8](try folder.data(name))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
    let features = try #require(header["features"] as? [String: Any])
    shape = try #require(features["shape"] as? [Int])
    let data = Array(bytes[(8 + length)...])
    try #require(data.count == shape.reduce(4, *))
    values = stride(from: 0, to: data.count, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
    }
  }
}
