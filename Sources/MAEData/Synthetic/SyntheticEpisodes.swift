import Foundation
import MAECore
import MAEFoundation

/// Episodes of a small game, for world models to try things with: large things and small ones move, actions have an effect, and
/// rewards can be seen.
///
///     FOLDER/episodes/20000101T000000-<number>-<rows − 1>.npz
///
/// A block of 10 × 10 and two balls of 2 × 2 pixels bounce, of a picture of 32 × 32; a paddle of 10 × 4 moves as far as its
/// action says, −1 to 1 for 3 pixels to either side. The reward is the number of balls that touch the block. The arrays
/// `log_large` and `log_small` say which pixels show block or paddle, and balls; `state` `[rows, 2]` is the place of the paddle's
/// upper left corner, in 32nds of the side from left and top.
public enum SyntheticEpisodes {
  /// Side of a picture unless another is asked for, in pixels.
  public static let size = 32
  /// Of an episode, the reset included, unless another number is asked for.
  public static let rows = 33

  /// Renders episodes; the same seed gives the same files. Files of the same names are replaced.
  ///
  /// - Parameters:
  ///   - size: side of a picture, in pixels.
  ///   - rows: of an episode, the reset included.
  ///   - cameras: 1, whose pictures are `image`, or 2, `front` and `wrist`.
  ///   - didFinish: told after each how many are done.
  /// - Returns: the paths of the files.
  /// - Throws: ``FileError`` when a file or folder cannot be made.
  @discardableResult
  public static func render(
    into folder: String, count: Int, seed: UInt64 = 0, size: Int = size, rows: Int = rows, cameras: Int = 1,
    didFinish: (@Sendable (_ done: Int) -> Void)? = nil
  ) throws -> [String] {
    guard count > 0 else { return [] }
    let place = folder + "/episodes"
    try Folder.make(place)
    let random = RandomStream(seed: seed)
    let threads = ProcessInfo.processInfo.activeProcessorCount
    return try parallelMap(Array(0..<count), threads: threads, didFinish: didFinish) { number in
      let path = "\(place)/20000101T000000-\(String(format: "%032x", number))-\(rows - 1).npz"
      var game = Game(random: random.fork("episode", number))
      try game.play(rows: rows, size: size, cameras: cameras == 1 ? ["image"] : ["front", "wrist"]).write(to: path)
      return path
    }
  }

  /// What happened in an episode, row after row.
  private struct Recording {
    var pictures: [(view: String, bytes: [UInt8])]
    var size: Int
    var actions: [Float] = []
    var rewards: [Float] = []
    var state: [Float] = []
    var large: [UInt8] = []
    var small: [UInt8] = []

    func write(to path: String) throws(FileError) {
      let rows = rewards.count
      func flags(_ isSet: (Int) -> Bool) -> NumPyArray {
        NumPyArray(.bool, [rows], (0..<rows).map { isSet($0) ? 1 : 0 })
      }
      var arrays = pictures.map { (name: $0.view, array: NumPyArray(.uint8, [rows, size, size, 3], $0.bytes)) }
      arrays += [
        ("action", NumPyArray([rows, 1], floats: actions)), ("reward", NumPyArray([rows], floats: rewards)),
        ("state", NumPyArray([rows, 2], floats: state)),
        ("discount", NumPyArray([rows], floats: [Float](repeating: 1, count: rows))), ("is_first", flags { $0 == 0 }),
        ("is_last", flags { $0 == rows - 1 }), ("is_terminal", flags { _ in false }),
        ("log_large", NumPyArray(.bool, [rows, size, size], large)), ("log_small", NumPyArray(.bool, [rows, size, size], small)),
      ]
      try NumPyArchive.write(arrays, to: path)
    }
  }

  /// The world: lengths in 32nds of a picture's side.
  private struct Game {
    private struct Thing {
      var place, speed: SIMD2<Double>
      let size: SIMD2<Double>
      let colour: [UInt8]

      mutating func bounce() {
        place += speed
        for axis in 0..<2 {
          let end = Game.side - size[axis]
          if place[axis] < 0 { (place[axis], speed[axis]) = (-place[axis], abs(speed[axis])) }
          if place[axis] > end { (place[axis], speed[axis]) = (2 * end - place[axis], -abs(speed[axis])) }
        }
      }

      func contains(_ point: SIMD2<Double>) -> Bool {
        let inside = point - place
        return inside.x >= 0 && inside.y >= 0 && inside.x < size.x && inside.y < size.y
      }

      func touches(_ other: Thing) -> Bool {
        (0..<2).allSatisfy { place[$0] <= other.place[$0] + other.size[$0] && other.place[$0] <= place[$0] + size[$0] }
      }
    }

    private static let side = 32.0
    private static let (ground, bar): ([UInt8], [UInt8]) = ([18, 20, 30], [70, 74, 90])
    private var random: RandomStream
    private var block, paddle: Thing
    private var balls: [Thing]

    init(random stream: RandomStream) {
      var random = stream
      func thing(_ width: Double, _ height: Double, speed: Double, _ colour: [UInt8]) -> Thing {
        let angle = random.uniform(0, 2 * .pi)
        return Thing(
          place: SIMD2(random.uniform(0, Self.side - width), random.uniform(0, Self.side - height)),
          speed: SIMD2(cos(angle), sin(angle)) * speed, size: SIMD2(width, height), colour: colour)
      }
      block = thing(10, 10, speed: 1.2, [214, 70, 52])
      paddle = thing(10, 4, speed: 0, [64, 176, 216])
      paddle.place.y = 26
      balls = [thing(2, 2, speed: 1.7, [250, 250, 250]), thing(2, 2, speed: 1.7, [250, 250, 250])]
      self.random = random
    }

    mutating func play(rows: Int, size: Int, cameras: [String]) -> Recording {
      var recording = Recording(pictures: cameras.map { ($0, []) }, size: size)
      for row in 0..<rows {
        let action = row == 0 ? 0 : random.uniform(-1, 1)
        if row > 0 {
          block.bounce()
          for index in balls.indices { balls[index].bounce() }
          paddle.place.x = min(max(0, paddle.place.x + 3 * action), Self.side - paddle.size.x)
        }
        recording.actions.append(Float(action))
        recording.rewards.append(row == 0 ? 0 : Float(balls.count { $0.touches(block) }))
        recording.state += [Float(paddle.place.x), Float(paddle.place.y)]
        for index in cameras.indices { draw(isWrist: index == 1, size: size, into: &recording, camera: index) }
      }
      return recording
    }

    /// The wrist's camera sees half of the side around the paddle.
    private func draw(isWrist: Bool, size: Int, into recording: inout Recording, camera: Int) {
      let shown = isWrist ? Self.side / 2 : Self.side
      let corner = isWrist ? paddle.place + paddle.size / 2 - shown / 2 : .zero
      for y in 0..<size {
        for x in 0..<size {
          let point = corner + SIMD2(Double(x) + 0.5, Double(y) + 0.5) * (shown / Double(size))
          let ball = balls.first { $0.contains(point) }
          let large = paddle.contains(point) ? paddle : block.contains(point) ? block : nil
          let isBar = point.x >= 0 && point.x < Self.side && (15..<16).contains(point.y)
          recording.pictures[camera].bytes += ball?.colour ?? large?.colour ?? (isBar ? Self.bar : Self.ground)
          guard camera == 0 else { continue }
          recording.small.append(ball == nil ? 0 : 1)
          recording.large.append(ball == nil && large != nil ? 1 : 0)
        }
      }
    }
  }
}
