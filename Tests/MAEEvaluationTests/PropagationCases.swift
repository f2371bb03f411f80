import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEMedia
import Testing

/// Masks, parts or keypoints that go from the first frame through the others, as public code hands them on.
@Sendable func propagationCase(_ found: EvaluationCase) throws -> CaseDifferences {
  let description = try found.description(PropagationDescription.self)
  var differences = CaseDifferences(found.expected)
  switch description.kind {
  case "keypoints": try compareKeypoints(found, description, &differences)
  case "masks", "masks-dino", "parts": try comparePictures(found, description, &differences)
  default: Issue.record("\(found.name): nothing compares propagation of '\(description.kind)'")
  }
  return differences
}

private struct PropagationDescription: Decodable {
  struct Clip: Decodable {
    var frames: Int
    var originalSize: [Int]
  }
  struct Measures: Decodable {
    var jMeanPerObject, fMeanPerObject, jRecall, fRecall, jDecay, fDecay: [Double]
    var jAndFMean: Double
  }
  var kind: String
  var grid, size: [Int]
  var patchSize: Int
  var queue, topk: Int
  var radius, neighbourhood, shorterSide, longerSide: Int?
  var temperature: Double
  var frames: Int?
  var originalSize: [Int]?
  var labelIds: [Int]?
  var clips: [Clip]?
  var measures: Measures?
  var pck: [String: Double]?
  var pckPerJoint: [String: [Double?]]?
  var miou: Double?
  var iou: [Double?]?

  var rules: PropagationProtocol {
    var rules: PropagationProtocol =
      switch kind {
      case "keypoints": .jhmdb
      case "parts": .vip
      case "masks-dino": .dino
      default: .davis
      }
    (rules.queue, rules.neighbours, rules.temperature) = (queue, topk, temperature)
    rules.radius = radius ?? neighbourhood ?? rules.radius
    if let shorterSide { rules.size = .shorterSide(shorterSide, multiple: 64) }
    if let longerSide { rules.size = .longerSide(longerSide, multiple: 64) }
    return rules
  }
}

extension FrameSize {
  /// Of `[height, width]`.
  fileprivate init(_ sides: [Int]) { self.init(width: sides[1], height: sides[0]) }
}

extension EvaluationCase {
  /// The labels of every frame from the first one's.
  fileprivate func softLabels(
    _ features: StoredTensor, from first: LabelMap, _ rules: PropagationProtocol
  ) -> [LabelMap] {
    let values = features.floats()
    let perFrame = values.count / features.shape[0]
    func frame(_ number: Int) -> [Float] { Array(values[number * perFrame..<(number + 1) * perFrame]) }
    var propagator = LabelPropagator(frame(0), first, rules, on: Kernels(threads: 2))
    return [first] + (1..<features.shape[0]).map { propagator.labels(of: frame($0)) }
  }

  /// `[frames, height, width]` as pictures.
  fileprivate func pictures(_ name: String) throws -> [LabelPicture] {
    let tensor = try input(name)
    let (size, ids) = (FrameSize(Array(tensor.shape[1...])), tensor.floats().map { UInt8($0) })
    return (0..<tensor.shape[0]).map { frame in
      LabelPicture(size: size, ids: Array(ids[frame * size.pixelCount..<(frame + 1) * size.pixelCount]))
    }
  }
}

