import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import TestSupport
import Testing

@Suite struct SyntheticTests {
  private let size = FrameSize(width: 36, height: 28)

  @Test("the same stream gives the same bytes, another stream others", arguments: MotionKind.allCases)
  func repeatable(motion: MotionKind) {
    func clip(_ seed: UInt64) -> Clip {
      SyntheticScene(.star, motion, random: RandomStream(seed: seed)).clip(size: size, frames: 3, frameRate: 20)
    }
    #expect(clip(1) == clip(1))
    #expect(clip(1) != clip(2))
    #expect(clip(1).times == [0, 0.05, 0.1])
  }

  @Test("something moves in every clip", arguments: MotionKind.allCases)
  func moves(motion: MotionKind) {
    let clip = SyntheticScene(.cross, motion, random: RandomStream(seed: 4)).clip(size: size, frames: 4, frameRate: 12)
    #expect(Set((0..<4).map(clip.frame)).count == 4)
  }

  @Test("all motions begin with the same picture, whatever the camera does then")
  func motionsBeginAlike() {
    func picture(_ motion: MotionKind, at time: Double) -> Image {
      SyntheticScene(.moon, motion, random: RandomStream(seed: 6)).picture(size: size, time: time)
    }
    #expect(Set(MotionKind.allCases.map { picture($0, at: 0) }).count == 1)
    #expect(Set(MotionKind.allCases.map { picture($0, at: 0.1) }).count == MotionKind.allCases.count)
  }

  @Test("a still's shape is that of its largest body: another shape changes a part of the picture, never all of it")
  func shapeOfStills() {
    for seed in UInt64(0)..<8 {
      func pixels(_ shape: ShapeKind) -> [UInt8] {
        SyntheticScene(still: shape, random: RandomStream(seed: seed)).picture(size: size).pixels
      }
      let changed = zip(pixels(.disc), pixels(.star)).count { $0 != $1 }
      #expect((size.pixelCount * 3 / 40...size.pixelCount * 9 / 4).contains(changed), "\(changed) of seed \(seed)")
    }
  }

  @Test("lengths are parts of the picture: twice the size shows the same")
  func sizes() {
    let scene = SyntheticScene(.hexagon, .sway, random: RandomStream(seed: 5))
    let small = scene.picture(size: FrameSize(width: 40, height: 32), time: 0.7)
    let large = scene.picture(size: FrameSize(width: 80, height: 64), time: 0.7)
    var sum = 0
    for row in 0..<32 {
      for column in 0..<40 {
        for channel in 0..<3 {
          let block = [(0, 0), (1, 0), (0, 1), (1, 1)].reduce(0) { total, step in
            total + Int(large.pixels[large.offset(x: 2 * column + step.0, y: 2 * row + step.1) + channel])
          }
          sum += abs(block / 4 - Int(small.pixels[small.offset(x: column, y: row) + channel]))
        }
      }
    }
    #expect(sum < 4 * 32 * 40 * 3, "\(Double(sum) / (32 * 40 * 3)) levels apart")
  }

