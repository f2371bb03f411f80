import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ProbeTests {
  private func json(_ outcome: Program.Outcome) throws -> [String: Any] {
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test("every kind answers with the same keys", arguments: ["linear", "logistic", "knn", "attentive"])
  func kinds(kind: String) throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let result = try json(
      Program.run(
        "probe", "media/stills", "-m", "run", "--kind", kind, "--folds", "2", "--format", "json", in: folder))
    #expect(result["kind"] as? String == kind)
    #expect(result["samples"] as? Int == 16 && result["folds"] as? Int == 2)
    for key in ["top1", "top5", "untrained_top1"] {
      let share = try #require(result[key] as? Double, "\(key)")
      #expect((0...1).contains(share))
    }
    #expect((result["pixels_top1"] is NSNull) == (kind == "attentive"))
    let (top1, interval) = (try #require(result["top1"] as? Double), try #require(result["interval"] as? [Double]))
    #expect(interval.count == 2 && interval[0] <= top1 && top1 <= interval[1] && interval[0] < interval[1])
    let classes = try #require(result["classes"] as? [[String: Any]])
    let names = try folder.names("media/stills")
    #expect(classes.map { $0["name"] as? String } == names)
    #expect(classes.reduce(0) { $0 + ($1["samples"] as? Int ?? 0) } == 16)
    let right = classes.reduce(0.0) { $0 + ($1["top1"] as? Double ?? 0) * Double($1["samples"] as? Int ?? 0) }
    #expect(abs(right / 16 - top1) < 1e-9)
    let confusion = try #require(result["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == classes.map { $0["samples"] as? Int })
  }

  @Test("the same seed gives the same figures, and a list names classes as folders do")
  func sameFigures() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let files = try folder.names("media/stills").flatMap { name in
      try folder.names("media/stills/\(name)").map { "media/stills/\(name)/\($0) \(name)" }
    }
    try folder.write(files.joined(separator: "\n"), to: "list.txt")
    func probe(_ data: String, _ flags: String...) throws -> [String: Any] {
      try json(Program.start(["probe", data, "-m", "run", "--folds", "2", "--format", "json"] + flags, in: folder).outcome())
    }
    let one = try probe("media/stills", "--threads", "1")
    let other = try probe("list.txt", "--threads", "2")
    #expect(one["confusion"] as? [[Int]] == other["confusion"] as? [[Int]])
    #expect(one["untrained_top1"] as? Double == other["untrained_top1"] as? Double)
  }

  @Test("without baselines the figures of the trained network are the same")
  func withoutBaselines() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let command = ["probe", "media/stills", "-m", "run", "--folds", "2"]
    let whole = try json(Program.start(command + ["--format", "json"], in: folder).outcome())
    let short = try json(Program.start(command + ["--format", "json", "--no-baselines"], in: folder).outcome())
    #expect(short["untrained_top1"] is NSNull && short["pixels_top1"] is NSNull)
    #expect(short["confusion"] as? [[Int]] == whole["confusion"] as? [[Int]])
    let text = try Program.start(command + ["--no-baselines"], in: folder).outcome().output
    #expect(text.contains("top-1") && !text.contains("untrained") && !text.contains("pixels"))
  }

  @Test("wrong use is one sentence")
  func wrongUse() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let names = try folder.names("media/stills")
    func copy(_ from: String, _ to: String) throws {
      let target = URL(fileURLWithPath: folder.path + "/" + to)
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: folder.path + "/" + from, toPath: target.path)
    }
    let model = ["-m", "run"]
    // Classes that do not match.
    try copy("media/stills", "renamed")
    try FileManager.default.moveItem(
      atPath: folder.path + "/renamed/\(names[0])", toPath: folder.path + "/renamed/other")
    expect(65, ["probe", "media/stills", "--val", "renamed"] + model, "'other'", in: folder)
    try FileManager.default.removeItem(atPath: folder.path + "/renamed/other")
    expect(65, ["probe", "media/stills", "--val", "renamed"] + model, "'\(names[0])'", in: folder)
    // A class with one sample.
    try copy("media/stills", "single")
    let last = names[names.count - 1]
    for file in try folder.names("single/\(last)").dropFirst() {
      try FileManager.default.removeItem(atPath: folder.path + "/single/\(last)/\(file)")
    }
    expect(65, ["probe", "single"] + model, "the class '\(last)' has one training sample", in: folder)
    // No classes, and one class.
    try copy("media/stills/\(names[0])", "flat")
    expect(65, ["probe", "flat"] + model, "has no label", in: folder)
    try copy("media/stills/\(names[0])", "lonely/one")
    expect(65, ["probe", "lonely"] + model, "two or more", in: folder)
    // Values.
    expect(64, ["probe", "media/stills", "--kind", "attentive", "--pool", "cls"] + model, "attentive", in: folder)
    expect(64, ["probe", "media/stills", "--pool", "tokens"] + model, "one vector", in: folder)
    expect(64, ["probe", "media/stills", "--folds", "1"] + model, "--folds is 1", in: folder)
    expect(64, ["probe", "media/stills", "--temperature", "0"] + model, "--temperature is 0", in: folder)
    for (flags, phrase) in [
      (["--k", "3"], "--k has no effect on a probe of kind linear; leave it out, or give --kind knn"),
      (["--temperature", "1", "--kind", "logistic"], "--temperature has no effect on a probe of kind logistic"),
      (["--c", "2"], "--c has no effect on a probe of kind linear; leave it out, or give --kind logistic"),
      (["--recipe", "mae", "--kind", "knn"], "--recipe has no effect on a probe of kind knn"),
      (["--recipe", "mae", "--kind", "segmentation"], "--recipe has no effect on a probe of kind segmentation"),
      (["--clips", "3"], "--clips is 3, and there are stills alone"),
      (["--folds", "3", "--val", "media/stills"], "--folds has no effect with --val"),
    ] {
      expect(64, ["probe", "media/stills"] + flags + model, phrase, in: folder)
    }
    expect(66, ["probe", "nowhere"] + model, "nowhere", in: folder)
    expect(66, ["probe", "media/stills", "-m", "nowhere"], "nowhere", in: folder)
  }

  @Test("the page and its figures do not replace the list that was read")
  func sourcesStay() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let lines = try folder.names("media/stills").flatMap { name in
      try folder.names("media/stills/\(name)").map { "../media/stills/\(name)/\($0) \(name)\n" }
    }.joined()
    try folder.write(lines, to: "page/probe.json")
    let outcome = try Program.run("probe", "page/probe.json", "-m", "run", "-o", "./page", in: folder)
    #expect(
      outcome.code == 73 && outcome.errors.contains("page/probe.json: is one of the files that are read"), "\(outcome.errors)")
    #expect(try folder.text("page/probe.json") == lines)
    #expect(try folder.names("page") == ["probe.json"])
  }

  @Test("a validation set that is part of the training set is said")
  func overlap() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let outcome = try Program.run(
      "probe", "media/stills", "--val", "media/stills", "-m", "run", "--kind", "knn", "--k", "1", "--format", "json", in: folder)
    let result = try json(outcome)
    #expect(outcome.errors.contains("the validation set is part of the training set"))
    #expect(result["overlap"] as? Int == 16 && result["top1"] as? Double == 1)
  }

  @Test("an encoder of another size and no encoder are refused")
  func encoders() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let checkpoint = "run/checkpoints/last"
    func model(_ name: String, _ change: (inout String) throws -> Void) throws {
      try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
      var config = try folder.text("\(checkpoint)/config.json")
      try change(&config)
      try folder.write(config, to: "\(name)/config.json")
      try FileManager.default.copyItem(
        atPath: "\(folder.path)/\(checkpoint)/model.safetensors", toPath: "\(folder.path)/\(name)/model.safetensors")
    }
    try model("wide") { $0 = $0.replacing("192", with: "384") }
    expect(65, ["probe", "media/stills", "-m", "wide"], "wide", in: folder)
    // A file that holds the decoder alone.
    let weights = [UInt8](try folder.data("\(checkpoint)/model.safetensors"))
    let length = (0..<8).reduce(0) { $0 | Int(weights[$1]) << (8 * $1) }
    var header = try #require(
      try JSONSerialization.jsonObject(with: Data(weights[8..<8 + length])) as? [String: Any])
    var data: [UInt8] = []
    for (name, value) in header where name != "__metadata__" {
      var entry = try #require(value as? [String: Any])
      let place = try #require(entry["data_offsets"] as? [Int])
      if name.hasPrefix("decoder") {
        entry["data_offsets"] = [data.count, data.count + place[1] - place[0]]
        data += weights[8 + length + place[0]..<8 + length + place[1]]
        header[name] = entry
      } else {
        header[name] = nil
      }
    }
    let text = try JSONSerialization.data(withJSONObject: header)
    try model("decoder") { _ in }
    let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    try Data(size + text + data).write(to: URL(fileURLWithPath: folder.path + "/decoder/model.safetensors"))
    expect(65, ["probe", "media/stills", "-m", "decoder"], "decoder", in: folder)
  }
}

