import Foundation
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEMedia
import MAEReports
import Testing

@Suite struct PropagationTests {
  @Test(
    "labels are those of a queue written out in full", arguments: [PropagationProtocol.davis, .dino],
    [FrameSize(width: 7, height: 5), FrameSize(width: 3, height: 11), FrameSize(square: 2)])
  func asWrittenOut(preset: PropagationProtocol, grid: FrameSize) {
    var rules = preset
    (rules.queue, rules.radius, rules.neighbours) = (3, 2, 5)
    var random = RandomStream(seed: UInt64(grid.width))
    let width = 6
    let frames = (0..<6).map { _ in (0..<grid.pixelCount * width).map { _ in Float(random.normal()) } }
    let first = LabelMap(
      size: grid, channels: 3, values: (0..<grid.pixelCount * 3).map { _ in Float(random.uniform()) })
    var propagator = LabelPropagator(frames[0], first, rules, on: Kernels(threads: 2))
    let expected = Self.written(frames.map { $0.map(Double.init) }, first, rules)
    for number in 1..<frames.count {
      let ours = propagator.labels(of: frames[number])
      let gap = zip(ours.values, expected[number]).map { abs(Double($0) - $1) }.max()!
      #expect(gap < 1e-5, "frame \(number): \(gap)")
    }
  }

