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

  @Test("what was killed or interrupted leaves no file under its name, and goes on to the same bytes")
  func resuming() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    // The same clips many times over.
    let clips = try folder.names("media/clips").flatMap { motion in
      try folder.names("media/clips/\(motion)").map { "media/clips/\(motion)/\($0)" }
    }
    try folder.write(String(repeating: clips.joined(separator: "\n") + "\n", count: 50), to: "list.txt")
    let arguments = ["embed", "list.txt", "-m", "run", "-o", "out.safetensors", "--batch-size", "1"]
    func done() -> Int {
      ((try? folder.text(".out.safetensors.partial/files.jsonl")) ?? "").split(separator: "\n").count
    }
    var before = 0
    for signal in [SIGKILL, SIGTERM] {
      let run = try Program.start(arguments, in: folder)
      #expect(run.wait { done() > before + 5 })
      run.send(signal)
      let outcome = try run.outcome()
      #expect(try folder.names(".").allSatisfy { !$0.hasPrefix("out.") })
      if signal == SIGTERM {
        #expect(outcome.code == 75)
        #expect(outcome.errors.contains("nothing was written yet") && outcome.errors.contains("embed list.txt"))
      }
      before = done()
    }
    let last = try Program.start(arguments, in: folder).outcome()
    try #require(last.code == 0, "\(last.errors)")
    #expect(!folder.exists(".out.safetensors.partial"))
    let (all, rows) = (try Features(folder, "out.safetensors"), try rows(folder, "out.jsonl"))
    #expect(all.shape == [300, 192] && rows.count == 300)
    try #require(
      try Program.run("embed", "media/clips", "-m", "run", "-o", "one.safetensors", "--batch-size", "1", in: folder).code == 0)
    let one = try Features(folder, "one.safetensors")
    // Sorted by path, each clip fifty times.
    #expect((0..<300).allSatisfy { all.values[$0 * 192..<($0 + 1) * 192] == one.values[$0 / 50 * 192..<($0 / 50 + 1) * 192] })
    // Another description starts anew.
    let other = try Program.start(arguments + ["--layer", "2"], in: folder).outcome()
    #expect(other.code == 0)
    #expect(try Features(folder, "out.safetensors").values != all.values)
  }

  @Test("NumPy's format and text hold the same numbers, several clips are averaged")
  func forms() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    func embed(_ name: String, _ flags: String...) throws {
      let outcome = try Program.start(["embed", "media/clips", "-m", "run", "-o", name] + flags, in: folder).outcome()
      try #require(outcome.code == 0, "\(outcome.errors)")
    }
    try embed("a.safetensors")
    let features = try Features(folder, "a.safetensors")
    try embed("a.npy")
    let bytes = [UInt8](try folder.data("a.npy"))
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    #expect(bytes[..<8] == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] && (10 + length) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    #expect(header.contains("'descr': '<f4'") && header.contains("'shape': (6, 192)") && header.hasSuffix("\n"))
    let values = bytes[(10 + length)...]
    #expect(
      Array(values)
        == features.values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
    try embed("a.csv")
    let lines = try folder.text("a.csv").split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(lines.count == 7 && lines[0].prefix(4) == ["path", "label", "time", "f0"])
    #expect(lines.dropFirst().flatMap { $0.dropFirst(3).map { Float($0)! } } == features.values)
    // Of clips as long as their video all are the same one; shorter ones differ.
    try embed("b.safetensors", "--clips", "3")
    #expect(try Features(folder, "b.safetensors").values != features.values)
  }

  @Test("a folder of numbered stills is a clip with --fps")
  func frameFolders() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let stills = try folder.names("media/stills").flatMap { name in
      try folder.names("media/stills/\(name)").map { "media/stills/\(name)/\($0)" }
    }
    for number in 1...12 {
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/frames/waving/one", withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(folder.path)/\(stills[number % 2])", toPath: "\(folder.path)/frames/waving/one/\(number).png")
    }
    let outcome = try Program.run("embed", "frames", "-m", "run", "-o", "a.safetensors", "--fps", "10", in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(try Features(folder, "a.safetensors").shape == [1, 192])
    let row = try #require(try rows(folder, "a.jsonl").first)
    #expect(row["label"] as? String == "waving" && (row["path"] as? String)?.hasSuffix("frames/waving/one") == true)
    // 4 frames, 2 apart, in the middle of 12: the third one begins it.
    #expect(row["time"] as? Double == 0.2)
    let still = try Program.run("embed", "frames", "-m", "run", "-o", "b.safetensors", in: folder)
    #expect(still.code == 0)
    #expect(try Features(folder, "b.safetensors").shape == [12, 192])
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

  @Test("features and their rows never replace the list that names the files, rewards beside them, or the weights")
  func sourcesStay() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clip = folder.video
    try folder.write(clip + "\n", to: "list.csv")
    try folder.write("{\"path\": \"\(clip)\", \"label\": \"a\"}\n", to: "rows.jsonl")
    try FileManager.default.copyItem(atPath: folder.path(clip), toPath: folder.path("film.mp4"))
    try folder.write("{\"reward\": 1}\n", to: "film.jsonl")
    try FileManager.default.copyItem(
      atPath: folder.path("run/checkpoints/step-000002"), toPath: folder.path("weights"))
    for (data, output, kept) in [
      ("list.csv", "list.csv", "list.csv"), ("rows.jsonl", "./rows.safetensors", "rows.jsonl"),
      ("film.mp4", "film.safetensors", "film.jsonl"), (clip, "weights/model.safetensors", "weights/model.safetensors"),
    ] {
      let before = try folder.data(kept)
      let outcome = try Program.run("embed", data, "-m", "weights", "-o", output, in: folder)
      #expect(
        outcome.code == 73 && outcome.errors.contains("\(kept): is one of the files that are read, and would be replaced; give "),
        "\(outcome.errors)")
      #expect(try folder.data(kept) == before, "\(kept)")
    }
    // What an earlier embedding wrote is not read.
    for _ in 0..<2 { #expect(try Program.run("embed", clip, "-m", "weights", "-o", "new.csv", in: folder).code == 0) }
  }

  @Test("wrong use is said") func wrongUseIsSaid() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let model = ["-m", "run", "-o", "out.safetensors"]
    expect(66, ["embed", "nowhere"] + model, "nowhere", in: folder)
    expect(66, ["embed", "media", "-m", "nowhere", "-o", "out.safetensors"], "nowhere", in: folder)
    expect(64, ["embed", "media", "-m", "run", "-o", "out.pt"], ".safetensors, .npy, .csv", in: folder)
    expect(64, ["embed", "media", "-m", "run", "-o", "out.csv", "--pool", "tokens"], "every token", in: folder)
    expect(64, ["embed", "media"] + model + ["--clips", "0"], "--clips is 0", in: folder)
    expect(64, ["embed", "media"] + model + ["--fps", "0"], "--fps is 0", in: folder)
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