private func comparePictures(
  _ found: EvaluationCase, _ description: PropagationDescription, _ differences: inout CaseDifferences
) throws {
  let rules = description.rules
  let (size, grid) = (FrameSize(description.size), FrameSize(description.grid))
  let original = FrameSize(try #require(description.originalSize))
  differences.require(
    rules.size.size(of: original, patch: description.patchSize) == size || rules.size == PropagationProtocol.davis.size, "size")
  let first = try LabelPicture(path: "\(found.folder)/first.png")
  let labels = MaskLabels(first, rules, frameSize: size, grid: grid)
  if let ids = description.labelIds { differences.require(labels.labels.map { Int($0) } == ids, "labels") }
  differences.add("labels_grid", labels.onGrid.values, within: 1e-5, isAbsolute: true)
  let soft = found.softLabels(try found.input("features"), from: labels.onGrid, rules)
  differences.add("soft", soft.flatMap(\.values), within: 1e-5, isAbsolute: true)

  // Pictures agree where the two largest labels of a pixel are not equal but for rounding.
  let margin = try #require(found.expected["margin"])
  let margins = margin.floats()
  differences.leaveOut("margin")
  let marginSize = FrameSize(Array(margin.shape[1...]))
  differences.add(
    "mask_size", soft.flatMap { labels.picture(of: $0).ids.map(Float.init) }, within: 0,
    at: margins.indices.filter { margins[$0] > 1e-5 }, isAbsolute: true)
  var pictures = soft.map { labels.picture(of: $0, at: original) }
  if rules.procedure == .dino { pictures[0] = first }
  let isClear = (0..<pictures.count).flatMap { frame in
    (0..<original.pixelCount).map { place in
      // The rules take this pixel of the small picture or the next one.
      let (row, column) = place.quotientAndRemainder(dividingBy: original.width)
      let (y, x) = (row * marginSize.height / original.height, column * marginSize.width / original.width)
      return [(y, x), (min(y + 1, marginSize.height - 1), x), (y, min(x + 1, marginSize.width - 1))].allSatisfy {
        margins[(frame * marginSize.height + $0.0) * marginSize.width + $0.1] > 1e-5
      }
    }
  }
  differences.add(
    "mask_original", pictures.flatMap { $0.ids.map(Float.init) }, within: 0, at: isClear.indices.filter { isClear[$0] },
    isAbsolute: true)

  if let expected = description.measures {
    let objects = ObjectMeasures.all(try found.pictures("ground_truth"), pictures)
    func compare(_ name: String, _ ours: [Double], _ theirs: [Double]) {
      differences.require(
        ours.count == theirs.count && zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name) is \(ours), not \(theirs)")
    }
    compare("J", objects.map(\.region.mean), expected.jMeanPerObject)
    compare("F", objects.map(\.boundary.mean), expected.fMeanPerObject)
    compare("J recall", objects.map(\.region.recall), expected.jRecall)
    compare("F recall", objects.map(\.boundary.recall), expected.fRecall)
    compare("J decay", objects.map(\.region.decay), expected.jDecay)
    compare("F decay", objects.map(\.boundary.decay), expected.fDecay)
    compare("J&F", [ObjectTotals(objects).score], [expected.jAndFMean])
  }
  if let expected = description.miou {
    var overlap = ClassOverlap()
    for (truth, picture) in zip(try found.pictures("ground_truth"), pictures) { overlap.add(truth: truth, prediction: picture) }
    differences.addEqual("histogram", overlap.counts)
    differences.require(abs((overlap.mean ?? .nan) - expected) < 1e-6, "mIoU is \(overlap.mean ?? .nan), not \(expected)")
    let isEqual = zip((0..<overlap.classes).map(overlap.overlap), description.iou ?? []).allSatisfy { ours, theirs in
      (ours == nil) == (theirs == nil) && abs((ours ?? 0) - (theirs ?? 0)) < 1e-6
    }
    differences.require(isEqual, "IoU of the classes")
  }
}

private func compareKeypoints(
  _ found: EvaluationCase, _ description: PropagationDescription, _ differences: inout CaseDifferences
) throws {
  let rules = description.rules
  var accuracy = KeypointAccuracy()
  for (number, clip) in try #require(description.clips).enumerated() {
    let points = try found.input("clip\(number)/pos_img")
    let (joints, frames) = (points.shape[1], points.shape[2])
    let values = points.floats()
    let truth = (0..<frames).map { frame in
      (0..<joints).map { joint -> Keypoint? in
        let (x, y) = (values[joint * frames + frame], values[(joints + joint) * frames + frame])
        // MATLAB counts from 1.
        return Keypoint(x: Double(x) - 1, y: Double(y) - 1)
      }
    }
    let labels = KeypointLabels(
      frames: FrameSize(clip.originalSize), frameSize: FrameSize(description.size), grid: FrameSize(description.grid))
    let first = labels.map(of: truth[0])
    differences.add("clip\(number)/labels_grid", first.values, within: 1e-5, isAbsolute: true)
    let soft = found.softLabels(try found.input("clip\(number)/features"), from: first, rules)
    differences.add("clip\(number)/soft", soft.flatMap(\.values), within: 1e-5, isAbsolute: true)
    let cells = soft.map { labels.cells(of: $0) }
    let coordinates = [true, false].flatMap { isColumn in
      (0..<joints).flatMap { joint in
        cells.map { frame in frame[joint].map { Float(isColumn ? $0.x : $0.y) } ?? -1 }
      }
    }
    // Of the first frame several cells are equal.
    differences.add(
      "clip\(number)/coordinates", coordinates, within: 1e-4, at: coordinates.indices.filter { $0 % frames > 0 },
      isAbsolute: true)
    accuracy.add(truth: truth, prediction: soft.map { labels.points(of: $0) })
  }
  for (fraction, expected) in description.pck ?? [:] {
    let ours = accuracy.percent(within: Double(fraction)!) ?? .nan
    differences.require(abs(ours - expected) < 1e-6, "PCK@\(fraction) is \(ours), not \(expected)")
  }
  for (fraction, expected) in description.pckPerJoint ?? [:] {
    let ours = accuracy.perPoint(within: Double(fraction)!)
    differences.require(
      zip(ours, expected).allSatisfy { ($0 == nil) == ($1 == nil) && abs(($0 ?? 0) - ($1 ?? 0)) < 1e-6 },
      "PCK@\(fraction) of joints is \(ours)")
  }
}

