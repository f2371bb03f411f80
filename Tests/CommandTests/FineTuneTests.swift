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
    // Without data, the run in the folder is meant.
    let folderAlone = try Program.run("finetune", "-o", "classes", in: folder)
    #expect(folderAlone.code == 0 && folderAlone.errors.contains("This run is finished"), "\(folderAlone.errors)")

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
    // More views than are read at once, all of them the same, since a square has no other place for a square.
    let still = try "media/stills/\(names[0])/" + #require(folder.names("media/stills/\(names[0])").first)
    try FFmpegProgram.run(["-i", folder.path(still), "-vf", "scale=48:48", folder.path("square.png")])
    let shares = try ["1", "40"].map { crops in
      try Program.run("classify", "square.png", "-m", "classes", "--format", "csv", "--crops", crops, in: folder).output
        .split(separator: "\n").last?.split(separator: ",").dropFirst().compactMap { Double($0) } ?? []
    }
    #expect(shares[0].count == names.count && zip(shares[0], shares[1]).allSatisfy { abs($0 - $1) < 2e-6 }, "\(shares)")
    let text = try Program.run("classify", "media/stills", "-m", "classes", in: folder)
    #expect(text.output.split(separator: "\n").count == 16)
  }

  @Test("a run's settings are a file that repeats it, flags stand above it, and the file says how")
  func configuration() throws {
    let (folder, outcome) = try fineTuned(["--mixup", "0", "--pool", "class-token"])
    try #require(outcome.code == 0, "\(outcome.errors)")
    let config = try folder.text("classes/config.yaml")
    let first = try #require(config.split(separator: "\n").first)
    #expect(first.hasSuffix("Repeat it with: mae finetune --config config.yaml -o NEW-FOLDER"), "\(first)")
    let words = ["finetune", "--config", "classes/config.yaml"]
    let printed = try Program.start(words + ["--print-config"], in: folder).outcome()
    #expect(printed.code == 0, "\(printed.errors)")
    #expect(config == first + "\n" + printed.output)
    try expectSuccess(words + ["-o", "again"], in: folder)
    let weights = "checkpoints/last/model.safetensors"
    #expect(try folder.data("again/\(weights)") == folder.data("classes/\(weights)"))
    try expectSuccess(words + ["-o", "changed", "--mixup", "0.4", "--pool", "mean"], in: folder)
    let changed = try folder.text("changed/config.yaml")
    #expect(changed.contains("mixup: 0.4") && changed.contains("pooling: mean") && changed.contains("final-norm: false"))
    // Settings alone stand above the recipe.
    try folder.write("fine-tuning: {cutmix: 0.5}\noptimizer: {learning-rate: 0.002}\n", to: "own.yaml")
    let own = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "--config", "own.yaml", "--print-config"], in: folder
    ).outcome()
    #expect(own.output.contains("cutmix: 0.5") && own.output.contains("learning-rate: 0.002"), "\(own.errors)")
    #expect(own.output.contains("mixup: 0.2") && own.output.contains("layer-decay: 0.75"))
    // Random weights have nothing that early layers would keep.
    let named = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "--pool", "cls", "--print-config"], in: folder
    ).outcome()
    #expect(named.code == 0 && named.output.contains("pooling: class-token"), "\(named.errors)")
    let random = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "--from-scratch", "--print-config"], in: folder
    ).outcome()
    #expect(random.code == 0 && !random.output.contains("layer-decay"), "\(random.errors)")
    try folder.write(random.output, to: "random.yaml")
    let same = try Program.run("finetune", "--config", "random.yaml", "--print-config", in: folder)
    #expect(same.output == random.output, "\(same.errors)")
    #expect(try folder.text("classes/config.yaml").contains("layer-decay: 0.75"))
    let fresh = try Program.run(
      "finetune", "--config", "classes/config.yaml", "--from-scratch", "--print-config", in: folder)
    #expect(fresh.code == 0 && !fresh.output.contains("layer-decay"), "\(fresh.errors)")
    expect(78, ["pretrain", "--config", "classes/config.yaml", "-o", "x"], "mae finetune --config repeats it", in: folder)
    expect(78, ["finetune", "--config", "run/config.yaml", "-o", "x"], "mae pretrain --config repeats", in: folder)
    expect(64, words + ["-o", "x", "--recipe", "small"], "leave one of them out", in: folder)
    expect(64, ["finetune", "media/stills", "--val", "media/stills", "-o", "x"], "no model to start from", in: folder)
    expect(64, ["finetune", "media/stills", "-m", "run", "-o", "x"], "with --val", in: folder)
    #expect(!folder.exists("x"))
  }

  @Test("a plan says what fine-tuning would take, and trains nothing") func plan() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let plan = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "--plan"] + small, in: folder
    ).outcome()
    #expect(plan.code == 0, "\(plan.errors)")
    for phrase in [
      "a classifier of 8 classes", "parameters", "16 of 16 visible", "GFLOP", "memory", "3 steps", "time  ", "rate  ",
    ] {
      #expect(plan.output.contains(phrase), "\(phrase) in \(plan.output)")
    }
    #expect(try folder.names(".").filter { !$0.hasPrefix(".") } == ["media", "run"])

    // What a file of settings says of the search counts, too. Nothing is kept that has changed within two seconds.
    Thread.sleep(forTimeInterval: 2.1)
    try folder.write("data:\n  cache: kept\n", to: "settings.yaml")
    let kept = try Program.start(
      ["finetune", "media/stills", "--val", "media/stills", "-m", "run", "--plan", "--config", "settings.yaml"] + small,
      in: folder
    ).outcome()
    #expect(kept.code == 0, "\(kept.errors)")
    #expect(try folder.names("kept").contains { $0.hasSuffix(".folders") })
  }

  @Test("help states the defaults of fine-tuning, and no option that it has not") func help() throws {
    let help = try Program.run("help", "finetune", in: TemporaryFolder()).output
    let words = help.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    for phrase in [
      "0.75; 0.65 of mae-base", "1e-3 of small, whatever the batch", "0.2; 0.8 of mae-base",
      "(default: half-cosine; cosine-table of videomae-small", "(default: a tenth of the samples", "(default: none)",
      "(default: adamw)",
      "videomae-base-ssv2, videomae-base-ucf101", "2; 4 of videomae-small",
    ] {
      #expect(words.contains(phrase), "\(phrase)")
    }
    for phrase in ["--init", "--extend", "--frame-gap", "crossmae", "simmim", "u-mae", "pixio"] {
      #expect(!words.contains(phrase), "\(phrase)")
    }
  }

  @Test("a longer run goes on from a finished one as its refusal says, and a recipe of other samples is refused")
  func longerAndOther() throws {
    let (folder, outcome) = try fineTuned()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("all 16 validation files are training files too"), "\(outcome.errors)")
    #expect(outcome.errors.contains("the run is too short to be judged in 5 % of its time (--eval-share)"), "\(outcome.errors)")
    let tune = ["finetune", "media/stills", "--val", "media/stills"]
    expect(
      64, tune + ["-m", "run", "-o", "classes", "--steps", "5", "--batch-size", "4", "--threads", "1"], "with --model classes",
      in: folder)
    try expectSuccess(tune + ["-m", "classes", "-o", "longer"] + small, in: folder)
    expect(
      64, tune + ["-m", "run", "-o", "x", "--recipe", "videomae-base"],
      "--recipe videomae-base is for clips, and the model run", in: folder)
    expect(
      64, tune + ["-m", "run", "-o", "x", "--recipe", "videomae-base"], "give one of small, mae-base, mae-large, mae-huge\n",
      in: folder)
    expect(64, tune + ["-m", "run", "-o", "x", "--recipe", "mae-base-in1k"], "expected one of small, mae-base", in: folder)
    expect(64, ["classify", "media/stills", "-m", "classes", "--clips", "5"], "the model takes stills", in: folder)
    expect(64, ["classify", "media/stills", "-m", "classes", "--crops", "9999999"], "expected at most 1000000", in: folder)
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
      64, tune + ["-o", "out", "--sampling", "uniform", "--sampling-rate", "2"],
      "it needs clips of frames at equal distances, as --sampling dense has them", in: folder)
    expect(64, tune + ["-o", "out", "--recipe", "mae-base"], "give one of small, videomae-small", in: folder)
    expect(64, ["classify", "media/stills", "-m", "classes", "--clips", "2"], "there are stills alone", in: folder)
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
