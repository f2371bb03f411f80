import Foundation
import MaskedAutoencoders
import TestSupport
import Testing
import mae

/// Outputs that take nothing: full, closed, or a pipe whose reader is gone.
@Suite struct OutputTests {
  private func shell(_ command: String, in folder: TemporaryFolder) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.environment = ProcessInfo.processInfo.environment.merging(["MAE": Program.path]) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("a result that cannot be written is never success", arguments: [">/dev/full", ">&-", "| true"])
  func resultsAreWrittenOrMissed(_ output: String) throws {
    let folder = TemporaryFolder()
    for command in ["--version", "help pretrain"] {
      // The reader of the pipe is gone before anything is written; the program's code goes through a file.
      _ = try shell("{ sleep 0.3; \"$MAE\" \(command); echo $? >code; } \(output)", in: folder)
      #expect(try folder.text("code") == "74\n", "\(command) \(output)")
    }
    // Nor is a result that ends in another code.
    try folder.write("", to: "bad/empty.mp4")
    _ = try shell("{ sleep 0.3; \"$MAE\" check bad; echo $? >code; } \(output)", in: folder)
    #expect(try folder.text("code") == "74\n", "check \(output)")
  }

  @Test("training does not need anybody who reads", arguments: ["2>/dev/full", "2>&-", "</dev/null 2>&- <&-"])
  func trainingGoesOnUnheard(_ output: String) throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let arguments = (["pretrain", "media", "-o", "run", "--steps", "3"] + smallClips).joined(separator: " ")
    #expect(try shell("\"$MAE\" \(arguments) \(output)", in: folder) == 0)
    #expect(folder.steps("run") == [1, 2, 3])
    // Nothing was written into files that got the number of a closed stream.
    #expect(try folder.text("run/config.yaml").contains("\nmethod: "))
  }

  @Test("a lost terminal is a wish to stop") func aLostTerminalIsAWishToStop() throws {
    // Where the tests themselves were begun with nohup, what they start would ignore it too.
    let before = signal(SIGHUP, SIG_DFL)
    defer { signal(SIGHUP, before) }
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let run = try Program.start(["pretrain", "media", "-o", "run", "--steps", "100000"] + smallClips, in: folder)
    #expect(run.wait { folder.steps("run").count >= 2 })
    run.send(SIGHUP)
    let outcome = try run.outcome()
    #expect(outcome.code == 75)
    #expect(outcome.errors.contains("stopping after this step"))
    #expect(outcome.errors.contains("Continue with: "))
  }

  @Test("a narrow terminal keeps what matters most") func aNarrowTerminalKeepsWhatMattersMost() {
    let line = ProgressLine(noun: "pictures", batchesPerEpoch: 20)
    var metrics = StepMetrics(
      step: 312, epoch: 2.1, loss: 0.612, lr: 1e-3, gradNorm: 1, samplesPerSecond: 112.5, dataShare: 0, memoryBytes: 1 << 28,
      seconds: 1)
    metrics.baseline = 0.995
    var recipe = Method.mae.recipe(.tiny)
    recipe.schedule.steps = 1040
    let parts = line.parts(metrics, TrainingPlan(recipe, batchesPerEpoch: 20))
    let narrow = StatusLine.fitted(parts, columns: 59)
    for part in ["pictures/s", "eta ", "loss ", "step 312/1040"] { #expect(narrow.contains(part), "\(narrow)") }
    #expect(StatusLine.fitted(parts, columns: 200) == parts.joined(separator: "  "))
    #expect(StatusLine.fitted(["abcdefghijklmnop"], columns: 3) == "abcdefghij")
    for columns in 24...130 { #expect(StatusLine.fitted(parts, columns: columns).count <= columns) }
  }
}
