import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct PretrainTests {
  @Test("a run that was killed goes on as if nothing had happened") func aRunThatWasKilledGoesOnAsIfNothingHadHappened() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 7, stills: 0)
    func arguments(_ run: String) -> [String] {
      ["pretrain", "media", "-o", run, "--steps", "20", "--save-every", "4"] + smallClips
    }
    let whole = try Program.start(arguments("whole"), in: folder).outcome()
    try #require(whole.code == 0, "\(whole.errors)")
    #expect(whole.output == "whole/checkpoints/step-000020\n")
    #expect(folder.steps("whole") == Array(1...20))

    for killAfter in [1, 6, 11] {
      let run = try Program.start(arguments("parts"), in: folder)
      #expect(run.wait { folder.steps("parts").last ?? 0 >= killAfter })
      run.send(SIGKILL)
      _ = try run.outcome()
      let names = try folder.names("parts/checkpoints").filter { !$0.hasPrefix(".") }
      #expect(!names.isEmpty)
    }
    let last = try Program.start(arguments("parts"), in: folder).outcome()
    #expect(last.code == 0)
    #expect(last.errors.contains("continues after step"))
    #expect(folder.steps("parts") == Array(1...20))
    for file in ["model.safetensors", "optimizer.safetensors"] {
      #expect(
        try folder.data("parts/checkpoints/step-000020/\(file)") == folder.data("whole/checkpoints/step-000020/\(file)"))
    }

    let again = try Program.start(arguments("parts"), in: folder).outcome()
    #expect(again.code == 0)
    #expect(again.errors.contains("finished"))
    #expect(folder.steps("parts") == Array(1...20))
  }

  @Test("an interrupted run saves and says how to continue") func anInterruptedRunSavesAndSaysHowToContinue() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "100000"] + smallClips
    let run = try Program.start(arguments, in: folder)
    #expect(run.wait { folder.steps("run").count >= 3 })
    run.send(SIGTERM)
    let outcome = try run.outcome()
    #expect(outcome.code == 75)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Continue with: "))
    #expect(outcome.errors.contains("pretrain media -o run --steps 100000"))
    let step = try #require(folder.steps("run").last)
    let name = "step-" + String(repeating: "0", count: 6 - "\(step)".count) + "\(step)"
    #expect(try folder.names("run/checkpoints").contains(name))
  }

  @Test("SIGUSR1 saves and the run goes on; the exit code of a stopped run can be another") func saveRequest() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "100000", "--save-every", "90000", "--requeue-exit-code", "99"]
    let run = try Program.start(arguments + smallClips, in: folder)
    func saved() -> [String] { ((try? folder.names("run/checkpoints")) ?? []).filter { $0.hasPrefix("step-") } }
    #expect(run.wait { folder.steps("run").count >= 2 })
    #expect(saved() == ["step-000000"])
    run.send(SIGUSR1)
    #expect(run.wait { saved().count == 2 })
    let step = folder.steps("run").count
    #expect(run.wait { folder.steps("run").count > step })
    run.send(SIGTERM)
    let outcome = try run.outcome()
    #expect(outcome.code == 99 && outcome.errors.contains("Continue with: "), "\(outcome.errors)")
    #expect(outcome.errors.matches(of: /saved after step \d+, as a signal asked/).count == 1, "\(outcome.errors)")
    #expect(try folder.text("run/journal.jsonl").contains("as a signal asked"))
    for (code, words) in [("256", "up to 255"), ("0", "says that a run is finished"), ("65", "says that a run is in trouble")] {
      expect(64, Array(arguments.dropLast()) + [code], words, in: folder)
    }
  }

  @Test("a plan says what a run would take, and resolved settings are a file that gives them again; nothing is trained")
  func planAndSettings() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let plan = try Program.start(["pretrain", "media", "--plan", "--steps", "40"] + smallClips, in: folder).outcome()
    try #require(plan.code == 0, "\(plan.errors)")
    for phrase in ["parameters ", "of 32 visible, 2 samples a step", "GFLOP", "40 steps (epochs: ", "learning rate"] {
      #expect(plan.output.contains(phrase), "\(phrase) in \(plan.output)")
    }
    // Tenths of the run, the first and the last step among them.
    let rates = plan.output.split(separator: "\n").compactMap {
      $0.firstMatch(of: /^ +(\d+) +[\d.]+ +\d\.\d+e/).map { Int($0.1) }
    }
    #expect(rates.first == 0 && rates.last == 39 && rates.count >= 11)
    let timed = try Program.start(["pretrain", "media", "--plan", "--max-time", "5s"] + smallClips, in: folder).outcome()
    #expect(timed.code == 0 && timed.output.contains("; as many as fit into 5s"), "\(timed.output)")

    let settings = try Program.start(
      ["pretrain", "media", "--print-config", "--steps", "7", "--keep", "spread:4"] + smallClips, in: folder
    ).outcome()
    try #require(settings.code == 0, "\(settings.errors)")
    #expect(settings.output.contains("steps: 7") && settings.output.contains("keep: spread:4"))
    try folder.write(settings.output, to: "settings.yaml")
    let again = try Program.run("pretrain", "--config", "settings.yaml", "--print-config", in: folder)
    #expect(again.code == 0 && again.output == settings.output, "\(again.errors)")
    #expect(try folder.names() == [".logs", "media", "settings.yaml"])
  }

  @Test("weights of other sizes are refused with the plan and before anything is made") func otherSizes() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    for place in [["--plan"], ["-o", "other"]] {
      expect(
        65, ["pretrain", "media", "--kind", "videos", "--init", "run", "--preset", "small"] + place,
        "the file's encoder is 192 wide and 12 blocks deep", in: folder)
    }
    #expect(!folder.exists("other"))
  }

  @Test("as many checkpoints stay as asked") func asManyCheckpointsStayAsAsked() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "6", "--save-every", "1", "--keep", "4"] + smallClips
    let outcome = try Program.start(arguments, in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(try folder.names("run/checkpoints") == ["last"] + (3...6).map { "step-00000\($0)" })
    expect(64, ["pretrain", "media", "-o", "other", "--keep", "0"], "keep is 0", in: folder)
  }

  @Test("the run folder explains itself") func theRunFolderExplainsItself() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 1)
    try folder.write("no video", to: "media/clips/readme.txt")
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "3", "--kind", "videos"] + smallClips
    let outcome = try Program.start(arguments, in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    for phrase in [
      "4 videos", "ignored: 1 still (a run is on one kind; --kind stills chooses), 1 .txt", "videomae (for videos", "tiny:",
      "of 32 visible", "lr 0.001, absolute",
      "3 steps", "1 computing", "run: a new run",
    ] {
      #expect(outcome.errors.contains(phrase), "\(phrase) in \(outcome.errors)")
    }
    #expect(!outcome.errors.contains("\u{1b}["))
    #expect(try folder.text("run/config.yaml").contains("method: videomae"))
    #expect(try folder.text("run/environment.json").contains("\"command_line\""))
    #expect(try folder.text("run/manifest.jsonl").split(separator: "\n").count == 4)
    #expect(try folder.text("run/bad_files.jsonl").isEmpty)
    let line = try #require(try folder.text("run/metrics.jsonl").split(separator: "\n").first)
    let metrics = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let keys = [
      "baseline", "data_share", "epoch", "grad_norm", "loss", "lr", "memory_bytes", "samples_per_second", "seconds", "step",
    ]
    #expect(metrics.keys.sorted() == keys)
    let checkpoint = try folder.names("run/checkpoints/step-000003")
    #expect(
      checkpoint == [
        "CHECKSUMS", "config.json", "model.safetensors", "optimizer.safetensors", "preprocessor_config.json", "state.json",
      ])

    // The stored recipe is a configuration file.
    let repeated = try Program.run("pretrain", "--config", "run/config.yaml", "-o", "again", in: folder)
    #expect(repeated.code == 0, "\(repeated.errors)")
    #expect(
      try folder.data("again/checkpoints/step-000003/model.safetensors")
        == folder.data("run/checkpoints/step-000003/model.safetensors"))
  }

  @Test("other flags than the stored ones are listed") func otherFlagsThanTheStoredOnesAreListed() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "2"] + smallClips
    #expect(try Program.start(arguments, in: folder).outcome().code == 0)
    let outcome = try Program.start(arguments + ["--mask_ratio=0.75", "--seed", "3", "--num-workers", "2"], in: folder).outcome()
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("--mask-ratio is 0.75, there 0.9"))
    #expect(outcome.errors.contains("--seed is 3, there 0"))
    #expect(!outcome.errors.contains("num-workers"))
  }

  @Test("broken videos are left out and listed") func brokenVideosAreLeftOutAndListed() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 5, stills: 0)
    let good = try #require(try folder.names("media/clips").first)
    let clip = try #require(try folder.names("media/clips/\(good)").first)
    let bytes = try folder.data("media/clips/\(good)/\(clip)")
    try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: folder.path + "/media/clips/cut.mp4"))
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "6"] + smallClips
    let strict = try Program.start(arguments, in: folder).outcome()
    #expect(strict.code == 65)
    #expect(strict.errors.contains("cut.mp4"))
    let lenient = ["pretrain", "media", "-o", "lenient", "--steps", "6", "--max-bad", "0.5"] + smallClips
    #expect(try Program.start(lenient, in: folder).outcome().code == 0)
    let listed = try folder.text("lenient/bad_files.jsonl").split(separator: "\n")
    #expect(listed.count == 1)
    #expect(listed.first?.contains("cut.mp4") == true)
  }

  @Test("a run with a time limit ends within it, and keeps its plan when it is stopped and continued")
  func timeLimit() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--max-time", "4s"] + smallClips
    let run = try Program.start(arguments, in: folder)
    #expect(run.wait { folder.steps("run").count >= 40 || run.errorsSoFar.contains("a continued run keeps them") })
    run.send(SIGTERM)
    let stopped = try run.outcome()
    #expect([0, 75].contains(stopped.code))
    #expect(stopped.errors.contains("at most 4s: about "), "\(stopped.errors)")
    let plan = try folder.text("run/plan.json")
    let outcome = try Program.start(arguments, in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    // The machine may have become slower; what was planned before stays.
    let lengths = try folder.text("run/plan.json")
    #expect(lengths.split(separator: "}").first == plan.split(separator: "}").first)
    let last = try #require(lengths.matches(of: /"steps" ?: (\d+)/).last)
    #expect(folder.steps("run") == Array(1...(Int(last.1) ?? 0)))
    let again = try Program.start(arguments, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")

    let other = try Program.start(["pretrain", "media", "-o", "run", "--max-time", "5s"] + smallClips, in: folder).outcome()
    #expect(other.code == 64 && other.errors.contains("--max-time is 5s, there 4s"), "\(other.errors)")
  }

  @Test("where nothing says how long, an hour is the most; flags, files and earlier runs say otherwise")
  func usualLength() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    func settings(_ run: String, _ flags: [String]) throws -> (config: String, errors: String) {
      let program = try Program.start(["pretrain", "media", "-o", run] + flags + smallClips, in: folder)
      #expect(program.wait { program.errorsSoFar.contains("random pixels") }, "\(program.errorsSoFar)")
      program.send(SIGTERM)
      let outcome = try program.outcome()
      return (try folder.text(run + "/config.yaml"), outcome.errors)
    }
    let usual = try settings("usual", [])
    #expect(usual.config.contains("epochs: 800") && usual.config.contains("max-time: 1h"))
    #expect(try settings("usual", []).errors.contains("continues after step"))
    let long = try settings("long", ["--epochs", "10000000", "--max-time", "1h"])
    #expect(long.errors.contains("at most 1h: about 5"), "\(long.errors)")
    #expect(long.errors.contains("--epochs 10000000 alone would take"), "\(long.errors)")
    #expect(try !settings("epochs", ["--epochs", "700"]).config.contains("max-time: 1h"))
    try folder.write("method: videomae", to: "own.yaml")
    #expect(try !settings("file", ["--config", "own.yaml"]).config.contains("max-time: 1h"))
    // A run of a version that knew no such limit goes on without.
    _ = try settings("earlier", ["--epochs", "800"])
    let earlier = try settings("earlier", [])
    #expect(earlier.errors.contains("earlier: continues after step") && !earlier.config.contains("max-time"), "\(earlier.errors)")
  }

  @Test("a run with a stable rate is extended in another folder") func aRunIsExtendedInAnotherFolder() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let short = ["pretrain", "media", "-o", "short", "--steps", "10", "--schedule", "wsd", "--optimizer", "muon"] + smallClips
    let first = try Program.start(short, in: folder).outcome()
    try #require(first.code == 0, "\(first.errors)")
    for part in ["muon for", "stable until step 8", "--extend"] { #expect(first.errors.contains(part), "\(first.errors)") }

    expect(66, ["pretrain", "--extend", "nowhere", "-o", "other"], "nowhere: no such folder", in: folder)
    let long = ["pretrain", "--extend", "short", "-o", "long", "--steps", "14"]
    let second = try Program.start(long, in: folder).outcome()
    #expect(second.code == 0 && second.output == "long/checkpoints/step-000014\n", "\(second.errors)")
    #expect(folder.steps("long") == Array(9...14))
    let again = try Program.start(long, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")

    for (run, words) in [("media", "not the folder of a run"), ("short", "give more")] {
      let refused = try Program.start(["pretrain", "--extend", run, "-o", "other", "--steps", "10"], in: folder).outcome()
      #expect(refused.code == 64 && refused.errors.contains(words), "\(refused.errors)")
    }
  }

  @Test("inputs grow on the way, and every command takes a checkpoint of either size") func inputsGrow() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 3, stills: 0)
    let arguments =
      ["pretrain", "media", "-o", "run", "--steps", "4", "--save-every", "2", "--keep", "9"] + smallClips
      + ["--input-size", "16@50%,32", "--num-frames", "2@25%,4"]
    let outcome = try Program.start(arguments, in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    for phrase in [
      "phase 1   1 step from step 1: 2 frames of 16×16, ", "phase 2   1 step from step 2: 4 frames of 16×16, ",
      "phase 3   2 steps from step 3: 4 frames of 32×32, ", " TFLOP a step, ", " % of the cost",
      "step 3: from here on inputs are 4 frames of 32×32, and ",
    ] {
      #expect(outcome.errors.contains(phrase), "\(phrase) in \(outcome.errors)")
    }
    let again = try Program.start(arguments, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")
    let other = try Program.start(arguments + ["--input-size", "16@25%,32"], in: folder).outcome()
    #expect(other.code == 64 && other.errors.contains("schedule.input-sizes is 16@25%, there 16@50%"), "\(other.errors)")

    let clip = try #require(FileManager.default.subpaths(atPath: folder.path("media"))?.first { $0.hasSuffix(".mp4") })
    for step in ["step-000002", "step-000004"] {
      for command in [
        ["reconstruct", "media/\(clip)", "-o", "\(step)/pictures", "-m"], ["embed", "media", "-o", "\(step).npy", "-m"],
        ["export", "-o", "\(step)/exported", "--format", "transformers"],
      ] {
        let outcome = try Program.start(command + ["run/checkpoints/\(step)"], in: folder).outcome()
        #expect(outcome.code == 0, "\(command): \(outcome.errors)")
      }
    }
    let analysis = try Program.run(
      "analyze", "run", "--data", "media", "-o", "out", "--samples", "2", "--pictures", "1", in: folder)
    #expect(analysis.code == 0, "\(analysis.errors)")
  }

  @Test("stills are trained on by image MAE") func stillsAreTrainedOnByImageMAE() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 6)
    let outcome = try Program.run(
      "pretrain", "media", "-o", "run", "--preset", "tiny", "--input_size", "32x48", "--patch_size", "8", "--batch_size", "4",
      "--steps", "4", "--accum_iter", "2", "--threads", "1", "--no-norm-pix-loss", in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("mae (for stills"))
    #expect(outcome.errors.contains("not transformers folders"))
    #expect(try folder.text("run/config.yaml").contains("normalization: none"))
  }
}
