import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct FineTuneTests {
  private let small = ["--steps", "3", "--batch-size", "4", "--threads", "1"]

  private func fineTuned(_ flags: [String] = []) throws -> (folder: TemporaryFolder, outcome: Program.Outcome) {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let outcome = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "classes"] + small + flags, in: folder
    ).outcome()
    return (folder, outcome)
  }

  @Test("a run is fine-tuned, continues as finished, and classifies in every form")
  func classify() throws {
    let (folder, outcome) = try fineTuned()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("mae classify FILE -m classes"))
    #expect(folder.exists("classes/checkpoints/best"))
    let again = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "classes"] + small, in: folder
    ).outcome()
    #expect(again.code == 0 && again.errors.contains("This run is finished"), "\(again.errors)")

    let names = try folder.names("media/stills")
    let json = try Program.run("classify", "media/stills", "-m", "classes", "--format", "json", "--top", "2", in: folder)
    try #require(json.code == 0, "\(json.errors)")
    let found = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(found.count == 16)
    for file in found {
      let classes = try #require(file["classes"] as? [[String: Any]])
      let probabilities = classes.compactMap { $0["probability"] as? Double }
      #expect(probabilities.count == 2 && probabilities[0] >= probabilities[1])
      #expect(classes.allSatisfy { names.contains($0["name"] as? String ?? "") })
    }
    #expect(json.errors.contains("files with a known label are recognised"))

    let csv = try Program.run("classify", "media/stills", "-m", "classes", "--format", "csv", "--crops", "3", in: folder)
    let rows = csv.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows.count == 17 && rows[0].map(String.init) == ["path"] + names)
    for row in rows.dropFirst() {
      #expect(abs(row.dropFirst().compactMap { Double($0) }.reduce(0, +) - 1) < 1e-4)
    }
    let text = try Program.run("classify", "media/stills", "-m", "classes", in: folder)
    #expect(text.output.split(separator: "\n").count == 16)
  }

  @Test(
    "from scratch and with a part of the blocks", arguments: [["--from-scratch"], ["--blocks", "0.5", "--pool", "class-token"]])
  func kinds(flags: [String]) throws {
    let (folder, outcome) = try fineTuned(flags)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let config = try folder.text("classes/config.yaml")
    #expect(config.contains("initial-weights") != flags.contains("--from-scratch"))
  }

  @Test("clips of frames over whole videos are learned, judged by several views and classified as they were learned")
  func uniformClips() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clips = (FileManager.default.subpaths(atPath: folder.path("media/clips")) ?? []).filter { $0.hasSuffix(".mp4") }.sorted()
    let list = clips.enumerated().map { "media/clips/\($1) \($0 % 2 == 0 ? "even" : "odd")" }
    try folder.write(list.joined(separator: "\n"), to: "list.txt")
    let tune = ["finetune", "list.txt", "--val", "list.txt", "-m", "run", "--steps", "2", "--batch-size", "2", "--threads", "1"]
    let outcome = try Program.start(
      tune + ["-o", "classes", "--sampling", "uniform", "--eval-clips", "2", "--eval-crops", "3"], in: folder
    ).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("4 frames over each whole video"))
    #expect(try folder.text("classes/config.yaml").contains("sampling: uniform"))
    let views = try Program.run("classify", "list.txt", "-m", "classes", "--clips", "2", "--crops", "3", in: folder)
    #expect(views.code == 0 && views.output.split(separator: "\n").count == clips.count, "\(views.errors)")
    // An export lies in no run's folder and still knows.
    try expectSuccess(["export", "classes", "-o", "exported"], in: folder)
    for model in ["classes", "exported"] {
      expect(64, ["classify", "list.txt", "-m", model, "--clips", "3"], "two clips at most", in: folder)
    }
    expect(64, tune + ["-o", "out", "--sampling", "uniform", "--eval-clips", "3"], "--eval-clips is 3", in: folder)
    expect(
      64, tune + ["-o", "out", "--sampling", "uniform", "--sampling-rate", "2"], "--sampling-rate has no effect", in: folder)
    expect(64, tune + ["-o", "out", "--sampling", "still"], "--sampling is still, and the model takes clips", in: folder)
    expect(64, tune + ["-o", "out", "--pool", "class-token"], "--pool class-token needs one class token", in: folder)
    #expect(!folder.exists("out"))
    // A part of a video has its own views.
    try folder.write("media/clips/\(clips[0]) 15 5 even\nmedia/clips/\(clips[1]) 40 5 odd\n", to: "parts.txt")
    let parts = try Program.run("classify", "parts.txt", "-m", "classes", "--crops", "2", in: folder)
    #expect(parts.code == 0 && parts.output.split(separator: "\n").count == 1, "\(parts.output)\(parts.errors)")
    #expect(parts.errors.contains("\(clips[1]): left out"))
  }

  private func expectSuccess(_ arguments: [String], in folder: TemporaryFolder) throws {
    let outcome = try Program.start(arguments, in: folder).outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test("classes that a mirror exchanges are not mirrored, and that is said") func directions() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let names = try folder.names("media/stills")
    for (name, new) in zip(names, ["turn-clockwise", "up"] + names.dropFirst(2)) where name != new {
      try FileManager.default.moveItem(atPath: folder.path("media/stills/\(name)"), toPath: folder.path("media/stills/\(new)"))
    }
    let tune = ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o"]
    let plain = try Program.start(tune + ["plain"] + small, in: folder).outcome()
    #expect(plain.errors.contains("samples are not mirrored, because a class is called 'turn-clockwise'"), "\(plain.errors)")
    #expect(try folder.text("plain/config.yaml").contains("flip: 0.0"))
    let asked = try Program.start(tune + ["asked", "--hflip", "0.5"] + small, in: folder).outcome()
    #expect(asked.code == 0 && !asked.errors.contains("not mirrored"))
  }

  @Test("data and encoders that do not fit are one sentence each") func wrongData() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let (names, files) = (try folder.names("media/stills"), FileManager.default)
    let tune = ["finetune", "media/stills", "-m", "run", "-o", "out", "--val"]
    func copy(_ name: String) throws {
      try files.copyItem(atPath: folder.path("media/stills"), toPath: folder.path(name))
    }
    try copy("renamed")
    try files.moveItem(atPath: folder.path("renamed/\(names[0])"), toPath: folder.path("renamed/other"))
    expect(65, tune + ["renamed"], "validation has the class 'other', and training does not", in: folder)
    try files.removeItem(atPath: folder.path("renamed/other"))
    expect(65, tune + ["renamed"], "training has the class '\(names[0])', and validation does not", in: folder)
    try copy("single")
    for file in try folder.names("single/\(names[0])").dropFirst() {
      try files.removeItem(atPath: folder.path("single/\(names[0])/\(file)"))
    }
    expect(
      65, ["finetune", "single", "--val", "media/stills", "-m", "run", "-o", "out"],
      "the class '\(names[0])' has one training sample", in: folder)
    expect(66, tune + ["nowhere"], "nowhere", in: folder)
    expect(66, ["finetune", "media/stills", "--val", "media/stills", "-m", "nowhere", "-o", "out"], "nowhere", in: folder)
    expect(64, tune + ["media/stills", "--sampling", "uniform"], "--sampling is uniform, and the model takes stills", in: folder)
    expect(64, tune + ["media/stills", "--frame-gap", "1,2"], "--frame-gap has no effect", in: folder)
    // An encoder of another size than its configuration says.
    try files.createDirectory(atPath: folder.path("wide"), withIntermediateDirectories: true)
    let config = try folder.text("run/checkpoints/last/config.json").replacing("192", with: "384")
    try folder.write(config, to: "wide/config.json")
    try files.copyItem(
      atPath: folder.path("run/checkpoints/last/model.safetensors"), toPath: folder.path("wide/model.safetensors"))
    expect(65, ["finetune", "media/stills", "--val", "media/stills", "-m", "wide", "-o", "out"], "wide", in: folder)
    #expect(!folder.exists("out"))
  }

  @Test("wrong use is one sentence that says what to do") func wrongUse() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    try FileManager.default.createDirectory(atPath: folder.path("one"), withIntermediateDirectories: true)
    let name = try folder.names("media/stills")[0]
    try FileManager.default.copyItem(atPath: folder.path("media/stills/\(name)"), toPath: folder.path("one/\(name)"))
    for (arguments, words) in [
      (["finetune", "media/stills", "--val", "one", "-m", "run", "-o", "out"], "and validation does not"),
      (["finetune", "one", "--val", "one", "-m", "run", "-o", "out"], "needs two or more"),
      (["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "out", "--blocks", "0.3"], "in halves"),
      (["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "out", "--blocks", "99"], "--blocks is 99"),
      (["finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "out", "--extend", "run"], "--extend has no"),
      (["classify", "media/stills", "-m", "run"], "has no classifier; fine-tune it first"),
    ] {
      let outcome = try Program.start(arguments, in: folder).outcome()
      #expect(outcome.code != 0)
      #expect(outcome.errors.contains(words), "\(arguments.joined(separator: " ")): \(outcome.errors)")
      #expect(!folder.exists("out"))
    }
  }
}
