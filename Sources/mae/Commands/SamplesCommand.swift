import ArgumentParser
import MaskedAutoencoders

/// `mae samples`: small synthetic clips and stills to try things with.
struct SamplesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samples", abstract: "Render small synthetic clips, stills and episodes.",
    discussion: """
      Textured bodies lie about under a lamp, and the largest one moves above them. DIR/clips/<motion>/ holds the clips, and \
      only its motion tells their class: \(MotionKind.allCases.map(\.rawValue).joined(separator: ", ")).
      DIR/stills/<shape>/ holds the stills: \(ShapeKind.allCases.map(\.rawValue).joined(separator: ", ")).
      DIR/sequences/ holds sequences for mae propagate, in folders as DAVIS has them: three bodies that turn and cross each \
      other's ways, with the exact mask of each in every frame (Annotations) and five points of each (Keypoints).
      DIR/episodes/ holds episodes of a small game (.npz: pictures, actions, rewards, state): a large block and two small balls \
      bounce, a paddle goes where its action says, and every ball that touches the block is a reward; state is the paddle's \
      place. Two cameras are called front and wrist; the second sees what lies around the paddle.

      Example: mae samples data --clips 200 --seed 1
      Example: mae samples games --episodes 400 --clips 0 --stills 0
      """)

  @Argument(help: ArgumentHelp("Folder to write into; it is created if missing.", valueName: "dir")) var folder: String
  @Option(parsing: .unconditional, help: "How many clips, spread over the motions.") var clips = 40
  @Option(parsing: .unconditional, help: "How many stills, spread over the shapes.") var stills = 16
  @Option(parsing: .unconditional, help: "How many sequences with masks and points.") var sequences = 0
  @Option(parsing: .unconditional, help: "How many episodes.") var episodes = 0
  @Option(parsing: .unconditional, help: "Cameras of an episode: 1, called image, or 2.") var cameras = 1
  @Option(parsing: .unconditional, help: ArgumentHelp("Side of an episode's pictures.", valueName: "pixels")) var episodeSize =
    SyntheticEpisodes.size
  @Option(parsing: .unconditional, help: "Rows of an episode, the reset included.") var rows = SyntheticEpisodes.rows
  @Option(parsing: .unconditional, help: "Seed of everything random; the same seed gives the same files.") var seed: UInt64 = 0
  @Option(parsing: .unconditional, help: ArgumentHelp("Side in pixels, or HEIGHTxWIDTH.", valueName: "pixels")) var size =
    SyntheticSamples.size
  @Option(parsing: .unconditional, help: "Frames of every clip and sequence.") var frames = SyntheticSamples.frames
  @Option(parsing: .unconditional, help: "How fast everything in clips moves, as 0.5 for half as fast.") var speed = 1.0
  @OptionGroup var progressOption: ProgressOption

  func validate() throws {
    guard clips >= 0 else { throw ValidationError("--clips is \(clips); expected 0 or more") }
    guard stills >= 0 else { throw ValidationError("--stills is \(stills); expected 0 or more") }
    guard sequences >= 0 else { throw ValidationError("--sequences is \(sequences); expected 0 or more") }
    guard size.width >= 16, size.height >= 16, size.width.isMultiple(of: 2), size.height.isMultiple(of: 2) else {
      throw ValidationError("--size is \(size.defaultValueDescription); expected even numbers from 16 on")
    }
    guard speed > 0, speed.isFinite else { throw ValidationError("--speed is \(speed); expected above 0") }
    guard episodes >= 0 else { throw ValidationError("--episodes is \(episodes); expected 0 or more") }
    guard (1...2).contains(cameras) else { throw ValidationError("--cameras is \(cameras); expected 1 or 2") }
    guard episodeSize >= 16 else { throw ValidationError("--episode-size is \(episodeSize); expected at least 16") }
    guard rows >= 2 else { throw ValidationError("--rows is \(rows); expected 2 or more: the reset and what follows") }
    guard frames >= 1 else { throw ValidationError("--frames is \(frames); expected 1 or more") }
  }

  func run() throws {
    try counting("clips and stills", clips + stills) {
      try SyntheticSamples.render(
        into: folder, clips: clips, stills: stills, seed: seed, size: size, frames: frames, speed: speed, didFinish: $0)
    }
    try counting("episodes", episodes) {
      try SyntheticEpisodes.render(
        into: folder, count: episodes, seed: seed, size: episodeSize, rows: rows, cameras: cameras, didFinish: $0)
    }
    if episodes > 0 {
      Console.result(
        "\(folder)/episodes: \(counted(episodes, "episode")) of \(counted(rows, "row")), \(episodeSize)×\(episodeSize), "
          + counted(cameras, "camera"))
    }
    guard clips + stills + sequences > 0 || episodes == 0 else { return }
    Console.result(
      "\(folder): \(counted(clips, "clip")) of \(size) with \(counted(frames, "frame")), \(counted(stills, "still"))")
    guard sequences > 0 else { return }
    let set = try counting("sequences", sequences) {
      try SyntheticSamples.renderSequences(
        into: folder, count: sequences, seed: seed, size: size, frames: frames, didFinish: $0)
    }
    Console.result("\(set): \(counted(sequences, "sequence")) of \(size) with \(counted(frames, "frame"))")
  }

  @discardableResult
  private func counting<Result>(
    _ noun: String, _ count: Int, _ render: (@escaping @Sendable (Int) -> Void) throws -> Result
  ) rethrows -> Result {
    let line = CountLine("rendered", noun)
    defer { line.close() }
    return try render { line.update($0, of: count) }
  }
}
