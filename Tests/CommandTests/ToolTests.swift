import Foundation
import TestSupport
import Testing

/// The commands that need no model, or only look at one.
@Suite(.serialized) struct ToolTests {
  private func json(_ text: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(text.utf8)) }

  private func clip(_ folder: TemporaryFolder) throws -> String {
    let motion = try #require(try folder.names("media/clips").first)
    return "media/clips/\(motion)/\(try #require(try folder.names("media/clips/\(motion)").first))"
  }

  @Test("check counts what is there, and ends with 65 for a bad file, which it names")
  func check() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 3, stills: 2)
    try folder.write("text", to: "media/readme.txt")
    let good = try Program.run("check", "media", "--deep", in: folder)
    #expect(good.code == 0, "\(good.errors)")
    for line in ["videos     3, 0:00:0", "stills     2", "bad        0", "ignored    1 (1 .txt)", "144×128 ×5"] {
      #expect(good.output.contains(line), "\(line) in \(good.output)")
    }
    let clip = try clip(folder)
    let bytes = try folder.data(clip)
    // Its header stands in front, and is not whole.
    try bytes.prefix(400).write(to: URL(fileURLWithPath: folder.path + "/media/cut.mp4"))
    let bad = try Program.run("check", "media", "--format", "json", in: folder)
    #expect(bad.code == 65)
    let survey = try #require(try json(bad.output) as? [String: Any])
    #expect((survey["files"] as? [[String: Any]])?.count == 5)
    let broken = try #require((survey["bad"] as? [[String: Any]])?.first)
    #expect((broken["path"] as? String)?.hasSuffix("cut.mp4") == true)
    #expect((broken["reason"] as? String)?.isEmpty == false)
    expect(66, ["check", "nowhere"], "nowhere", in: folder)
    expect(64, ["check", "media", "--format", "csv"], "csv", in: folder)
  }

  @Test("a deep check grades files; damaged ones end it with 65 on request") func grades() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 1)
    var bytes = [UInt8](try folder.data(clip(folder)))
    for index in stride(from: bytes.count / 2, to: bytes.count * 3 / 4, by: 97) { bytes[index] ^= 0xff }
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/media/flipped.mp4"))
    let shallow = try Program.run("check", "media", "--strict", in: folder)
    #expect(shallow.code == 0, "\(shallow.output)")
    let deep = try Program.run("check", "media", "--deep", in: folder)
    #expect(deep.code == 0 && deep.output.contains("grades     good ×3, damaged ×1"), "\(deep.output)")
    #expect(deep.output.firstMatch(of: /damaged: .*flipped\.mp4: \d+ complaints? of the decoder, first at 0\.\d\d s: \S/) != nil)
    let strict = try Program.run("check", "media", "--deep", "--strict", "--format", "json", in: folder)
    #expect(strict.code == 65)
    let files = try #require((try json(strict.output) as? [String: Any])?["files"] as? [[String: Any]])
    #expect(files.compactMap { $0["grade"] as? String }.sorted() == ["damaged", "good", "good", "good"])
    let condition = try #require(files.first { $0["grade"] as? String == "damaged" }?["condition"] as? [String: Any])
    #expect(condition["complaints"] as? Int ?? 0 > 0 && condition.values.contains { $0 is String })
    try folder.write("", to: "media/empty.mp4")
    let unusable = try Program.run("check", "media/empty.mp4", "--format", "json", in: folder)
    #expect(unusable.code == 65 && unusable.output.contains("\"unusable\"") && unusable.output.contains("the file is empty"))
  }

  @Test("frames are those that were asked for")
  func frames() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    let clip = try clip(folder)
    let some = try Program.run("frames", clip, "--at", "3,0,19", "-o", "some", in: folder)
    #expect(some.code == 0, "\(some.errors)")
    #expect(some.output == "some/frame-000003.png\nsome/frame-000000.png\nsome/frame-000019.png\n")
    // Twenty frames: the middle of four, two apart, starts at frame 6; the sheet shows the same.
    let spread = try Program.run("frames", clip, "--clip", "4,2", "-o", "spread", "--sheet", in: folder)
    #expect(spread.code == 0, "\(spread.errors)")
    #expect(try folder.names("spread") == [6, 8, 10, 12].map { "frame-0000\($0 < 10 ? "0" : "")\($0).png" } + ["sheet.png"])
    let timed = try Program.run("frames", clip, "--times", "0", "-o", "timed", in: folder)
    #expect(timed.code == 0)
    #expect(try folder.data("timed/frame-000000.png") == folder.data("some/frame-000000.png"))
    let long = try Program.run("frames", clip, "--clip", "16,4", "-o", "./long//", in: folder)
    #expect(long.output.split(separator: "\n").count == 5 && long.output.hasPrefix("long/frame-000000.png\n"), "\(long.output)")
    #expect(long.errors.contains("its last frame is repeated, and 5 pictures show all of it"), "\(long.errors)")
    let none = try Program.run("frames", clip, "--at", "1", in: folder)
    #expect(none.code == 0 && none.output.hasPrefix("frame 1  at 0.0"), "\(none.output)")
    #expect(none.errors.contains("Nothing was written") && !folder.exists("frame-000001.png"))
    for (flags, phrase) in [
      (["--at", "20"], "frames 0 to 19"), (["--times", "99"], "no frame at 99.0 s"), (["--clip", "4"], "frames,stride"),
      (["--at", "one"], "--at"), (["--at", "0", "--times", "0"], "exclude each other"),
    ] {
      expect(64, ["frames", clip, "-o", "none"] + flags, phrase, in: folder)
    }
    #expect(!folder.exists("none"))
    expect(66, ["frames", "nowhere.mp4"], "nowhere.mp4", in: folder)
  }

  @Test("bench decode counts the frames that it asked for")
  func benchDecode() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    let clip = try clip(folder)
    let arguments = ["bench", "decode", clip, "--clips", "3", "--num-frames", "4", "--sampling-rate", "2", "--size", "32"]
    let table = try Program.start(arguments + ["--repetitions", "1"], in: folder).outcome()
    #expect(table.code == 0, "\(table.errors)")
    let rows = table.output.split(separator: "\n").map { $0.split(separator: "|").count }
    #expect(rows == [7, 7, 7], "\(table.output)")
    let outcome = try Program.start(arguments + ["--repetitions", "2", "--format", "json"], in: folder).outcome()
    let result = try #require(try json(outcome.output) as? [String: Any])
    #expect(result["frames_delivered"] as? Int == 12)
    let file = try #require((result["files"] as? [[String: Any]])?.first)
    let starts = try #require(file["starts"] as? [Int])
    // Eight frames of twenty are covered by a clip.
    #expect(starts.count == 3 && starts.allSatisfy { (0...12).contains($0) })
    #expect((file["clips_per_second"] as? Double).map { $0 > 0 } == true)
    expect(66, ["bench", "decode", "nowhere.mp4"], "nowhere.mp4", in: folder)
    expect(64, ["bench", "decode", clip, "--clips", "0"], "--clips is 0", in: folder)
  }

  @Test("bench step measures every combination")
  func benchStep() throws {
    let folder = TemporaryFolder()
    let arguments = ["bench", "step", "--method", "mae", "--preset", "tiny", "--depth", "1", "--repetitions", "1"]
    let outcome = try Program.start(
      arguments + ["--batch-size", "1,2", "--mask-ratio", "0.75,0.9", "--threads", "1", "--format", "json"], in: folder
    ).outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rows = try #require(try json(outcome.output) as? [[String: Any]])
    #expect(rows.compactMap { $0["batch_size"] as? Int } == [1, 2, 1, 2])
    // 196 tokens, of which a quarter or a tenth is visible.
    #expect(rows.compactMap { $0["visible_tokens"] as? Int } == [49, 49, 19, 19])
    #expect(rows.allSatisfy { ($0["step_seconds"] as? Double ?? 0) > 0 && $0["encoder_depth"] as? Int == 1 })
    let table = try Program.start(arguments + ["--batch-size", "1", "--threads", "1", "--profile"], in: folder).outcome()
    #expect(
      table.output.contains("| mae | tiny | 1 | 4 | 49 | 1 | 1 |") && table.output.contains("| operation |"), "\(table.output)")
    for (flags, phrase) in [
      (["--batch-size", "0"], "batch-size"), (["--method", "moe"], "moe"), (["--repetitions", "0"], "--repetitions is 0"),
      (["--preset", "giant"], "giant"),
    ] {
      expect(64, ["bench", "step"] + flags, phrase, in: folder)
    }
    expect(
      69, ["bench", "step", "--precision", "bf16"], "AVX-512 BF16, and this process computes with portable",
      environment: ["MAE_CPU_LEVEL": "portable"], in: folder)
  }

  @Test("samples have the size that is asked for") func samplesHaveTheSizeThatIsAskedFor() throws {
    let folder = TemporaryFolder()
    let arguments = ["samples", "media", "--clips", "0", "--stills", "1"]
    let outcome = try Program.start(arguments + ["--size", "20x36"], in: folder).outcome()
    try #require(outcome.code == 0 && outcome.output.contains("36×20"), "\(outcome.output)\(outcome.errors)")
    // Width and height of a PNG are eight bytes after its first sixteen.
    #expect(try Array(folder.data("media/stills/disc/0001.png")[16..<24]) == [0, 0, 0, 36, 0, 0, 0, 20])
    for size in ["0", "14", "33", "20x", "32x33", "2.5", "a", ""] {
      expect(64, arguments + ["--size", size], "--size", in: folder)
    }
  }

  @Test("a still whose end is missing is bad, or named as damaged where it is allowed")
  func cutStill() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 0, stills: 2)
    var stills = try #require(FileManager.default.subpaths(atPath: folder.path("media"))).filter { $0.hasSuffix(".png") }.sorted()
    // What there is of a JPEG can be taken; a PNG without its end gives nothing.
    let picture = folder.path("media/" + stills[0])
    try FFmpegProgram.run(["-i", picture, picture.replacing(".png", with: ".jpg")])
    try FileManager.default.removeItem(atPath: picture)
    stills[0] = stills[0].replacing(".png", with: ".jpg")
    let bytes = try folder.data("media/" + stills[0])
    try bytes.prefix(bytes.count * 7 / 10).write(to: URL(fileURLWithPath: folder.path("media/" + stills[0])))
    #expect(try Program.run("check", "media", in: folder).code == 65)
    let allowed = try Program.run("check", "media", "--allow-truncated", in: folder)
    let lines = allowed.output.split(separator: "\n").filter { $0.hasPrefix("damaged: ") }
    #expect(allowed.code == 0 && lines.count == 1 && lines[0].contains("\(stills[0]): its end is missing"), "\(allowed.output)")
    #expect(try Program.run("check", "media", "--allow-truncated", "--strict", in: folder).code == 65)
  }

  @Test("a verification reads every checkpoint of a run, and ends with 65 when one is damaged")
  func verify() throws {
    let folder = TemporaryFolder()
    let shared = try TemporaryFolder(TrainedRun.onClips)
    try FileManager.default.copyItem(
      atPath: URL(fileURLWithPath: shared.path("run")).resolvingSymlinksInPath().path, toPath: folder.path("run"))
    let whole = try Program.run("inspect", "--verify", "run", in: folder)
    #expect(whole.code == 0 && whole.output.matches(of: /step-00000[0-2]: 5 files, [\d]+ bytes, as they were written/).count == 3)
    var bytes = try folder.data("run/checkpoints/step-000002/optimizer.safetensors")
    bytes[bytes.count - 9] ^= 2
    try bytes.write(to: URL(fileURLWithPath: folder.path("run/checkpoints/step-000002/optimizer.safetensors")))
    let damaged = try Program.run("inspect", "--verify", "run", "--format", "json", in: folder)
    #expect(damaged.code == 65)
    let found = try #require((try json(damaged.output) as? [String: Any])?["checkpoints"] as? [[String: Any]])
    #expect(found.map { $0["damage"] == nil } == [true, true, false])
    // Weights alone are whole, and the run goes on from the one before.
    #expect(try Program.run("inspect", "run", in: folder).code == 0)
    expect(66, ["inspect", "--verify", "nowhere"], "nowhere", in: folder)
    try folder.render(clips: 0, stills: 1)
    for path in ["media", "media/stills"] {
      expect(65, ["inspect", "--verify", path], "no checksums to compare with", in: folder)
    }
  }

  @Test("the doctor looks at every part of the machine, and says what to do about each cross")
  func doctor() throws {
    let folder = TemporaryFolder()
    let outcome = try Program.run("doctor", "--format", "json", in: folder)
    let findings = try #require((try json(outcome.output) as? [String: Any])?["findings"] as? [[String: String]])
    let parts = ["program", "processor", "memory", "FFmpeg", "decoders", "encoders", "BLAS", "disk", "models", "MPI"]
    #expect(findings.compactMap { $0["part"] } == parts)
    #expect(findings.allSatisfy { $0["found"]?.isEmpty == false })
    #expect(outcome.code == (findings.contains { $0["advice"] != nil } ? 69 : 0))
    let table = try Program.run("doctor", in: folder).output.split(separator: "\n")
    #expect(table.count == parts.count + 2 && table.dropFirst(2).allSatisfy { $0.hasPrefix("| ✓ |") || $0.hasPrefix("| ✗ |") })
    #expect(try folder.names() == [".logs"])
    expect(66, ["doctor", "nowhere"], "nowhere", in: folder)
    let lost = try Program.start(["doctor"], environment: ["MAE_MODELS": folder.path("lost")], in: folder).outcome()
    #expect(lost.code == 69 && lost.output.contains("MAE_MODELS names \(folder.path("lost")), which is no folder"))
  }

  @Test("inspect and export say what a run is and hand it on")
  func inspectAndExport() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let text = try Program.run("inspect", "run", in: folder)
    #expect(text.code == 0 && text.output.contains("mae (He et al. 2021"), "\(text.output)\(text.errors)")
    let inspected = try Program.run("inspect", "run", "--format", "json", in: folder)
    let result = try #require(try json(inspected.output) as? [String: Any])
    #expect(result["method"] as? String == "mae" && result["patch_size"] as? Int == 8)
    for format in try #require(result["exports"] as? [String]) {
      let exported = try Program.run("export", "run", "-o", format, "--format", format, in: folder)
      #expect(exported.code == 0, "\(exported.errors)")
      #expect(exported.output.split(separator: "\n").allSatisfy { folder.exists(String($0)) }, "\(exported.output)")
      #expect(try !folder.names(format).filter { ["model.safetensors", "checkpoint.pth"].contains($0) }.isEmpty)
    }
    expect(66, ["inspect", "nowhere"], "nowhere", in: folder)
    expect(66, ["export", "nowhere", "-o", "none"], "nowhere", in: folder)
    expect(64, ["export", "run", "-o", "none", "--format", "tar"], "tar", in: folder)
  }
}
