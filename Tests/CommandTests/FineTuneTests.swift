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
