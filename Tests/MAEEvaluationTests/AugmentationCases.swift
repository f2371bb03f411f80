import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEModels
import MAETraining
import Testing

/// RandAugment's operations byte for byte, boxes of cutmix and of erasing, mixed pixels and targets.
@Sendable func augmentationCase(_ found: EvaluationCase) throws -> CaseDifferences {
  let description = try found.description(AugmentationDescription.self)
  var differences = CaseDifferences(found.expected)
  try compareOperations(found, description.ops, &differences)
  for row in description.cutmixBoxes.rows {
    let picture = FrameSize(width: row.width, height: row.height)
    let box = Mixing.box(keeping: row.lambda, around: (row.cy, row.cx), in: picture)
    differences.require(
      [box.y, box.y + box.height, box.x, box.x + box.width] == row.box, "cutmix box of \(row.lambda) at \(row.cy), \(row.cx)")
    differences.require(abs(Mixing.cutmix(box).share(in: picture) - row.share) < 1e-12, "share of the box of \(row.lambda)")
  }
  for (name, runs) in [("mix", description.mix.runs), ("mix-video", description.mix.runsVideo)] {
    for run in runs { try compareMixing(found, name, run, description.mix, &differences) }
  }
  let erase = description.erase
  let picture = FrameSize(width: erase.sizes.width, height: erase.sizes.height)
  for row in erase.sizes.rows {
    let size = ErasedBox.size(area: row.uArea, aspect: row.uAspect, in: picture)
    differences.require(
      size == FrameSize(width: row.w, height: row.h) && ErasedBox.fits(size, in: picture) == row.fits,
      "erased size of \(row.uArea), \(row.uAspect)")
  }
  for run in erase.runs { try compareErasing(found, run, &differences) }
  return differences
}

private struct AugmentationDescription: Decodable {
  struct Operations: Decodable {
    struct Argument: Decodable {
      var op: String
      var level: Double
      var negative: Bool
      var argument: Double?
    }
    var fill: [UInt8]
    var arguments: [Argument]
  }
  struct Mix: Decodable {
    struct Run: Decodable {
      var name: String
      var lambda: Double?
      var lambdas: [Double]?
      var centre: [Int]?
      var centres: [[Int]?]?
      var cutmix: OneOrMany
      var boxRule: String?
    }
    var classes: Int
    var smoothing: Double
    var runs, runsVideo: [Run]
  }
  enum OneOrMany: Decodable {
    case one(Bool), many([Bool])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Bool.self) { self = .one(one) } else { self = .many(try container.decode([Bool].self)) }
    }
  }
  struct Boxes: Decodable {
    struct Row: Decodable {
      var height, width, cy, cx: Int
      var lambda, share: Double
      var box: [Int]
      private enum CodingKeys: String, CodingKey {
        case height, width, cy, cx, lambda
        case share = "lambdaTimm0.3.2"
        case box = "boxTimm0.3.2"
      }
    }
    var rows: [Row]
  }
  struct Erase: Decodable {
    struct Sizes: Decodable {
      struct Row: Decodable {
        var uArea, uAspect: Double
        var h, w: Int
        var fits: Bool
      }
      var height, width: Int
      var rows: [Row]
    }
    struct Run: Decodable {
      struct Draw: Decodable { var uArea, uAspect: Double }
      var name: String
      var draws: [Draw]
      var top, left, h, w, accepted: Int?
    }
    var sizes: Sizes
    var runs: [Run]
  }
  var ops: Operations
  var mix: Mix
  var cutmixBoxes: Boxes
  var erase: Erase
}

private func compareOperations(
  _ found: EvaluationCase, _ description: AugmentationDescription.Operations, _ differences: inout CaseDifferences
) throws {
  for argument in description.arguments {
    let operation = try #require(PictureOperation(rawValue: argument.op))
    let ours = operation.argument(magnitude: argument.level, isNegative: argument.negative)
    differences.require(
      ours == nil && argument.argument == nil || abs((ours ?? .nan) - (argument.argument ?? .nan)) < 1e-12,
      "\(argument.op) at \(argument.level): argument \(ours ?? .nan)")
  }
  for name in found.expected.names where name.hasPrefix("ops/") {
    let parts = name.split(separator: "/").map(String.init)
    let operation = try #require(PictureOperation(rawValue: parts[1]))
    let isOther = parts.count == 3
    let input = try found.input(isOther ? "ops/picture/\(parts[2])" : "ops/picture")
    var picture = Image(
      size: FrameSize(width: input.shape[1], height: input.shape[0]), pixels: input.floats().map { UInt8($0) })
    let argument = isOther ? nil : operation.argument(magnitude: Double(parts[2]) ?? 0, isNegative: parts[3] == "negative")
    let isMoved = !isOther && parts[4] != "-"
    operation.apply(
      argument, to: &picture, filter: isMoved && parts[4] == "bilinear" ? .bilinear : .bicubic, fill: description.fill)
    let ours = picture.pixels.map { Float($0) }
    guard isMoved else {
      differences.addEqual(name, ours.map { Int($0) })
      continue
    }
    // Where a sum of weighted values meets a whole number, rounding decides which side it is on.
    let theirs = try #require(found.expected[name]).floats()
    let gaps = zip(ours, theirs).map { abs($0 - $1) }.filter { $0 > 0 }
    differences.require(
      gaps.allSatisfy { $0 == 1 } && gaps.count * 1000 <= ours.count, "\(name): \(gaps.count) values differ")
    differences.leaveOut(name)
  }
}

