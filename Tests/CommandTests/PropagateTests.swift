import Foundation
import TestSupport
import Testing

@Suite struct PropagateTests {
  /// Two sequences of eight frames, and a model of stills.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder(TrainedRun.onStills)
    let outcome = try Program.run(
      "samples", "set", "--clips", "0", "--stills", "0", "--sequences", "2", "--frames", "6", "--size", "48x64", in: folder)
    try #require(outcome.code == 0 && outcome.output.contains("2 sequences"), "\(outcome.output)\(outcome.errors)")
    return folder
  }
  private func json(_ text: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  private let frames = "set/sequences/JPEGImages/480p/scene-0001"
  private let masks = "set/sequences/Annotations/480p/scene-0001"

  @Test("a first mask goes through all frames, and is judged where the others are known")
  func masksOfSequences() throws {
    let folder = try folder()
    let one = try Program.run(
      "propagate", frames, "--labels", masks + "/00000.png", "-m", "run", "-o", "out", "--size", "own", "--format", "json",
      in: folder)
    #expect(one.code == 0, "\(one.errors)")
    #expect(try folder.names("out") == ["propagation.json", "scene-0001", "scene-0001.mp4"])
    #expect(try folder.names("out/scene-0001") == (0..<6).map { "0000\($0).png" })
    let result = try #require(try json(one.output) as? [String: Any])
    #expect(result["totals"] == nil && (result["rules"] as? [String: Any])?["name"] as? String == "davis")
    // The first frame's labels are those that were given.
    let given = try FFmpegProgram.frames(of: folder.path(masks + "/00000.png"))
    #expect(try FFmpegProgram.frames(of: folder.path("out/scene-0001/00000.png")) == given)
    // An indexed PNG.
    #expect(try folder.data("out/scene-0001/00003.png")[25] == 3)

    let alone = try Program.run(
      "propagate", frames, "--labels", masks, "-m", "run", "-o", "alone", "--size", "own", "--queue", "0", in: folder)
    #expect(alone.code == 0 && alone.output.contains("by the first frame alone, none before, a disk"), "\(alone.output)")

    let all = try Program.run("propagate", "set/sequences", "-m", "run", "-o", "all", "--size", "48", in: folder)
    #expect(all.code == 0, "\(all.errors)")
    let lines = all.output.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasPrefix("davis: masks at 48 pixels for the shorter side") })
    #expect(lines.contains { $0.hasPrefix("scene-0002") } && lines.contains { $0.hasPrefix("all") })
    #expect(all.output.contains("over 6 objects"))
    let saved = try #require(try json(folder.text("all/propagation.json")) as? [String: Any])
    let totals = try #require(saved["totals"] as? [String: Any])
    let score = try #require(totals["score"] as? Double)
    #expect(score > 0.1 && score < 1)
    let objects = try #require((saved["sequences"] as? [[String: Any]])?[0]["objects"] as? [[String: Any]])
    #expect(objects.count == 3)
  }

  @Test("points and parts have their own protocols")
  func pointsAndParts() throws {
    let folder = try folder()
    let points = try Program.run(
      "propagate", "set/sequences", "--protocol", "jhmdb", "-m", "run", "-o", "points", "--size", "64", in: folder)
    #expect(points.code == 0 && points.output.contains("PCK @0.1"), "\(points.output)\(points.errors)")
    #expect(try folder.names("points").contains("scene-0002.json"))
    let parts = try Program.run(
      "propagate", "set/sequences", "--protocol", "vip", "-m", "run", "-o", "parts", "--size", "64", in: folder)
    #expect(parts.code == 0 && parts.output.contains("mean IoU"), "\(parts.output)\(parts.errors)")
    let dino = try Program.run(
      "propagate", "set/sequences", "--protocol", "dino", "-m", "run", "-o", "dino", "--size", "64", in: folder)
    #expect(dino.code == 0 && dino.output.contains("a square of 12 cells"), "\(dino.output)\(dino.errors)")
    let untrained = try Program.run(
      "propagate", "set/sequences", "-m", "run", "-o", "untrained", "--size", "64", "--untrained", "1", in: folder)
    #expect(untrained.code == 0, "\(untrained.errors)")
  }

  @Test("a video takes labels too")
  func video() throws {
    let folder = try folder()
    try FFmpegProgram.run(["-i", folder.path(frames + "/%05d.jpg"), "-pix_fmt", "yuv420p", folder.path("clip.mp4")])
    let outcome = try Program.run(
      "propagate", "clip.mp4", "--labels", masks, "-m", "run", "-o", "out", "--size", "64", in: folder)
    #expect(outcome.code == 0 && outcome.output.contains("J&F"), "\(outcome.output)\(outcome.errors)")
    #expect(try folder.names("out/clip").count == 6)
  }

  @Test("labels and films never replace frames, labels or the video that they are made of")
  func sourcesStay() throws {
    let folder = try folder()
    try FFmpegProgram.run(["-i", folder.path(frames + "/%05d.jpg"), "-pix_fmt", "yuv420p", folder.path("clip.mp4")])
    for name in ["out", "scene-0001"] {
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    try FFmpegProgram.run(["-i", folder.path(frames + "/%05d.jpg"), "-start_number", "0", folder.path("scene-0001/%05d.png")])
    try FileManager.default.copyItem(atPath: folder.path(masks), toPath: folder.path("out/clip"))
    let first = masks + "/00000.png"
    let points = "set/sequences/Keypoints/scene-0001.json"
    for (input, labels, output, kept) in [
      ("clip.mp4", first, ".", "clip.mp4"), ("clip.mp4", "out/clip", "out", "out/clip/00000.png"),
      ("clip.mp4", "out/clip/00000.png", "./out", "out/clip/00000.png"), ("scene-0001", first, ".", "scene-0001/00003.png"),
      (frames, masks, "set/sequences/Annotations/480p", first), (frames, points, "set/sequences/Keypoints", points),
    ] {
      let before = try folder.data(kept)
      expect(
        73, ["propagate", input, "--labels", labels, "-m", "run", "-o", output, "--size", "64"],
        "is one of the files that are read, and would be replaced", in: folder)
      #expect(try folder.data(kept) == before, "\(kept)")
    }
    #expect(!folder.exists("propagation.json") && !folder.exists("scene-0001.mp4"))
  }

  @Test("wrong use is one sentence with the code for it")
  func wrongUse() throws {
    let folder = try folder()
    let start = ["propagate", frames, "-m", "run", "-o", "out", "--size", "own", "--labels"]
    let first = masks + "/00000.png"
    func convert(_ options: [String], to name: String) throws {
      try FFmpegProgram.run(["-i", folder.path(first)] + options + [folder.path(name)])
    }
    try convert(["-vf", "format=rgb24"], to: "colours.png")
    try convert(["-vf", "format=gray,geq=0"], to: "empty.png")
    try convert(["-vf", "format=gray,geq=7"], to: "full.png")
    try convert(["-vf", "format=gray,scale=32:32"], to: "small.png")
    try folder.write(#"{"frames": [[[1, 2]], [[1, 2]]]}"#, to: "two.json")
    for (labels, code, phrase) in [
      ("nowhere.png", 66, "no such file"), ("colours.png", 65, "its pixels are colours"),
      ("empty.png", 65, "every pixel is background"), ("full.png", 65, "every pixel has the label 7"),
      ("small.png", 65, "it has 32×32 pixels and the frames have 64×48"), ("two.json", 65, "points for 2 frames"),
      ("media/stills", 65, "no label picture"),
    ] as [(String, Int32, String)] {
      expect(code, start + [labels], phrase, in: folder)
    }
    for (flags, phrase) in [
      (["--size", "50x60"], "multiples of 8, as 48x56"), (["--size", "0"], "--size"), (["--top-k", "0"], "--top-k is 0"),
      (["--radius", "0"], "--radius is 0"), (["--queue", "-1"], "--queue is -1"), (["--temperature", "0"], "--temperature is 0"),
      (["--protocol", "kinetics"], "kinetics"), (["--protocol", "jhmdb"], "--protocol davis"),
    ] {
      expect(64, start + [first] + flags, phrase, in: folder)
    }
    expect(64, ["propagate", frames, "-m", "run", "-o", "out"], "--labels is missing", in: folder)
    expect(66, start + [first] + ["-m", "nowhere"], "nowhere", in: folder)
    try FileManager.default.removeItem(atPath: folder.path(frames + "/00002.jpg"))
    expect(65, start + [first], "the frame after 00001.jpg is missing", in: folder)
  }

  @Test("an encoder whose attention is tied to a size is refused")
  func tiedEncoder() throws {
    let folder = try folder()
    let trained = try Program.run(
      "pretrain", "media", "-o", "simmim", "--method", "simmim", "--preset", "tiny", "--input-size", "64", "--patch-size", "8",
      "--steps", "1", "--batch-size", "2", "--threads", "1", "--set", "model.encoder.relative-position-bias=true",
      "--set", "model.encoder.blocks.attention-bias=queryAndValue", in: folder)
    try #require(trained.code == 0, "\(trained.errors)")
    expect(
      64, ["propagate", frames, "--labels", masks + "/00000.png", "-m", "simmim", "-o", "out"], "a bias for each distance",
      in: folder)
  }
}
