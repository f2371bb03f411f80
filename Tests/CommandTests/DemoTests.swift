import Foundation
import TestSupport
import Testing

/// What somebody sees who has nothing yet.
@Suite struct DemoTests {
  private func demo(_ folder: TemporaryFolder, models: String) throws -> Program.Outcome {
    try Program.start(
      ["demo", "-o", "demo", "--time", "3s", "--clips", "8", "--threads", "1"], environment: ["MAE_MODELS": models], in: folder
    ).outcome()
  }

  private func isPNG(_ path: String, in folder: TemporaryFolder) throws -> Bool {
    try folder.data(path).starts(with: [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("models that came with the program complete unseen samples, and a fresh one is shown beside them")
  func withModels() throws {
    let folder = TemporaryFolder()
    try folder.write("", to: "models/README.md")
    for (name, run) in [("a-stills", TrainedRun.onStills), ("b-clips", TrainedRun.onClips)] {
      let checkpoint = try run.get() + "/run/checkpoints/last"
      try folder.link("models/\(name)", to: checkpoint)
    }
    let outcome = try demo(folder, models: folder.path("models"))
    try #require(outcome.code == 0, "\(outcome.errors)")
    for name in ["a-stills", "b-clips", "fresh"] {
      let pictures = try folder.names("demo/\(name)").filter { $0.hasSuffix(".png") }
      #expect(pictures.count == 4, "\(name)")
      for picture in pictures {
        #expect(outcome.output.contains("demo/\(name)/\(picture)"))
        #expect(try isPNG("demo/\(name)/\(picture)", in: folder))
      }
      #expect(try folder.names("demo/\(name)").count { $0.hasSuffix(".mp4") } == (name == "a-stills" ? 0 : 4))
    }
    #expect(try isPNG("demo/learning.png", in: folder))
    let page = try folder.text("demo/index.html")
    let phrases = [
      "A trained model: a-stills", "A trained model: b-clips", "A fresh model learns", "<video ", "mae pretrain FOLDER",
    ]
    for words in phrases {
      #expect(page.contains(words), "\(words)")
    }
    #expect(!page.contains("src=\"http"))
    // It is asked for what the trained model is asked for, for the time that was given.
    let settings = try folder.text("demo/run/config.yaml")
    #expect(settings.contains("max-time: 3s") && settings.contains("width: 32"), "\(settings)")
    #expect(outcome.errors.contains("trained models") && outcome.errors.contains("Open demo/index.html"), "\(outcome.errors)")
  }

  @Test("without a model only the fresh one is shown; started again it is finished; another time wants another folder")
  func withoutModels() throws {
    let folder = TemporaryFolder()
    let first = try demo(folder, models: "nowhere")
    try #require(first.code == 0, "\(first.errors)")
    #expect(first.errors.contains("MAE_MODELS names nowhere, which is no folder"), "\(first.errors)")
    #expect(first.errors.contains("what was learned so far is in demo/learning.png"))
    let steps = folder.steps("demo/run")
    let again = try demo(folder, models: "nowhere")
    #expect(again.code == 0 && again.errors.contains("a finished run"), "\(again.errors)")
    #expect(folder.steps("demo/run") == steps)
    let other = try Program.run("demo", "-o", "demo", "--time", "2s", "--clips", "8", in: folder)
    #expect(other.code == 64 && other.errors.contains("--max-time is 2s, there 3s"), "\(other.errors)")
  }

  @Test("wrong values are said before anything is made")
  func wrong() throws {
    let folder = TemporaryFolder()
    for (flags, words) in [(["--time", "90"], "--time is 90; expected a time as 90s"), (["--clips", "3"], "--clips is 3")] {
      let outcome = try Program.start(["demo", "-o", "demo"] + flags, in: folder).outcome()
      #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.errors)")
      #expect(!folder.exists("demo"))
    }
  }
}
