import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct AnalyzeTests {
  private func json(_ folder: TemporaryFolder, _ name: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: folder.data(name)) as? [String: Any])
  }

  @Test("a run of stills becomes numbers and a page") func aRunOfStillsBecomesNumbersAndAPage() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let outcome = try Program.run(
      "analyze", "run", "--data", "media", "-o", "out", "--samples", "5", "--pictures", "2", "--tensors", "t.safetensors",
      in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == "out/analysis.json\nout/analysis.html\n")
    #expect(try folder.names("out") == ["analysis.html", "analysis.json"])

    let result = try json(folder, "out/analysis.json")
    let checkpoints = try #require(result["checkpoints"] as? [[String: Any]])
    #expect(checkpoints.compactMap { $0["step"] as? Int } == [0, 2, 4])
    #expect((result["samples"] as? [Any])?.count == 5)
    let metrics = try #require(result["metrics"] as? [String: [String: Any]])
    let help = try Program.run("analyze", "--help", in: folder).output
    for key in metrics.keys { #expect(help.contains("  \(key) "), "\(key) in the help") }
    let distance = try #require((metrics["attention_distance"]?["series"] as? [[String: Any]])?.first)
    let values = try #require(distance["values"] as? [[Double]])
    #expect(values.count == 3 && values.allSatisfy { $0.count == 12 })
    #expect(values.joined().allSatisfy { $0 > 0 && $0 < 32 })
    let divergence = try #require(
      (metrics["relation_divergence"]?["series"] as? [[String: Any]])?.first?["values"] as? [[Double]])
    #expect(divergence[0].reduce(0, +) > divergence[1].reduce(0, +))
    #expect(divergence[2].allSatisfy { $0 == 0 })

    let page = try folder.text("out/analysis.html")
    for phrase in ["What run has learned", "Attention distance", "over training", "Loss over the run", "data:image/png"] {
      #expect(page.contains(phrase), "\(phrase)")
    }
    // Samples are called by their names and labels.
    #expect(Set(page.matches(of: /<figcaption>[^<]+\.png · [a-z]+<\/figcaption>/).map(\.output)).count == 2)
    // Nothing is loaded from elsewhere.
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(folder.exists("t.safetensors"))
  }

  @Test("one checkpoint of clips says what does not apply") func oneCheckpointOfClipsSaysWhatDoesNotApply() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let outcome = try Program.run(
      "analyze", "run/checkpoints/step-000002", "--data", "media/clips", "-o", "out", "--samples", "2", "--pictures", "1",
      in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    let metrics = try #require(try json(folder, "out/analysis.json")["metrics"] as? [String: [String: Any]])
    #expect((metrics["class_attention"]?["not_applicable"] as? String)?.contains("no class token") == true)
    #expect(try folder.text("out/analysis.html").contains("does not apply here"))
  }

  @Test("figures and tensors never replace the list or the weights that were read") func sourcesStay() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let shape = try #require(try folder.names("media/stills").first)
    let stills = try folder.names("media/stills/\(shape)").map { "media/stills/\(shape)/\($0)\n" }.joined()
    try folder.write(stills, to: "analysis.json")
    try FileManager.default.copyItem(
      atPath: folder.path("run/checkpoints/step-000004"), toPath: folder.path("weights"))
    let weights = try folder.data("weights/model.safetensors")
    for (flags, phrase) in [
      (["--data", "analysis.json", "-o", "."], "give another folder with --output"),
      (["--data", "media", "-o", "out", "--tensors", "weights/model.safetensors"], "give another name with --tensors"),
    ] {
      let outcome = try Program.start(["analyze", "weights"] + flags, in: folder).outcome()
      #expect(outcome.code == 73 && outcome.errors.contains(phrase), "\(outcome.errors)")
    }
    #expect(try folder.text("analysis.json") == stills)
    #expect(try folder.data("weights/model.safetensors") == weights)
  }

  @Test("wrong use is said") func wrongUseIsSaid() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let good = ["analyze", "run", "--data", "media", "-o", "out"]
    expect(66, ["analyze", "nowhere", "--data", "media", "-o", "out"], "nowhere", in: folder)
    expect(66, ["analyze", "run", "--data", "nowhere", "-o", "out"], "nowhere", in: folder)
    expect(64, ["analyze", "run", "-o", "out"], "--data", in: folder)
    expect(64, good + ["--layer", "13"], "1 to 12", in: folder)
    expect(64, good + ["--samples", "0"], "--samples is 0", in: folder)
    expect(64, good + ["--mask-ratio", "1"], "mask-ratio", in: folder)
    try folder.write("text", to: "empty/notes.txt")
    expect(65, ["analyze", "run", "--data", "empty", "-o", "out"], "empty", in: folder)
    expect(65, ["analyze", "empty/notes.txt", "--data", "media", "-o", "out"], "notes.txt", in: folder)
    expect(73, ["analyze", "run", "--data", "media", "-o", "empty/notes.txt"], "notes.txt", in: folder)
    #expect(!folder.exists("out"))
  }
}