/// J and F of single masks and of sequences.
@Sendable func maskMeasuresCase(_ found: EvaluationCase) throws -> CaseDifferences {
  struct Description: Decodable {
    struct Pair: Decodable {
      var name: String?
      var region, boundary: Double
      var boundaryPixels: [Int]?

      enum CodingKeys: String, CodingKey {
        case name, boundaryPixels
        case region = "J"
        case boundary = "F"
      }
    }
    struct Object: Decodable {
      var sequence: String
      var object: Int
      var jMean, jRecall, jDecay, fMean, fRecall, fDecay, jAndF: Double
    }
    struct Total: Decodable { var jAndFMean, jMean, jRecall, jDecay, fMean, fRecall, fDecay: Double }
    var pairs, void: [Pair]
    var large: Pair
    var tolerancePixelsOfPairs: Int
    var objects: [Object]
    var total: Total
  }
  let description = try found.description(Description.self)
  var differences = CaseDifferences(found.expected)
  func near(_ ours: Double, _ theirs: Double, _ what: String) {
    differences.require(abs(ours - theirs) < 1e-6, "\(what) is \(ours), not \(theirs)")
  }
  func masks(_ name: String) throws -> (size: FrameSize, masks: [[Bool]]) {
    let tensor = try found.input(name)
    let (size, values) = (FrameSize(Array(tensor.shape.suffix(2))), tensor.floats())
    return (
      size,
      stride(from: 0, to: values.count, by: size.pixelCount).map { start in
        values[start..<start + size.pixelCount].map { $0 != 0 }
      }
    )
  }
  func compare(_ pair: Description.Pair, _ truth: [Bool], _ prediction: [Bool], _ size: FrameSize) -> (Double, Double) {
    let measures = (MaskMeasures.region(truth, prediction), MaskMeasures.boundary(truth, prediction, size: size))
    near(measures.0, pair.region, "J of \(pair.name ?? "the large pair")")
    near(measures.1, pair.boundary, "F of \(pair.name ?? "the large pair")")
    if let counts = pair.boundaryPixels {
      let ours = [truth, prediction].map { MaskMeasures.boundaryPixels(of: $0, size: size).count }
      differences.require(ours.sorted() == counts.sorted(), "boundaries of \(pair.name ?? "the large pair"): \(ours)")
    }
    return measures
  }

  let (size, truths) = try masks("pairs/ground_truth")
  let predictions = try masks("pairs/prediction").masks
  differences.require(MaskMeasures.tolerance(of: size) == description.tolerancePixelsOfPairs, "tolerance")
  let pairs = description.pairs.enumerated().map { compare($1, truths[$0], predictions[$0], size) }
  differences.add("pairs/J", pairs.map { Float($0.0) }, within: 1e-6, isAbsolute: true)
  differences.add("pairs/F", pairs.map { Float($0.1) }, within: 1e-6, isAbsolute: true)
  differences.addEqual(
    "pairs/boundary_prediction",
    predictions.suffix(5).flatMap { mask in
      let boundary = Set(MaskMeasures.boundaryPixels(of: mask, size: size))
      return mask.indices.map { boundary.contains($0) ? 1 : 0 }
    })
  let (voids, voidTruths, voidPredictions) = (
    try masks("void/void").masks, try masks("void/ground_truth").masks, try masks("void/prediction").masks
  )
  for (index, pair) in description.void.enumerated() {
    func known(_ mask: [Bool]) -> [Bool] { zip(mask, voids[index]).map { $0 && !$1 } }
    _ = compare(pair, known(voidTruths[index]), known(voidPredictions[index]), size)
  }
  let (largeSize, large) = try masks("large/ground_truth")
  _ = compare(description.large, large[0], try masks("large/prediction").masks[0], largeSize)

  var all: [ObjectMeasures] = []
  for sequence in ["sequence0", "sequence1"] {
    let (truth, prediction) = (try found.pictures("\(sequence)/ground_truth"), try found.pictures("\(sequence)/prediction"))
    let frames = ObjectMeasures.frameByFrame(truth, prediction)
    differences.add("\(sequence)/J", frames.flatMap { $0.region.map { Float($0) } }, within: 1e-6, isAbsolute: true)
    differences.add("\(sequence)/F", frames.flatMap { $0.boundary.map { Float($0) } }, within: 1e-6, isAbsolute: true)
    let objects = ObjectMeasures.all(truth, prediction)
    let expected = description.objects.filter { $0.sequence == sequence }
    differences.require(objects.map(\.object) == expected.map(\.object), "objects of \(sequence)")
    for (ours, theirs) in zip(objects, expected) {
      let what = "object \(ours.object) of \(sequence)"
      near(ours.region.mean, theirs.jMean, "J of \(what)")
      near(ours.region.recall, theirs.jRecall, "J recall of \(what)")
      near(ours.region.decay, theirs.jDecay, "J decay of \(what)")
      near(ours.boundary.mean, theirs.fMean, "F of \(what)")
      near(ours.boundary.recall, theirs.fRecall, "F recall of \(what)")
      near(ours.boundary.decay, theirs.fDecay, "F decay of \(what)")
      near(ours.score, theirs.jAndF, "J&F of \(what)")
    }
    all += objects
  }
  let (total, expected) = (ObjectTotals(all), description.total)
  near(total.score, expected.jAndFMean, "J&F")
  near(total.region.mean, expected.jMean, "J")
  near(total.region.recall, expected.jRecall, "J recall")
  near(total.region.decay, expected.jDecay, "J decay")
  near(total.boundary.mean, expected.fMean, "F")
  near(total.boundary.recall, expected.fRecall, "F recall")
  near(total.boundary.decay, expected.fDecay, "F decay")
  return differences
}
