import Foundation
import TestSupport
import Testing

/// Runs whose evaluations were broken off.
@Suite(.serialized) struct JudgingTests {
  @Test("a run whose last evaluation was broken off is not finished: the same command judges it") func lastEvaluation() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let command = [
      "finetune", "media/stills", "--val", "media/stills", "-m", "run", "-o", "classes", "--steps", "2", "--batch-size", "4",
      "--threads", "1",
    ]
    let first = try Program.start(command, in: folder).outcome()
    try #require(first.code == 0, "\(first.errors)")
    // As a signal during the last evaluation leaves it.
    let whole = try folder.text("classes/metrics.jsonl")
    let cut = whole.replacing(/"evaluation":\{[^\}]*\},/, with: "")
    #expect(cut != whole)
    try folder.write(cut, to: "classes/metrics.jsonl")
    let log = try folder.text("classes/evaluation.json")
    try folder.write("{\"pending\": 2," + String(log.dropFirst()), to: "classes/evaluation.json")
    try FileManager.default.removeItem(atPath: folder.path("classes/checkpoints/best"))

    let second = try Program.start(command, in: folder).outcome()
    #expect(second.code == 0 && !second.errors.contains("This run is finished"), "\(second.errors)")
    for phrase in ["the evaluation after step 2, which was broken off, comes first", "of the validation samples are recognised"] {
      #expect(second.errors.contains(phrase), "\(phrase) in \(second.errors)")
    }
    let found = try folder.text("classes/metrics.jsonl")
    let accuracy = /"top1":[0-9.e-]+/
    #expect(found.firstMatch(of: accuracy)?.output == whole.firstMatch(of: accuracy)?.output)
    #expect(folder.steps("classes") == [1, 2] && folder.exists("classes/checkpoints/best"))
    #expect(try folder.text("classes/report.html").contains("Finished: 2 steps"))

    let third = try Program.start(command, in: folder).outcome()
    #expect(third.code == 0 && third.errors.contains("This run is finished"), "\(third.errors)")
  }
}
