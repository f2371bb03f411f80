import Foundation
import TestSupport
import Testing

/// Episodes from rendering to latents, by the commands alone.
@Suite(.serialized) struct WorldModelCommandTests {
  private func run(_ folder: TemporaryFolder, _ arguments: String...) throws -> Program.Outcome {
    try Program.start(arguments, in: folder).outcome()
  }

  @Test("a model learns rendered episodes, shows them and hands their latents on") func episodes() throws {
    let folder = TemporaryFolder()
    let samples = try run(
      folder, "samples", "games", "--episodes", "6", "--clips", "0", "--stills", "0", "--rows", "5", "--seed", "3")
    try #require(samples.code == 0, "\(samples.errors)")
    #expect(samples.output.contains("6 episodes of 5 rows, 32×32, 1 camera"))
    #expect(try folder.names("games") == ["episodes"] && folder.names("games/episodes").count == 6)

    let pretrain = try run(
      folder, "pretrain", "games/episodes", "-o", "run", "--method", "mwm", "--preset", "tiny", "--input-size", "32", "--steps",
      "3",
      "--batch-size", "8", "--threads", "1")
    try #require(pretrain.code == 0, "\(pretrain.errors)")
    let metrics = try folder.text("run/metrics.jsonl")
    #expect(metrics.contains("\"reward\"") && metrics.contains("\"reconstruction\""))

    let episode = "games/episodes/\(try folder.names("games/episodes")[0])"
    let reconstruct = try run(folder, "reconstruct", episode, "-m", "run", "-o", "pictures")
    try #require(reconstruct.code == 0, "\(reconstruct.errors)")
    #expect(reconstruct.output.contains("reward error"))
    #expect(try folder.names("pictures").contains { $0.hasSuffix("-rewards.html") })

    let embed = try run(folder, "embed", "games/episodes", "-m", "run", "--per-episode", "-o", "latents", "--pool", "cls")
    try #require(embed.code == 0, "\(embed.errors)")
    #expect(embed.output.contains("latents of 6 episodes with 30 rows"))
    #expect(try folder.names("latents") == folder.names("games/episodes"))
    // Episodes are not replaced by their latents.
    let before = try folder.data(episode)
    let replacing = try run(folder, "embed", "games/episodes", "-m", "run", "--per-episode", "-o", "games/./episodes")
    #expect(replacing.code == 73 && replacing.errors.contains("is one of the files that are read"), "\(replacing.errors)")
    #expect(try folder.data(episode) == before)
    // latent and tokens of five rows, and what was copied, with the headers of NumPy.
    let latents = try folder.data("latents/\(try folder.names("latents")[0])")
    for part in ["latent.npy", "tokens.npy", "action.npy", "'shape': (5, 64)", "'shape': (5, 17, 64)"] {
      #expect(latents.range(of: Data(part.utf8)) != nil, "\(part)")
    }
  }

  @Test("two cameras are learned together") func cameras() throws {
    let folder = TemporaryFolder()
    try #require(
      try run(
        folder, "samples", "games", "--episodes", "4", "--clips", "0", "--stills", "0", "--rows", "6", "--cameras", "2"
      ).code == 0)
    let pretrain = try run(
      folder, "pretrain", "games/episodes", "-o", "run", "--method", "mwm-multiview", "--preset", "tiny", "--input-size", "32",
      "--patch-size", "8", "--num-frames", "2", "--mask-ratio", "0.75", "--steps", "2", "--batch-size", "2", "--threads", "1")
    #expect(pretrain.code == 0, "\(pretrain.errors)")
    #expect((pretrain.output + pretrain.errors).contains("1 of 2 views hidden"))
    let other = try run(
      folder, "pretrain", "games/episodes", "-o", "other", "--method", "mwm-multiview", "--preset", "tiny", "--input-size", "32",
      "--patch-size", "8", "--num-frames", "2", "--mask-ratio", "0.75", "--steps", "2", "--views", "front,side", "--threads", "1")
    #expect(other.code != 0 && other.errors.contains("there is no view side"), "\(other.errors)")
  }

  @Test("a vector beside the picture is learned with it, shown and handed on") func vector() throws {
    let folder = TemporaryFolder()
    try #require(
      try run(folder, "samples", "games", "--episodes", "4", "--clips", "0", "--stills", "0", "--rows", "6").code == 0)
    let model = [
      "--method", "mwm-tactile", "--preset", "tiny", "--input-size", "32", "--num-frames", "2", "--tubelet-size", "2", "--stem",
      "patches", "--mask-ratio", "0.75", "--set", "model.input.touch.sensors=0", "--steps", "2", "--batch-size", "4", "--threads",
      "1",
    ]
    func pretrain(_ vector: String, to output: String) throws -> Program.Outcome {
      try Program.start(["pretrain", "games/episodes", "-o", output, "--vector", vector] + model, in: folder).outcome()
    }
    let trained = try pretrain("state:2", to: "run")
    try #require(trained.code == 0, "\(trained.errors)")
    #expect(try folder.text("run/metrics.jsonl").contains("\"vector\""))
    for (vector, words) in [("state:3", "expected [6, 3]"), ("joints:2", "there is no array joints")] {
      let other = try pretrain(vector, to: "other \(vector)")
      #expect(other.code != 0 && other.errors.contains(words), "\(other.errors)")
    }

    let episode = "games/episodes/\(try folder.names("games/episodes")[0])"
    let reconstruct = try run(folder, "reconstruct", episode, "-m", "run", "-o", "pictures")
    #expect(reconstruct.code == 0, "\(reconstruct.errors)")
    let embed = try run(folder, "embed", "games/episodes", "-m", "run", "--per-episode", "-o", "latents")
    try #require(embed.code == 0, "\(embed.errors)")
    // 16 patches and the vector.
    let latents = try folder.data("latents/\(try folder.names("latents")[0])")
    for part in ["'shape': (6, 64)", "'shape': (6, 17, 64)"] { #expect(latents.range(of: Data(part.utf8)) != nil, "\(part)") }
    let analyze = try run(folder, "analyze", "run", "--data", "games/episodes", "-o", "analysis")
    #expect(analyze.code == 0, "\(analyze.errors)")
  }

  @Test(
    "wrong use is said in a sentence",
    arguments: [
      (["samples", "x", "--episodes", "-1"], "--episodes is -1"), (["samples", "x", "--cameras", "3"], "--cameras is 3"),
      (["samples", "x", "--rows", "1"], "--rows is 1"), (["samples", "x", "--episode-size", "8"], "--episode-size is 8"),
      (["embed", "x", "-m", "y", "-o", "z", "--per-episode", "--layer", "2"], "--layer goes without --per-episode"),
      (["embed", "x", "-m", "y", "-o", "z", "--per-episode", "--clips", "2"], "--clips goes without --per-episode"),
    ])
  func wrongUse(arguments: [String], words: String) throws {
    let folder = TemporaryFolder()
    let outcome = try Program.start(arguments, in: folder).outcome()
    #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.code): \(outcome.errors)")
  }
}