  @Test("every shape lies in the unit circle, covers a good part of it, and is no other shape")
  func shapes() {
    var seen: Set<[Bool]> = []
    for shape in ShapeKind.allCases {
      var inside: [Bool] = []
      for row in -30...30 {
        for column in -30...30 {
          let (x, y) = (Double(column) / 20 + 0.001, Double(row) / 20 + 0.002)
          inside.append(shape.distance(x: x, y: y) < 0)
          if shape.distance(x: x, y: y) < 0 { #expect(x * x + y * y < 1.0001, "\(shape) at \(x), \(y)") }
        }
      }
      let area = Double(inside.count { $0 }) / 400
      #expect((0.8...3.2).contains(area), "\(shape) covers \(area)")
      #expect(seen.insert(inside).inserted)
    }
  }

  @Test("each motion changes what its name says, in that direction")
  func directions() {
    /// Change in a twentieth of a second, the short way round.
    func change(_ kind: MotionKind, _ part: (Pose) -> Double, seed: UInt64) -> Double {
      var random = RandomStream(seed: seed)
      let motion = Motion(kind, random: &random)
      let difference = part(motion.pose(at: 0.05)) - part(motion.pose(at: 0))
      return difference - difference.rounded()
    }
    for seed in UInt64(0)..<20 {
      #expect(change(.moveLeft, \.column, seed: seed) < -0.01)
      #expect(change(.moveRight, \.column, seed: seed) > 0.01)
      #expect(change(.moveUp, \.row, seed: seed) < -0.01)
      #expect(change(.moveDown, \.row, seed: seed) > 0.01)
      #expect(change(.turnClockwise, \.rotation, seed: seed) > 0.01)
      #expect(change(.turnAnticlockwise, \.rotation, seed: seed) < -0.01)
      #expect(change(.grow, \.growth, seed: seed) > 0.02)
      #expect(change(.shrink, \.growth, seed: seed) < -0.02)
      #expect(change(.bounce, \.row, seed: seed) > 0.01 && change(.bounce, \.column, seed: seed) == 0)
      #expect(change(.sway, \.column, seed: seed) > 0.01 && change(.sway, \.row, seed: seed) == 0)
    }
  }

  @Test("one frame does not tell the motion: each part of a pose is spread evenly at any time", arguments: MotionKind.allCases)
  func oneFrameTellsNothing(kind: MotionKind) {
    let draws = 4000
    for time in [0, 0.35, 1.7] {
      for part in [\Pose.column, \.row, \.growth, \.rotation] {
        var quarters = [0, 0, 0, 0]
        for seed in 0..<draws {
          var random = RandomStream(seed: UInt64(seed))
          quarters[Int(4 * Motion(kind, random: &random).pose(at: time)[keyPath: part])] += 1
        }
        // Six standard deviations of a binomial count.
        #expect(quarters.allSatisfy { abs($0 - draws / 4) < 165 }, "\(kind) after \(time) s: \(quarters)")
      }
    }
  }

  @Test("rendered samples lie where the documentation says, open, and are the same bytes for the same seed")
  func render() throws {
    let folder = TemporaryFolder()
    func rendered(_ name: String, seed: UInt64) throws -> [String: Data] {
      let paths = try SyntheticSamples.render(
        into: folder.path(name), clips: 11, stills: 3, seed: seed, size: FrameSize(width: 48, height: 32), frames: 6)
      #expect(paths.count == 14)
      return try Dictionary(
        uniqueKeysWithValues: paths.map { path in
          (String(path.dropFirst(folder.path.count + name.count + 2)), try Data(contentsOf: URL(fileURLWithPath: path)))
        })
    }
    let (first, again, other) = (try rendered("a", seed: 1), try rendered("b", seed: 1), try rendered("c", seed: 2))
    #expect(first == again)
    #expect(Set(first.values).isDisjoint(with: other.values))

    let folders = first.keys.map { String($0.split(separator: "/").dropLast().joined(separator: "/")) }
    #expect(
      Set(folders) == Set(MotionKind.allCases.map { "clips/\($0.rawValue)" } + ["stills/disc", "stills/ring", "stills/moon"]))
    for path in first.keys where path.hasSuffix(".mp4") {
      let reader = try VideoReader(path: folder.path("a/" + path))
      #expect(reader.info.frameCount == 6 && reader.info.size == FrameSize(width: 48, height: 32))
    }
    let still = try #require(first.keys.first { $0.hasSuffix(".png") })
    #expect(try StillReader.size(path: folder.path("a/" + still)) == FrameSize(width: 48, height: 32))
  }

  @Test("at half the speed a clip takes twice the frames to come to the same picture") func speed() throws {
    let folder = TemporaryFolder()
    func clip(_ name: String, frames: Int, speed: Double) throws -> Clip {
      let paths = try SyntheticSamples.render(
        into: folder.path(name), clips: 1, stills: 0, seed: 5, size: FrameSize(width: 64, height: 48), frames: frames,
        speed: speed)
      return try VideoReader(path: paths[0]).clip(at: (0..<frames).map { FrameNumber($0) })
    }
    let (fast, slow) = (try clip("fast", frames: 5, speed: 1), try clip("slow", frames: 9, speed: 0.5))
    func difference(_ a: Image, _ b: Image) -> Int {
      zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
    for frame in 1..<5 {
      let same = difference(fast.frame(frame), slow.frame(2 * frame))
      // What is left is what the encoder leaves out.
      #expect(3 * same < 2 * difference(fast.frame(frame), slow.frame(frame)), "frame \(frame)")
    }
  }

  @Test("clips of full size are the same bytes each time, whatever memory the encoder meets")
  func repeatableEncoding() throws {
    let folder = TemporaryFolder()
    let runs = try (0..<3).map { run in
      try SyntheticSamples.render(into: folder.path("\(run)"), clips: 2, stills: 0, seed: 3).map {
        try Data(contentsOf: URL(fileURLWithPath: $0))
      }
    }
    #expect(Set(runs).count == 1)
  }

  @Test("a folder that cannot be created is an error that names it")
  func unwritable() throws {
    let folder = TemporaryFolder()
    let file = try folder.write("", to: "file")
    let error = #expect(throws: FileError.self) { try SyntheticSamples.render(into: file, clips: 1, stills: 0) }
    #expect(error?.description.contains(file) == true)
  }
}