  @Test("results do not depend on the number of threads")
  func threads() {
    let grid = FrameSize(width: 13, height: 9)
    var random = RandomStream(seed: 9)
    let frames = (0..<3).map { _ in (0..<grid.pixelCount * 17).map { _ in Float(random.normal()) } }
    let first = LabelMap(size: grid, channels: 2, values: (0..<grid.pixelCount * 2).map { Float($0 % 2) })
    let results = [1, 2, 3].map { threads in
      var propagator = LabelPropagator(frames[0], first, .davis, on: Kernels(threads: threads))
      return frames.dropFirst().map { propagator.labels(of: $0) }
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  /// The definition: every context cell in a list, sorted.
  private static func written(_ frames: [[Double]], _ first: LabelMap, _ rules: PropagationProtocol) -> [[Double]] {
    let (grid, channels, isDINO) = (first.size, first.channels, rules.procedure == .dino)
    let width = frames[0].count / grid.pixelCount
    let rows = frames.map { frame in
      (0..<grid.pixelCount).map { cell -> [Double] in
        let row = Array(frame[cell * width..<(cell + 1) * width])
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / length }
      }
    }
    var labels = [first.values.map(Double.init)]
    for time in 1..<frames.count {
      let queue = ((time - rules.queue)..<time).filter { isDINO ? $0 > 0 : true }.map { max(0, $0) }
      var result = [Double](repeating: 0, count: grid.pixelCount * channels)
      for cell in 0..<grid.pixelCount {
        var all: [(similarity: Double, frame: Int, cell: Int)] = []
        for (place, frame) in ([0] + queue).enumerated() {
          for other in 0..<grid.pixelCount {
            let (dy, dx) = (other / grid.width - cell / grid.width, other % grid.width - cell % grid.width)
            let isNear =
              isDINO ? max(abs(dy), abs(dx)) <= rules.radius : place == 0 || dy * dy + dx * dx < rules.radius * rules.radius
            if isNear { all.append((zip(rows[time][cell], rows[frame][other]).reduce(0) { $0 + $1.0 * $1.1 }, frame, other)) }
          }
        }
        let nearest = all.sorted { $0.similarity > $1.similarity }.prefix(rules.neighbours)
        let weights = nearest.map { exp($0.similarity / rules.temperature) }
        for (entry, weight) in zip(nearest, weights) {
          for channel in 0..<channels {
            result[cell * channels + channel] +=
              weight / weights.reduce(0, +) * labels[entry.frame][entry.cell * channels + channel]
          }
        }
      }
      labels.append(result)
    }
    return labels
  }

  @Test("sizes follow the published rules")
  func sizes() {
    func size(_ rule: PropagationSize, _ width: Int, _ height: Int) -> String {
      rule.size(of: FrameSize(width: width, height: height), patch: 16).description
    }
    #expect(size(PropagationProtocol.davis.size, 854, 480) == "880×480")
    // The longer side becomes 880, the other a multiple of 64; a square is as high as that.
    #expect(size(PropagationProtocol.vip.size, 1280, 720) == "880×448")
    #expect(size(PropagationProtocol.vip.size, 720, 1280) == "448×880")
    #expect(size(PropagationProtocol.vip.size, 500, 500) == "832×880")
    #expect(size(PropagationProtocol.dino.size, 854, 480) == "832×480")
    #expect(size(PropagationProtocol.dino.size, 480, 854) == "480×832")
    #expect(size(.own, 150, 71) == "144×64")
    #expect(size(.shorterSide(96, multiple: nil), 150, 75) == "192×96")
  }

  @Test("a measure of more than 256 frames has a decay")
  func longSequence() {
    let falling = FrameSummary((0..<400).map { 1 - Double($0) / 400 })
    #expect(abs(falling.decay - 0.75) < 0.01 && abs(falling.mean - 0.50125) < 1e-9)
    let one = FrameSummary([0.25])
    #expect((one.mean, one.recall, one.decay) == (0.25, 0, 0))
  }

  @Test("boundaries count as near by the distance between pixels", arguments: [1, 3, 8])
  func tolerance(radius: Int) {
    // A size whose tolerance is the radius, and a pixel that lies exactly so far away, or a little farther.
    let size = FrameSize(square: Int(Double(radius) / 0.008 / 2.0.squareRoot()))
    #expect(MaskMeasures.tolerance(of: size) == radius)
    func pixel(_ x: Int, _ y: Int) -> [Bool] {
      var mask = [Bool](repeating: false, count: size.pixelCount)
      mask[y * size.width + x] = true
      return mask
    }
    #expect(MaskMeasures.boundary(pixel(40, 40), pixel(40 + radius, 40), size: size) == 1)
    // Of the four pixels of a boundary the two on the near side are still within reach.
    #expect(MaskMeasures.boundary(pixel(40, 40), pixel(41 + radius, 40), size: size) == 0.5)
    #expect(MaskMeasures.boundary(pixel(40, 40), pixel(42 + radius, 40), size: size) == 0)
  }

  @Test("points that are never seen are left out of PCK, and counted")
  func unseen() {
    var accuracy = KeypointAccuracy()
    #expect(accuracy.percent(within: 0.1) == nil)
    let frame: [Keypoint?] = [Keypoint(x: 0, y: 0), Keypoint(x: 30, y: 40), nil]
    let moved: [Keypoint?] = [Keypoint(x: 3, y: 0), Keypoint(x: 30, y: 40), Keypoint(x: 1, y: 1)]
    accuracy.add(truth: [frame, frame], prediction: [frame, moved])
    // The figure is 0.6 · 50 pixels large: three of them are a tenth.
    #expect(accuracy.percent(within: 0.1) == 100 && accuracy.percent(within: 0.09) == 50 && accuracy.unseen == 1)
  }

  @Test("points that move with nothing come back where they were")
  func pointsComeBack() throws {
    let labels = KeypointLabels(
      frames: FrameSize(width: 320, height: 240), frameSize: FrameSize(square: 160), grid: FrameSize(square: 20))
    let points: [Keypoint?] = [Keypoint(x: 100, y: 100), nil, Keypoint(x: 250, y: 30)]
    let back = labels.points(of: labels.map(of: points))
    #expect(back[1] == nil)
    for index in [0, 2] {
      let (point, found) = (try #require(points[index]), try #require(back[index]))
      // A cell is 16 × 12 pixels of the frames.
      #expect(abs(point.x - found.x) < 16 && abs(point.y - found.y) < 12)
    }
  }

  @Test("an overlay changes the pixels of objects, and no others")
  func overlay() {
    let size = FrameSize(width: 9, height: 7)
    let frame = Image(size: size, filledWith: [90, 120, 60])
    let ids: [UInt8] = (0..<size.pixelCount).map { [0, 0, 0, 0, 1, 1, 2, 2, 2][$0 % 9] }
    let labels = LabelPicture(size: size, ids: ids)
    let drawn = LabelOverlay.picture(frame, .picture(labels))
    for place in 0..<size.pixelCount {
      let pixel = 3 * place..<3 * place + 3
      let isChanged = Array(drawn.pixels[pixel]) != Array(frame.pixels[pixel])
      #expect(isChanged == (labels.ids[place] > 0))
    }
    #expect(LabelOverlay.picture(frame, .points([Keypoint(x: 4, y: 3), nil])) != frame)
    #expect(LabelOverlay.picture(frame, .points([nil])) == frame)
  }
}
