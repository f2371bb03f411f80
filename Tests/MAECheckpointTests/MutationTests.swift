import Foundation
import MAECheckpoint
import MAECore
import TestSupport
import Testing

/// Damaged copies of real files: each gives weights or one sentence, never a crash, a hang or a giant allocation.
@Suite struct MutationTests {
  @Test(
    "damaged files end cleanly",
    arguments: [
      "checkpoint.pth", "legacy.pth", "half.pth", "views.pth", "refuse.pth", "views.safetensors", "mae-normalised.safetensors",
      "people/classes-4.pth", "people/key-model_state_dict.pth", "people/module-whole.pth", "people/module-legacy.pth",
      "people/odd.pth", "people/odd.safetensors", "people/lora-alpha.pth", "people/wrapper-fsdp.pth",
    ])
  func damage(name: String) throws {
    let original = try contents(fixture(name))
    let rounds = runsLongTests ? 40_000 : 600
    try withFolder { folder in
      let path = folder + "/damaged"
      var refusals = 0
      for round in 0..<rounds {
        var random = RandomStream(seed: 11).fork(name, round)
        try write(Self.damaged(original, &random), to: path)
        do throws(CheckpointError) {
          for (_, tensor) in try WeightFile.read(path: path).state { #expect(tensor.floats().count == tensor.count) }
          let checkpoint = try Checkpoint.read(path: path)
          for (_, tensor) in checkpoint.weights { #expect(tensor.floats().count == tensor.count) }
        } catch {
          #expect(error.description.hasPrefix(path))
          #expect(error.kind == .unusable || error.kind == .refused, "\(error)")
          refusals += 1
        }
      }
      #expect(refusals > rounds / 10)
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #expect(usage.ru_maxrss < 2_000_000, "kilobytes at the peak")
  }

  /// Cuts, flips bits, overwrites or moves a few bytes, more often where the structure is: near the ends.
  private static func damaged(_ bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var bytes = bytes
    func place(_ random: inout RandomStream) -> Int {
      switch random.below(4) {
      case 0: random.below(min(bytes.count, 9000))
      case 1: bytes.count - 1 - random.below(min(bytes.count, 9000))
      default: random.below(bytes.count)
      }
    }
    switch random.below(5) {
    case 0: bytes.removeLast(bytes.count - place(&random))
    case 1: for _ in 0...random.below(8) { bytes[place(&random)] ^= 1 << UInt8(random.below(8)) }
    case 2:
      let extremes: [UInt8] = [0, 0xff, 0x7f, 0x80]
      let value = extremes[random.below(4)]
      let start = place(&random)
      for index in start..<min(bytes.count, start + 1 + random.below(9)) { bytes[index] = value }
    case 3:
      let start = place(&random)
      bytes.removeSubrange(start..<min(bytes.count, start + 1 + random.below(40)))
    default:
      let start = place(&random)
      let piece = Array(bytes[start..<min(bytes.count, start + 1 + random.below(40))])
      bytes.insert(contentsOf: piece, at: place(&random))
    }
    return bytes
  }
}
