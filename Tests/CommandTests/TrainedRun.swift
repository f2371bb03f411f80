import Foundation
import TestSupport

/// Runs that several tests look at, each trained once: `media` and `run` in a folder.
enum TrainedRun {
  /// VideoMAE after two steps on six clips and two stills of 32 × 32.
  static let onClips = Result { try trained(clips: 6, stills: 2, ["--steps", "2", "--kind", "videos"] + smallClips) }

  /// Image MAE after four steps on sixteen stills of 32 × 32, with checkpoints of the steps 0, 2 and 4.
  static let onStills = Result {
    try trained(
      clips: 0, stills: 16,
      [
        "--preset", "tiny", "--input-size", "32", "--patch-size", "8", "--decoder-depth", "2", "--batch-size", "4", "--steps",
        "4",
        "--save-every", "2", "--keep", "3", "--threads", "1",
      ])
  }

  private static func trained(clips: Int, stills: Int, _ flags: [String]) throws -> String {
    let folder = TemporaryFolder().keepUntilExit()
    try folder.render(clips: clips, stills: stills)
    let outcome = try Program.start(["pretrain", "media", "-o", "run"] + flags, in: folder).outcome()
    guard outcome.code == 0 else { throw TrainingFailed(errors: outcome.errors) }
    return folder.path
  }

  struct TrainingFailed: Error { var errors: String }
}

extension TemporaryFolder {
  /// A folder with a copy of the media of a run, and the run itself, which is not to be changed.
  convenience init(_ run: Result<String, any Error>) throws {
    self.init()
    let shared = try run.get()
    try FileManager.default.copyItem(atPath: shared + "/media", toPath: path + "/media")
    try FileManager.default.createSymbolicLink(atPath: path + "/run", withDestinationPath: shared + "/run")
  }
}
