import Foundation
import TestSupport
import Testing

/// Folders and lists as people have them.
@Suite(.serialized) struct DataTests {
  private static let smallStills = [
    "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--decoder-depth", "1", "--batch-size", "2", "--threads", "1",
    "--steps", "1",
  ]

  @Test("one odd file does not decide what a run is on; a larger part asks which is meant")
  func kinds() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 12)
    let few = try Program.start(["pretrain", "media", "-o", "few"] + Self.smallStills, in: folder).outcome()
    #expect(few.code == 0, "\(few.errors)")
    #expect(few.errors.contains("12 stills; ignored: 1 video (a run is on one kind; --kind videos chooses)"), "\(few.errors)")
    // A run goes on with what it is on, whatever is added.
    try folder.render(clips: 9, stills: 0)
    expect(64, ["pretrain", "media", "-o", "other"], "--kind stills or --kind videos", in: folder)
    let more = try Program.start(["pretrain", "media", "-o", "few"] + Self.smallStills, in: folder).outcome()
    #expect(more.code == 0, "\(more.errors)")
    expect(
      64, ["pretrain", "media", "-o", "few", "--kind", "videos"] + Self.smallStills, "the run in few is on stills", in: folder)
    expect(64, ["pretrain", "media", "-o", "other", "--kind", "videos", "--method", "mae"], "mae is for stills", in: folder)
    let chosen = try Program.start(
      ["pretrain", "media", "-o", "chosen", "--steps", "1", "--kind", "videos"] + smallClips, in: folder
    ).outcome()
    #expect(chosen.code == 0, "\(chosen.errors)")
  }

  @Test("names that are no UTF-8 are found, listed so that they can be found again, and named")
  func names() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    func shell(_ script: String) throws -> Program.Outcome {
      try Running("/bin/bash", ["-c", script, Program.path, folder.video], in: folder).outcome()
    }
    let made = try shell("mkdir -p d/$'dir\\xe9'; cp \"$1\" d/ok.mp4; cp \"$1\" d/$'caf\\xe9.mp4'; cp \"$1\" d/$'dir\\xe9'/x.mp4")
    try #require(made.code == 0, "\(made.errors)")
    let survey = try Program.run("check", "d", "--format", "json", in: folder)
    #expect(survey.code == 0, "\(survey.errors)")
    #expect(survey.output.contains("d/caf\\udce9.mp4\"") && survey.output.contains("d/dir\\udce9/x.mp4\""))
    #expect(try Program.run("check", "d", in: folder).output.contains("videos     3,"))
    for command in ["check d/$'caf\\xe9.mp4'", "check d/$'dir\\xe9'", "frames d/$'caf\\xe9.mp4' -o f --at 0"] {
      let outcome = try shell("exec \"$0\" \(command)")
      #expect(outcome.code == 0, "\(command): \(outcome.errors)")
    }
    let flags = smallClips.joined(separator: " ")
    for command in [
      "pretrain d -o $'run\\xe9' --steps 1 \(flags)", "pretrain d -o $'run\\xe9' --steps 1 \(flags)",
      "embed d -m $'run\\xe9' -o $'new\\xe9/x\\xe9.safetensors'", "reconstruct d/$'caf\\xe9.mp4' -m $'run\\xe9' -o $'new\\xe9'",
      "export $'run\\xe9' -o $'card\\xe9'",
    ] {
      let outcome = try shell("exec \"$0\" \(command)")
      #expect(outcome.code == 0, "\(command): \(outcome.errors)")
    }
    let results = [
      "run\\xe9/checkpoints/step-000001", "new\\xe9/x\\xe9.jsonl", "new\\xe9/caf\\xe9.mp4", "card\\xe9/model.safetensors",
    ]
    let there = try shell("ls -d " + results.map { "$'\($0)'" }.joined(separator: " "))
    #expect(there.code == 0, "\(there.errors)")
    _ = try shell("printf 'd/caf\\xe9.mp4\\n' > list.txt")
    #expect(try Program.run("check", "list.txt", in: folder).code == 0)
    let missing = try shell("exec \"$0\" check d/$'no\\xe9.mp4'")
    #expect(missing.code == 66 && missing.errors.contains("d/no\\xe9.mp4: no such file"), "\(missing.errors)")
  }

  @Test("files that hold something else than their names say end a check with 65")
  func wrongContent() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    try folder.write("", to: "media/failed.mp4")
    try folder.write("<!DOCTYPE html><title>Sign in</title>", to: "media/page.mp4")
    let outcome = try Program.run("check", "media", in: folder)
    #expect(outcome.code == 65)
    #expect(outcome.output.contains("failed.mp4: the file is empty") && outcome.output.contains("page.mp4: it is a web page"))
  }

  @Test("lists say how they were read")
  func lists() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 1, stills: 0)
    // The clips have twenty frames.
    try folder.write("\(folder.video) 20 7\n", to: "official.txt")
    let official = try Program.run("check", "official.txt", in: folder)
    #expect(
      official.output.contains("note       official.txt: 1 entry from lines of path, total frames, label"), "\(official.output)")
    try folder.write("\(folder.video) 4 8\n", to: "spans.txt")
    #expect(try Program.run("check", "spans.txt", in: folder).output.contains("from lines of path, start, total"))
    try folder.write("\(folder.video) 90 8\n", to: "neither.txt")
    expect(65, ["check", "neither.txt"], "neither.txt: line 1: the numbers 90 and 8", in: folder)
    try folder.write("id,video_path\n1,\(folder.video)\n2,nowhere.mp4\n", to: "list.csv")
    expect(66, ["check", "list.csv"], "list.csv: line 3, column video_path: no such file: nowhere.mp4", in: folder)
  }

  @Test("folders of frames in a list are clips at a frame rate, for training, continuing and looking")
  func frameFolders() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let script = """
      for n in 1 2; do
        mkdir -p frames/$n
        ffmpeg -v error -i "$(ls media/clips/*/*.mp4 | sed -n ${n}p)" -frames:v 12 frames/$n/img_%05d.jpg
      done
      printf 'frames/1 1 12 walk\nframes/2 3 40 run\n' > list.txt
      """
    #expect(try Running("/bin/bash", ["-c", script], in: folder).outcome().code == 0)
    let command = ["pretrain", "list.txt", "-o", "run", "--fps", "25"] + smallClips
    let first = try Program.start(command + ["--steps", "2"], in: folder).outcome()
    #expect(first.code == 0 && first.errors.contains("2 videos"), "\(first.errors)")
    #expect(first.errors.contains("fewer frames than its line in the list says"), "\(first.errors)")
    #expect(try folder.text("run/config.yaml").contains("frame-rate: 25"))
    let again = try Program.run("pretrain", "-o", "run", in: folder)
    #expect(again.code == 0 && again.errors.contains("finished"), "\(again.errors)")
    let looked = try Program.run("reconstruct", "frames", "-m", "run", "-o", "pictures", "--fps", "25", in: folder)
    #expect(looked.code == 0 && !looked.errors.contains("stands still"), "\(looked.errors)")
    #expect(try folder.names("pictures").filter { $0.hasSuffix(".mp4") }.count == 2)
    expect(64, ["pretrain", "list.txt", "-o", "other", "--fps", "0"], "fps", in: folder)
  }

  @Test("too many bad files are known at the scan, are listed, and may be allowed")
  func badShare() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 4, stills: 0)
    try folder.write("", to: "media/failed.mp4")
    let arguments = ["pretrain", "media", "-o", "run", "--steps", "1"] + smallClips
    let refused = try Program.start(arguments, in: folder).outcome()
    #expect(refused.code == 65 && refused.errors.contains("allow more with --max-bad"), "\(refused.errors)")
    #expect(folder.steps("run").isEmpty)
    #expect(try folder.text("run/bad_files.jsonl").contains("failed.mp4"))
    let allowed = try Program.start(arguments + ["--max-bad", "0.3"], in: folder).outcome()
    #expect(allowed.code == 0, "\(allowed.errors)")
  }
}
