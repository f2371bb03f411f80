import Foundation
import TestSupport
import Testing

/// Errors of every kind, from wherever they come, end the program with the code of their kind and with one sentence.
@Suite(.serialized) struct ExitCodeTests {
  @Test(
    "what is missing is named",
    arguments: [
      ["reconstruct", "nowhere", "-m", "model", "-o", "out"], ["reconstruct", "media", "-m", "nowhere", "-o", "out"],
      ["embed", "nowhere", "-m", "nowhere", "-o", "out.safetensors"],
      ["embed", "media", "-m", "nowhere", "-o", "out.safetensors"],
      ["analyze", "nowhere", "--data", "media", "-o", "out"], ["frames", "nowhere", "-o", "out"], ["check", "nowhere"],
      ["inspect", "nowhere"], ["export", "nowhere", "-o", "out"], ["bench", "decode", "nowhere"],
      ["report", "nowhere"],
    ])
  func whatIsMissingIsNamed(arguments: [String]) throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 1)
    expect(66, arguments, "nowhere", in: folder)
    #expect(!folder.exists("out") && !folder.exists("out.safetensors"))
  }

  @Test(
    "what cannot be made is named",
    arguments: [
      ["samples", "file/below"], ["frames", "VIDEO", "-o", "file"], ["frames", "VIDEO", "-o", "/proc/none"],
      ["check", "media", "--cache", "file"], ["bench", "decode", "VIDEO", "--cache", "file"],
    ])
  func whatCannotBeMadeIsNamed(arguments: [String]) throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    try folder.write("text", to: "file")
    let place = arguments.last!
    expect(73, arguments.map { $0 == "VIDEO" ? folder.video : $0 }, place, in: folder)
    #expect(try folder.text("file") == "text")
  }

  @Test("a picture that cannot be written leaves the old one") func aPictureThatCannotBeWrittenLeavesTheOldOne() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    let arguments = ["frames", folder.video, "-o", "pictures"]
    #expect(try Program.start(arguments, in: folder).outcome().code == 0)
    let old = try folder.data("pictures/frame-000000.png")
    let outcome = try Program.start(arguments, in: folder, largestFile: 4).outcome()
    #expect(outcome.code == 74 && outcome.errors.contains("frame-000000.png"), "\(outcome.errors)")
    #expect(try folder.data("pictures/frame-000000.png") == old)
    #expect(try folder.names("pictures") == ["frame-000000.png"])
  }

  @Test("a run that fills the disk goes on when there is space") func aRunThatFillsTheDiskGoesOnWhenThereIsSpace() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "2"] + smallClips
    let outcome = try Program.start(arguments, in: folder, largestFile: 64).outcome()
    #expect(outcome.code == 74 && outcome.errors.contains("safetensors: cannot be written"), "\(outcome.errors)")
    #expect(try folder.names("run/checkpoints") == [])
    let again = try Program.start(arguments, in: folder).outcome()
    #expect(again.code == 0, "\(again.errors)")
    #expect(try folder.names("run/checkpoints").contains("step-000002"))
  }

  /// A file system of 64 kB, where the system lets us have one.
  @Test("a full disk is said", .enabled(if: Running.canMount))
  func aFullDiskIsSaid() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    try FileManager.default.createDirectory(atPath: folder.path + "/full", withIntermediateDirectories: true)
    let arguments = ["frames", folder.video, "--at", (0..<20).map(String.init).joined(separator: ","), "-o", "full"]
    let outcome = try Program.start(arguments, in: folder, smallDisk: "full").outcome()
    #expect(outcome.code == 74 && outcome.errors.contains("the disk is full; free some space"), "\(outcome.errors)")
  }

  @Test("a loss that stops being a number is said") func aLossThatStopsBeingANumberIsSaid() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    let outcome = try Program.start(
      ["pretrain", "media", "-o", "run", "--steps", "20", "--lr", "1e30", "--warmup-epochs", "0"] + smallClips, in: folder
    ).outcome()
    #expect(outcome.code == 76 && outcome.errors.contains("try a smaller --lr"), "\(outcome.errors)")
    let short = ["pretrain", "media", "-o", "short", "--steps", "3", "--lr", "1e30", "--warmup-epochs", "0"] + smallClips
    for _ in 1...2 {
      let outcome = try Program.start(short, in: folder).outcome()
      #expect(outcome.code == 76 && outcome.errors.contains("of 3 steps"), "\(outcome.errors)")
    }
  }
}
