import Foundation
import TestSupport
import Testing

@Suite struct ReportTests {
  @Test("a run leaves its page, and mae report writes it anew, or one about several")
  func pages() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    #expect(try folder.text("run/report.html").contains("Finished: 2 steps"))
    let again = try Program.run("report", "run", "-o", "again.html", in: folder)
    #expect(again.code == 0 && again.output == "again.html\n", "\(again.errors)")
    let page = try folder.text("again.html")
    #expect(page.contains("the command line") && page.contains("What it completes"))
    // The data, which no flag names, among what was chosen.
    let text = page.replacing(/<[^>]*>/, with: " ").replacing(/\s+/, with: " ")
    #expect(text.contains(/data\.inputs [^ ]*media the command line/))
    // Started in the folder of its data, too; no word of another start names them.
    for (word, within, isNamed) in [
      (".", "/media", true), ("./", "/media/x/..", true), ("media", "/media", false), ("..", "/media", false),
    ] {
      let path = "run/environment.json"
      var environment = try #require(try JSONSerialization.jsonObject(with: folder.data(path)) as? [String: Any])
      let data = try #require(text.firstMatch(of: /data\.inputs ([^ ]*)\/media/)?.1)
      environment["command_line"] = ["mae", "pretrain", word, "-o", "run"]
      environment["working_directory"] = data + within
      try JSONSerialization.data(withJSONObject: environment).write(to: URL(fileURLWithPath: folder.path(path)))
      _ = try Program.run("report", "run", "-o", "again.html", in: folder)
      let told = try folder.text("again.html").replacing(/<[^>]*>/, with: " ").replacing(/\s+/, with: " ")
      #expect(told.contains(/data\.inputs [^ ]*media the command line/) == isNamed, "\(word) in \(within)")
    }
    let both = try Program.run("report", "run", "run", in: folder)
    #expect(both.code == 0 && both.output == "comparison.html\n", "\(both.errors)")
    #expect(try folder.text("comparison.html").contains("They have the same settings"))
    let none = try Program.run("report", "media", in: folder)
    #expect(none.code == 64 && none.errors.contains("media: is not the folder of a run"), "\(none.errors)")
  }

  @Test("a paper's recipe is taken by its name, with its length; names are guessed")
  func presets() throws {
    let folder = TemporaryFolder()
    func settings(_ flags: String...) throws -> Program.Outcome {
      try Program.start(["pretrain", "nowhere", "--print-config"] + flags, in: folder).outcome()
    }
    let whole = try settings("--preset", "mae-base-in1k")
    #expect(
      whole.code == 0 && whole.output.contains("epochs: 800") && whole.output.contains("accumulation: 64"), "\(whole.errors)")
    #expect(!whole.output.contains("max-time"))
    let timed = try settings("--preset", "mae-base-in1k", "--max-time", "8h", "--batch-size", "16")
    #expect(timed.output.contains("max-time: 8h") && timed.output.contains("batch-size: 16"), "\(timed.errors)")
    for (flags, words) in [
      (["--preset", "mae-bas-in1k"], "did you mean mae-base-in1k?"),
      (["--preset", "mae-base-in1k", "--method", "videomae"], "--method videomae contradicts --preset mae-base-in1k"),
    ] {
      let outcome = try Program.start(["pretrain", "nowhere", "--print-config"] + flags, in: folder).outcome()
      #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test("progress comes as lines, as JSON, or not at all")
  func progress() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    try Data().write(to: URL(fileURLWithPath: folder.path("report.html")))
    func errors(_ style: String, _ run: String) throws -> [Substring] {
      let arguments = ["pretrain", "media", "-o", run, "--steps", "2", "--progress", style] + smallClips
      return try Program.start(arguments, in: folder).outcome().errors.split(separator: "\n")
    }
    let lines = try errors("json", "a")
    let json = try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)") }
    let last = try #require(json.last { $0["progress"] as? String == "training" })
    #expect(last["step"] as? Int == 2 && last["steps"] as? Int == 2)
    #expect(json.contains { $0["about"] as? String == "model" } && json.contains { $0["message"] as? String != nil })
    let refused = try #require(errors("json", "report.html").last)
    let error = try JSONSerialization.jsonObject(with: Data(refused.utf8)) as? [String: Any]
    #expect((error?["error"] as? String)?.contains("report.html") == true, "\(refused)")
    #expect(try errors("plain", "b").contains { $0.contains("step 2/2") && !$0.contains("\r") })
    #expect(try !errors("none", "c").contains { $0.contains("step 2/2") || $0.contains("step 1/2") })
    #expect(try errors("bar", "d").contains { $0.contains("\r") })
  }
}