@Suite(.serialized) struct EvaluationTests {
  @Test("accuracy and the baseline stand in metrics and words, the best checkpoint has a link, and a page is written")
  func whileTraining() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 24)
    let outcome = try Program.run(
      "pretrain", "media", "-o", "run", "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--batch-size", "4",
      "--decoder-depth", "1", "--steps", "6", "--threads", "1", "--eval-data", "media/stills", "--eval-every", "3", "--holdout",
      "25%", in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    for phrase in ["baseline", "18 stills; 6 more held out", "where the mean gives", "on files left out", "neighbours recognise"]
    {
      #expect(outcome.errors.contains(phrase), "\(phrase) in \(outcome.errors)")
    }
    let lines = try folder.text("run/metrics.jsonl").split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    let found = lines.compactMap { $0["evaluation"] as? [String: Any] }
    #expect(found.count == 2)
    for evaluation in found {
      #expect(evaluation.keys.sorted() == ["holdout_loss", "seconds", "top1", "untrained_top1"])
    }
    #expect(try folder.names("run/checkpoints").contains("best"))
    let probe = try Program.run(
      "probe", "media/stills", "-m", "run", "--kind", "knn", "--folds", "2", "-o", "page", "--format", "json", in: folder)
    let result = try #require(try JSONSerialization.jsonObject(with: Data(probe.output.utf8)) as? [String: Any])
    #expect((result["layers"] as? [Any])?.count == 12)
    #expect((result["checkpoints"] as? [[String: Any]])?.last?["at"] as? Int == 6)
    let page = try folder.text("page/probe.html")
    for phrase in ["Confusion", "Nearest neighbours", "By blocks of the encoder", "By checkpoints of the run", "untrained"] {
      #expect(page.contains(phrase), "\(phrase)")
    }
    #expect(!page.contains("http"))
  }

  @Test("wrong evaluation data end a run before it begins")
  func wrongUse() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 8)
    let pretrain = [
      "pretrain", "media", "-o", "run", "--steps", "2", "--preset", "tiny", "--input-size", "32", "--patch-size", "8",
    ]
    expect(66, pretrain + ["--eval-data", "nowhere"], "nowhere", in: folder)
    expect(64, pretrain + ["--eval-data", "media", "--eval-share", "0"], "eval-share is 0", in: folder)
    expect(64, pretrain + ["--holdout", "1"], "holdout is 1", in: folder)
    expect(64, pretrain + ["--eval-val", "media"], "--eval-val has no effect", in: folder)
    #expect(!folder.exists("run"))
  }

  @Test("classes called left and right keep samples from being mirrored")
  func mirrors() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 4)
    try FileManager.default.createDirectory(atPath: folder.path("media/turn"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: folder.path("media/stills"), toPath: folder.path("media/turn/left"))
    let shapes = try folder.names("media/turn/left")
    for shape in shapes {
      for file in try folder.names("media/turn/left/\(shape)") {
        try FileManager.default.moveItem(
          atPath: folder.path("media/turn/left/\(shape)/\(file)"), toPath: folder.path("media/turn/left/\(shape)-\(file)"))
      }
    }
    let arguments = [
      "pretrain", "media", "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--steps", "1", "--threads", "1",
    ]
    let outcome = try Program.start(arguments + ["-o", "run", "--batch-size", "2"], in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("not mirrored, because a class is called 'left'"))
    #expect(try folder.text("run/config.yaml").contains("flip: 0"))
    let given = try Program.start(arguments + ["-o", "given", "--batch-size", "2", "--hflip", "0.5"], in: folder).outcome()
    #expect(given.code == 0 && !given.errors.contains("not mirrored"))
  }
}
