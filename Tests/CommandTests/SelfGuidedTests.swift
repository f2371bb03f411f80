import Foundation
import TestSupport
import Testing

@Suite struct SelfGuidedTests {
  static let small = [
    "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--batch-size", "2", "--decoder-depth", "1", "--threads", "1",
  ]

  @Test("stills: masks become informed, pictures show them, and the checkpoint is one like any other")
  func stills() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 6)
    let run = try Program.start(
      ["pretrain", "media", "-o", "run", "--method", "self-guided", "--steps", "6", "--save-every", "3", "--guide-start", "50%"]
        + Self.small, in: folder
    ).outcome()
    try #require(run.code == 0, "\(run.errors)")
    #expect(
      run.errors.contains(
        """
        informed after 50 % of the run, mode image, by what attention brings in encoder block 11; object hidden, similarity \
        edges, largest-entry side, random hints, 5 %
        """), "\(run.errors)")
    #expect(run.errors.contains("masks are informed by the model from here on"))
    let names = try folder.names("run/guide")
    #expect(names.filter { $0.hasSuffix(".png") } == ["step-000000.png", "step-000003.png", "step-000006.png"])
    #expect(names.count { $0.hasPrefix("maps-") } == 1 && names.count == 4, "\(names)")
    let informed = try folder.text("run/metrics.jsonl").split(separator: "\n").map { $0.contains("\"informed\":true") }
    #expect(informed == [false, false, false, true, true, true])

    let inspected = try Program.run("inspect", "run", in: folder)
    #expect(inspected.code == 0 && inspected.output.contains("self-guided"))
    let completed = try Program.run("reconstruct", "media", "-m", "run", "-o", "pictures", in: folder)
    #expect(completed.code == 0, "\(completed.errors)")
    for format in ["transformers", "timm", "official"] {
      let exported = try Program.run("export", "run", "-o", format, "--format", format, in: folder)
      #expect(exported.code == 0, "\(exported.errors)")
    }
    let again = try Program.run("pretrain", "-o", "run", in: folder)
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")
  }

  @Test("clips: VideoMAE with guided tubes; the same command again continues")
  func clips() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let arguments =
      ["pretrain", "media", "-o", "run", "--method", "self-guided", "--steps", "4", "--guide-start", "0"]
      + ["--num-frames", "4", "--sampling-rate", "2"] + Self.small
    let run = try Program.start(arguments, in: folder).outcome()
    try #require(run.code == 0, "\(run.errors)")
    let settings = try folder.text("run/config.yaml")
    #expect(settings.contains("method: videomae") && settings.contains("kind: self-guided"))
    let informed = try folder.text("run/metrics.jsonl").split(separator: "\n").map { $0.contains("\"informed\":true") }
    #expect(informed == [true, true, true, true])
    let again = try Program.start(arguments, in: folder).outcome()
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")
  }

  @Test("flags that mean nothing are said before anything is made")
  func wrongFlags() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 2)
    for (flags, words) in [
      (["--method", "self-guided", "--guide-start", "soon"], "an epoch as 50"),
      (["--method", "mae", "--hints", "none"], "needs --mask-type self-guided"),
      (["--method", "self-guided", "--guide-layer", "99"], "guide-layer is 99"),
      (["--method", "self-guided", "--steps", "2"], "waits for what a decoder does after many epochs"),
    ] {
      let outcome = try Program.start(["pretrain", "media", "-o", "run"] + flags, in: folder).outcome()
      #expect(outcome.code == 64, "\(flags)")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
      #expect(!folder.exists("run"))
    }
  }
}
