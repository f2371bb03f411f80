import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ReconstructTests {
  private func clip(_ folder: TemporaryFolder) throws -> String {
    let motion = try #require(try folder.names("media/clips").first)
    return "media/clips/\(motion)/\(try #require(try folder.names("media/clips/\(motion)").first))"
  }

  @Test("pictures and films are written") func picturesAndFilmsAreWritten() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let outcome = try Program.run("reconstruct", "media", "-m", "run", "-o", "pictures", in: folder)
    try #require(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 9)
    #expect(lines.dropLast().allSatisfy { $0.contains("PSNR") && $0.contains(" dB") })
    let names = try folder.names("pictures")
    #expect(names.count { $0.hasSuffix(".png") } == 8)
    #expect(names.count { $0.hasSuffix(".mp4") } == 6)
  }

  @Test("an export shows the same clip as its run, and how much better it is than copying")
  func exportsShowTheSame() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clip = try clip(folder)
    for (flags, type) in [([], "F32"), (["--dtype", "float16"], "F16")] {
      let exported = try Program.start(["export", "run", "-o", type] + flags, in: folder).outcome()
      try #require(exported.code == 0, "\(exported.errors)")
      let header = String(decoding: try folder.data("\(type)/model.safetensors").prefix(20_000), as: UTF8.self)
      #expect(Set(header.matches(of: /"dtype":"([A-Z0-9]+)"/).map { String($0.output.1) }) == [type])
    }
    var frames: [Data] = []
    for model in ["run", "F32", "F16"] {
      let outcome = try Program.run(
        "reconstruct", clip, "-m", model, "-o", "out", "--tensors", "t.safetensors", "--format", "json", in: folder)
      try #require(outcome.code == 0, "\(outcome.errors)")
      let entry = try #require((try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])?.first)
      for key in ["psnr", "psnr_of_mean_colour", "psnr_of_nearest_patch"] { #expect(entry[key] is Double, "\(key) in \(entry)") }
      frames.append(try folder.data("t.safetensors"))
    }
    #expect(frames[0] == frames[1], "frames as far apart as in training, and the same prediction")
    #expect(frames[0] != frames[2] && frames[0].count == frames[2].count)
    expect(64, ["export", "run", "-o", "none", "--dtype", "float8"], "float8", in: folder)
  }

  @Test("masks and tensors travel through files") func masksAndTensorsTravelThroughFiles() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clip = try clip(folder)
    let first = try Program.run(
      "reconstruct", clip, "-m", "run/checkpoints/step-000002", "-o", "a", "--tensors", "a.safetensors", "--seed", "4",
      "--mask-ratio", "0.5", in: folder)
    try #require(first.code == 0, "\(first.errors)")
    let second = try Program.run(
      "reconstruct", clip, "-m", "run/checkpoints/step-000002/model.safetensors", "-o", "b", "--mask", "a.safetensors",
      "--tensors", "b.safetensors", in: folder)
    try #require(second.code == 0, "\(second.errors)")
    #expect(try folder.data("a.safetensors") == folder.data("b.safetensors"))
    // A mask is for every input, tensors are of one.
    let all = ["reconstruct", "media/clips", "-m", "run", "-o", "c"]
    let masked = try Program.start(all + ["--mask", "a.safetensors", "--format", "json"], in: folder).outcome()
    #expect(masked.code == 0 && masked.output.split(separator: "\"psnr\"").count > 2, "\(masked.errors)")
    expect(64, all + ["--tensors", "c.safetensors"], "--tensors takes exactly one input", in: folder)
    // A run takes masks from the same file.
    let given = try Program.start(
      ["pretrain", "media/clips", "-o", "given", "--steps", "1", "--mask-type", "a.safetensors"] + smallClips, in: folder
    ).outcome()
    #expect(given.code == 0 && given.errors.contains("one of 1 for each sample, which hide 16 tokens"), "\(given.errors)")
    expect(
      64, ["pretrain", "media/clips", "-o", "wrong", "--steps", "1", "--mask-type", "a.safetensors"], "masks are for 32 tokens",
      in: folder)
    let bytes = try folder.data("a.safetensors")
    let header = String(decoding: bytes.prefix(1000), as: UTF8.self)
    for part in [
      "\"pixels\":{\"dtype\":\"F32\",\"shape\":[1,4,3,32,32]", "\"frames\":{\"dtype\":\"I64\",\"shape\":[4]",
      "\"mask\":{\"dtype\":\"U8\",\"shape\":[32]", "\"prediction\":{\"dtype\":\"F32\",\"shape\":[16,384]",
      "\"loss\":{\"dtype\":\"F32\",\"shape\":[1]",
    ] {
      #expect(header.contains(part), "\(part) in \(header)")
    }
  }

  @Test("later frames of a pair are shown for several gaps") func laterFramesOfAPairAreShownForSeveralGaps() throws {
    let folder = TemporaryFolder()
    try folder.render(clips: 2, stills: 0)
    let trained = try Program.run(
      "pretrain", "media", "-o", "run", "--method", "siammae", "--preset", "tiny", "--input-size", "32", "--patch-size", "8",
      "--mask-ratio", "0.8", "--batch-size", "2", "--steps", "1", in: folder)
    try #require(trained.code == 0, "\(trained.errors)")
    let clip = try clip(folder)
    let few = try Program.run("reconstruct", clip, "-m", "run", "-o", "a", "--format", "json", in: folder)
    try #require(few.code == 0, "\(few.errors)")
    #expect(few.output.matches(of: /"frames" : \d+/).count > 2)
    let two = try Program.run("reconstruct", clip, "-m", "run", "-o", "b", "--gaps", "1,5", "--format", "json", in: folder)
    #expect(two.output.matches(of: /"frames" : (1|5)\b/).count == 2)
    #expect(try folder.names("b").count == 2)
    expect(64, ["reconstruct", clip, "-m", "run", "-o", "c", "--gaps", "100000"], "100000 frames after", in: folder)
    expect(64, ["reconstruct", clip, "-m", "run", "-o", "c", "--gaps", "0,2"], "--gaps", in: folder)
  }

  @Test("pictures, films and tensors never replace what they are made of") func sourcesStay() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clip = try clip(folder)
    let shape = try #require(try folder.names("media/stills").first)
    let still = "media/stills/\(shape)/\(try #require(try folder.names("media/stills/\(shape)").first))"
    try folder.link("clips", to: folder.path((clip as NSString).deletingLastPathComponent))
    let model = ["-m", "run/checkpoints/step-000002"]
    let phrase = "is one of the files that are read, and would be replaced; give another folder with --output"
    for (path, output) in [
      (clip, (clip as NSString).deletingLastPathComponent), (clip, "clips"),
      (still, "./" + (still as NSString).deletingLastPathComponent),
    ] {
      let (before, names) = (try folder.data(path), try folder.names(output))
      expect(73, ["reconstruct", path, "-o", output] + model, phrase, in: folder)
      #expect(try folder.data(path) == before)
      #expect(try folder.names(output) == names)
    }
    // One of several is enough to make none.
    expect(73, ["reconstruct", "media", "-o", "clips"] + model, phrase, in: folder)
    // No film is made of a still, though one of its name lies beside it.
    try FileManager.default.createDirectory(atPath: folder.path("both"), withIntermediateDirectories: true)
    try FFmpegProgram.run(["-i", folder.path(still), folder.path("both/a.jpg")])
    try FileManager.default.copyItem(atPath: folder.path(clip), toPath: folder.path("both/a.mp4"))
    let film = try folder.data("both/a.mp4")
    let both = try Program.start(["reconstruct", "both", "-o", "both"] + model, in: folder).outcome()
    #expect(both.code == 0, "\(both.errors)")
    #expect(try folder.names("both") == ["a-2.mp4", "a-2.png", "a.jpg", "a.mp4", "a.png"])
    #expect(try folder.data("both/a.mp4") == film)

    try FileManager.default.copyItem(
      atPath: folder.path("run/checkpoints/step-000002"), toPath: folder.path("weights"))
    let weights = try folder.data("weights/model.safetensors")
    let tensors = try Program.run(
      "reconstruct", clip, "-m", "weights", "-o", "out", "--tensors", "weights/model.safetensors", in: folder)
    #expect(tensors.code == 73 && tensors.errors.contains("give another name with --tensors"), "\(tensors.errors)")
    #expect(try folder.data("weights/model.safetensors") == weights)
  }

  @Test("a film that becomes no film may lie where its picture does, and pictures below the data are none of them")
  func besideTheData() throws {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    try folder.render(clips: 1, stills: 0)
    let clip = try clip(folder)
    let before = try folder.data(clip)
    let place = (clip as NSString).deletingLastPathComponent
    let picture = try Program.run("reconstruct", clip, "-m", "run", "-o", place, in: folder)
    #expect(picture.code == 0, "\(picture.errors)")
    #expect(try folder.data(clip) == before)
    let again = try (0..<2).map { _ in
      try Program.run("reconstruct", "media/stills", "-m", "run", "-o", "media/stills/out", in: folder)
    }
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
    #expect(again[0].output == again[1].output)
  }

  @Test("wrong use is said") func wrongUseIsSaid() throws {
    let folder = try TemporaryFolder(TrainedRun.onClips)
    let clip = try clip(folder)
    let model = ["-m", "run", "-o", "out"]
    expect(66, ["reconstruct", "nowhere.mp4"] + model, "nowhere.mp4", in: folder)
    expect(66, ["reconstruct", clip, "-m", "nowhere", "-o", "out"], "nowhere", in: folder)
    expect(64, ["reconstruct", "media"] + model + ["--tensors", "t.safetensors"], "exactly one input", in: folder)
    expect(64, ["reconstruct", clip] + model + ["--mask-ratio", "1"], "mask-ratio", in: folder)
    expect(64, ["reconstruct", clip] + model + ["--mask", "x", "--seed", "1"], "--mask", in: folder)
    expect(64, ["reconstruct", clip] + model + ["--start", "1e6"], "seconds", in: folder)
    try folder.write("no weights", to: "broken/config.json")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/broken/model.safetensors",
      withDestinationPath: folder.path + "/run/checkpoints/step-000002/model.safetensors")
    expect(65, ["reconstruct", clip, "-m", "broken", "-o", "out"], "config.json", in: folder)
    try folder.write("text", to: "mask.safetensors")
    expect(
      65, ["reconstruct", clip, "-m", "run/checkpoints/step-000002", "-o", "out", "--mask", "mask.safetensors"], "mask",
      in: folder)
    expect(
      73, ["reconstruct", clip, "-m", "run/checkpoints/step-000002", "-o", "mask.safetensors"], "mask.safetensors", in: folder)
  }
}