private func compareMixing(
  _ found: EvaluationCase, _ part: String, _ run: AugmentationDescription.Mix.Run, _ mix: AugmentationDescription.Mix,
  _ differences: inout CaseDifferences
) throws {
  let name = "\(part)/\(run.name)"
  // The rule that keeps odd sides whole is not ours.
  let isOurs = run.boxRule != "timm 1.0.31"
  let expected = found.expected.names.filter { $0.hasPrefix(name + "/") || $0.hasPrefix(name + "-video/") }
  guard isOurs else {
    for name in expected { differences.leaveOut(name) }
    return
  }
  let input = try found.input("\(part)/x")
  let (shape, isClip) = (input.shape, input.shape.count == 5)
  let picture = FrameSize(width: shape[shape.count - 1], height: shape[shape.count - 2])
  var pixels = MixedPixels(
    shape: ClipBatchShape(samples: shape[0], frames: isClip ? shape[2] : 1, size: picture), values: input.floats())
  let mixings = try (0..<shape[0]).map { sample -> Mixing in
    // A pair has one entry for both of its samples.
    let entry = run.lambdas.map { min(sample, $0.count == shape[0] ? sample : shape[0] - 1 - sample) } ?? 0
    let share = try #require(run.lambdas?[entry] ?? run.lambda)
    let isCut =
      switch run.cutmix {
      case .one(let isCut): isCut
      case .many(let all): all[entry]
      }
    guard isCut else { return .mixup(share) }
    let centre = try #require(run.centres?[entry] ?? run.centre)
    return .cutmix(Mixing.box(keeping: share, around: (centre[0], centre[1]), in: picture))
  }
  pixels.mix(mixings)
  let labels = try found.labels("\(part)/labels")
  let targets = SoftTargets.mixed(
    SoftTargets.smoothed(labels, classes: mix.classes, smoothing: mix.smoothing), classes: mix.classes, mixings, in: picture)
  differences.require(expected.count == 2, "\(name): pixels and targets are expected, found \(expected)")
  for place in expected {
    differences.add(place, place.hasSuffix("/x") ? pixels.values : targets, within: 1e-6)
  }
}

private func compareErasing(
  _ found: EvaluationCase, _ run: AugmentationDescription.Erase.Run, _ differences: inout CaseDifferences
) throws {
  let isClip = run.name == "video"
  let input = try found.input(isClip ? "erase/video/x" : "erase/x")
  let shape = input.shape
  let picture = FrameSize(width: shape[shape.count - 1], height: shape[shape.count - 2])
  let sizes = run.draws.map { ErasedBox.size(area: $0.uArea, aspect: $0.uAspect, in: picture) }
  let accepted = sizes.firstIndex { ErasedBox.fits($0, in: picture) }
  differences.require(accepted == run.accepted, "\(run.name): try \(accepted ?? -1) is accepted")
  // The frames of the case stand before the channels: one sample each, with noise of its own.
  var pixels = MixedPixels(
    shape: ClipBatchShape(samples: isClip ? shape[0] : 1, frames: 1, size: picture), values: input.floats())
  if let accepted, let top = run.top, let left = run.left {
    let box = PixelRect(x: left, y: top, width: sizes[accepted].width, height: sizes[accepted].height)
    differences.require(box.height == run.h && box.width == run.w, "\(run.name): size of the box")
    var noise = try found.input("erase/\(run.name)/noise").floats()[...]
    for sample in 0..<pixels.shape.samples { pixels.erase(box, ofSample: sample) { noise.removeFirst() } }
  }
  differences.add("erase/\(run.name)/x", pixels.values, within: 0)
}
