import Foundation
import TestSupport
import Testing

/// `mae bench learn`, and what `mae pretrain` takes where nothing is said.
@Suite(.serialized) struct BenchLearnTests {
  private static let small = "tiny:input-size=32:patch-size=8:batch-size=4:decoder-depth=1:model.encoder.blocks.depth=1"

  @Test("recipes join a bench, and every curve is in table, JSON and page")
  func learn() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 16)
    let flags = ["--minutes", "0.03", "-o", "bench", "--threads", "1"]
    let one = try Program.start(
      ["bench", "learn", "--data", "media/stills", "--val", "media/stills", "--recipe", Self.small] + flags, in: folder
    ).outcome()
    try #require(one.code == 0, "\(one.errors)")
    #expect(one.output.contains("| \(Self.small) | 1 | "), "\(one.output)")
    let both = try Program.start(
      ["bench", "learn", "--data", "media/stills", "--val", "media/stills", "--recipe", "\(Self.small),\(Self.small):lr=2e-3"]
        + flags
        + ["--format", "json"], in: folder
    ).outcome()
    try #require(both.code == 0, "\(both.errors)")
    // What was done is not done again.
    #expect(!both.errors.contains("\(Self.small), seed 0: 0.03 min"), "\(both.errors)")
    #expect(both.errors.contains("\(Self.small):lr=2e-3, seed 0: 0.03 min"), "\(both.errors)")
    let curves = try #require(try JSONSerialization.jsonObject(with: Data(both.output.utf8)) as? [[String: Any]])
    #expect(curves.compactMap { $0["recipe"] as? String } == [Self.small, Self.small + ":lr=2e-3"])
    for curve in curves {
      #expect((curve["processor"] as? String)?.isEmpty == false && (curve["instruction_level"] as? String)?.isEmpty == false)
      let points = try #require(curve["points"] as? [[String: Any]])
      #expect(points.count == 2 && points[0]["mark"] as? Int == 0 && points[1]["mark"] == nil)
      #expect(points.compactMap { $0["step"] as? Int }.allSatisfy { $0 >= 0 } && points[1]["step"] as? Int ?? 0 > 0)
      let seconds = try #require(points[1]["processor_seconds"] as? Double)
      #expect(seconds > 0 && seconds < 30)
    }
    #expect(try folder.text("bench/learning.json") == both.output)
    #expect(try folder.text("bench/learning.html").contains(":lr=2e-3"))
  }

  @Test("wrong use is one sentence")
  func wrongUse() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 8)
    let start = ["bench", "learn", "--data", "media/stills", "--val", "media/stills", "-o", "bench"]
    for (flags, phrase) in [
      (["--minutes", "0", "--recipe", "tiny"], "--minutes is 0.0"), (["--minutes", "1"], "--recipe"),
      (["--minutes", "1", "--recipe", ""], "There is no recipe"),
      (["--minutes", "1", "--recipe", "tiny", "--seeds", "0"], "--seeds is 0"),
      (["--minutes", "1", "--recipe", "tiny,huge,tnay"], "did you mean tiny?"),
      (["--minutes", "1", "--recipe", "tiny:lr=-1"], "--lr is -1"),
      (["--minutes", "1", "--recipe", "tiny,tiny"], "two recipes are called tiny"),
    ] {
      expect(64, start + flags, phrase, in: folder)
    }
    expect(66, start + ["--minutes", "1", "--recipe", "nowhere.yaml"], "nowhere.yaml", in: folder)
    expect(
      66, ["bench", "learn", "--data", "nowhere", "--val", "media", "--minutes", "1", "--recipe", "tiny", "-o", "bench"],
      "nowhere",
      in: folder)
  }

  @Test(
    "without a recipe the size of the pictures chooses, and a continued run keeps what was chosen; a preset keeps its own values")
  func defaults() throws {
    let folder = TemporaryFolder()
    let rendered = try Program.run("samples", "media", "--clips", "0", "--stills", "64", "--size", "32", in: folder)
    try #require(rendered.code == 0, "\(rendered.errors)")
    let flags = ["pretrain", "media", "-o", "run", "--steps", "2", "--threads", "1"]
    let outcome = try Program.start(flags, in: folder).outcome()
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("for pictures whose shorter side is 32 pixels"), "\(outcome.errors)")
    let config = try folder.text("run/config.yaml")
    for line in ["preset: tiny", "patch: 4", "depth: 1\n", "batch-size: 64", "learning-rate: 0.001", "warmup-share: 0.05"] {
      #expect(config.contains(line), "\(line) in \(config)")
    }
    // Larger pictures would be learned otherwise, and the run goes on as it began.
    let more = try Program.run("samples", "media", "--clips", "0", "--stills", "64", "--size", "128", in: folder)
    try #require(more.code == 0, "\(more.errors)")
    let again = try Program.start(flags, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("a finished run"), "\(again.errors)")
    #expect(try folder.text("run/config.yaml") == config)
  }

  @Test("clips without a recipe have what suits them, flags stand above it, and with a size of the input it is the paper's")
  func defaultsOfClips() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 8, stills: 0)
    let plan = try Program.run("pretrain", "media/clips", "--steps", "2", "--plan", in: folder)
    #expect(plan.code == 0 && plan.output.contains("\ndefaults    those for clips; "), "\(plan)")
    let small = try Program.run("pretrain", "media/clips", "--preset", "small", "--print-config", in: folder)
    for line in ["preset: small", "frames: 8", "kind: cell", "depth: 1\n", "learning-rate: 0.001"] {
      #expect(small.code == 0 && small.output.contains(line), "\(line) in \(small)")
    }
    let flags = ["--batch-size", "16", "--mask-type", "tube", "--mask-ratio", "0.9", "--set", "model.encoder.blocks.depth=6"]
    let changed = try Program.start(["pretrain", "media/clips", "--print-config"] + flags, in: folder).outcome()
    for line in ["preset: tiny", "frames: 8", "kind: tube", "ratio: 0.9", "batch-size: 16", "depth: 6\n", "depth: 1\n"] {
      #expect(changed.code == 0 && changed.output.contains(line), "\(line) in \(changed)")
    }
    let paper = try Program.run("pretrain", "media/clips", "--input-size", "112", "--print-config", in: folder)
    #expect(paper.code == 0 && paper.output.contains("frames: 16") && paper.output.contains("kind: tube"), "\(paper)")
  }

  @Test("a preset keeps what was tuned for it, says where nothing was, and with a size of the patches is the paper's")
  func presets() throws {
    let folder = TemporaryFolder()
    let rendered = try Program.run("samples", "media", "--clips", "0", "--stills", "64", "--size", "32", in: folder)
    try #require(rendered.code == 0, "\(rendered.errors)")
    let flags = ["pretrain", "media", "-o", "tiny", "--preset", "tiny", "--steps", "2", "--threads", "1"]
    let tiny = try Program.start(flags, in: folder).outcome()
    #expect(tiny.code == 0 && tiny.errors.contains("for pictures whose shorter side is 32 pixels"), "\(tiny.errors)")
    let config = try folder.text("tiny/config.yaml")
    #expect(config.contains("patch: 4") && config.contains("batch-size: 64"), "\(config)")
    let again = try Program.start(flags, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("a finished run"), "\(again.errors)")
    expect(
      64, ["pretrain", "media", "-o", "tiny", "--preset", "small", "--steps", "2"], "--preset small contradicts", in: folder)
    // What is printed and trained agree, and --plan says which values there are.
    let small = try Program.run("pretrain", "media", "--preset", "small", "--print-config", in: folder)
    #expect(small.code == 0 && small.output.contains("patch: 4") && small.output.contains("width: 384"), "\(small.output)")
    let printed = try Program.run("pretrain", "media", "--preset", "base", "--print-config", in: folder)
    #expect(printed.code == 0 && printed.output.contains("patch: 16"), "\(printed.output)")
    let paper = try Program.run("pretrain", "media", "--preset", "tiny", "--patch-size", "16", "--print-config", in: folder)
    #expect(paper.code == 0 && paper.output.contains("size:\n      width: 224"), "\(paper.output)")
    let plan = try Program.run("pretrain", "media", "--preset", "tiny", "--steps", "2", "--plan", in: folder)
    #expect(plan.code == 0 && plan.output.contains("\ndefaults    those for pictures whose shorter side is 32 pixels"), "\(plan)")
    let base = try Program.start(["pretrain", "media", "-o", "base", "--preset", "base", "--steps", "1000000"], in: folder)
    let said = base.wait {
      base.errorsSoFar.contains("none for base models") && base.errorsSoFar.contains("whose shorter side is 32 pixels")
    }
    base.send(SIGKILL)
    #expect(said, "\(base.errorsSoFar)")
  }

  @Test("settings stand behind the defaults, and wrong ones are said")
  func defaultsWithSettings() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 16)
    let flags = ["bench", "learn", "--data", "media/stills", "--val", "media/stills", "-o", "bench", "--minutes", "0.03"]
    let word = "defaults:batch-size=4:decoder-depth=1:model.encoder.blocks.depth=1"
    let outcome = try Program.start(flags + ["--threads", "1", "--recipe", word], in: folder).outcome()
    #expect(outcome.code == 0 && outcome.output.contains("| \(word) | 1 | "), "\(outcome)")
    expect(64, flags + ["--recipe", "defaults:lr=-1"], "--lr is -1", in: folder)
    expect(64, flags + ["--recipe", "defaultz:lr=1"], "there is no 'defaultz'", in: folder)
  }
}
