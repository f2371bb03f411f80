import Foundation
import MAECore

/// A textured body that moves under a lamp above a textured ground, on which other, smaller bodies rest; a hand holds the camera.
///
/// The largest body gives the scene its shape and its motion: what the camera does is the same for all motions. Bodies hide each
/// other, are shaded, and cast shadows. A scene is a pure function of its random stream: the same stream gives the same bytes.
public struct SyntheticScene: Sendable {
  /// Of the largest body.
  public let shape: ShapeKind
  /// `nil` for a scene in which the largest body stands still.
  public let motion: MotionKind?
  private let path: Motion?
  private let start: Pose
  private let body: Body
  private let resting: [Resting]
  /// Above the largest body, where there is a motion.
  private let floating: [Resting]
  private let scenery: Scenery

  /// A scene for a clip.
  public init(_ shape: ShapeKind, _ motion: MotionKind, random stream: RandomStream) {
    var random = stream.fork("scene")
    let path = Motion(motion, random: &random)
    self.init(shape, path, start: path.start, random: &random)
  }

  /// A scene for a still: the largest body lies well inside the picture.
  public init(still shape: ShapeKind, random stream: RandomStream) {
    var random = stream.fork("scene")
    var pose = Pose.random(&random)
    pose.column = 0.36 + 0.28 * pose.column
    pose.row = 0.36 + 0.28 * pose.row
    self.init(shape, nil, start: pose, random: &random)
  }

  private init(_ shape: ShapeKind, _ path: Motion?, start: Pose, random: inout RandomStream) {
    self.shape = shape
    self.path = path
    self.start = start
    motion = path?.kind
    let scenery = Scenery(random: &random)
    self.scenery = scenery
    body = Body(shape: shape, surface: scenery.surface(side: 128, random: &random), height: 0.35)
    let surfaces = (0..<4).map { _ in scenery.surface(side: 64, random: &random) }
    resting = (0..<12).map { Resting(surface: surfaces[$0 % surfaces.count], height: 0.15, random: &random) }
    floating = (0..<(path == nil ? 0 : 2)).map { Resting(surface: surfaces[$0], height: 0.5, random: &random) }
  }

  /// `frames` pictures at `frameRate` per second.
  public func clip(size: FrameSize, frames: Int, frameRate: Double) -> Clip {
    let times = (0..<frames).map { Double($0) / frameRate }
    return Clip(size: size, times: times, pixels: times.flatMap { picture(size: size, time: $0).pixels })
  }

  /// The scene after `time` seconds.
  public func picture(size: FrameSize, time: Double = 0) -> Image {
    let view = scenery.camera.view(at: time)
    var canvas = scenery.canvas(size: size, view: view)
    for other in resting { canvas.draw(other.body, at: other.placement(in: view)) }
    for placement in placements(at: time, in: size) { canvas.draw(body, at: placement) }
    for other in floating { canvas.draw(other.body, at: other.placement(in: view)) }
    return canvas.image()
  }

  /// The largest body enters again at the other side: where it and its repetitions are seen.
  private func placements(at time: Double, in size: FrameSize) -> [Body.Placement] {
    let pose = path?.pose(at: time) ?? start
    let extent = SIMD2(Float(size.width), Float(size.height)) / Float(size.shorterSide)
    let turn = SIMD2<Float>(SIMD2(cos(2 * .pi * pose.rotation), sin(2 * .pi * pose.rotation)))
    let centre = SIMD2(Float(pose.column), Float(pose.row)) - 0.5
    return [-1, 0, 1].flatMap { (column: Float) in
      [-1, 0, 1].map { (row: Float) in
        Body.Placement(centre: (centre + SIMD2(column, row)) * extent, radius: Float(pose.radius), turn: turn)
      }
    }
  }
}

/// A body that rests on the ground, or above it.
struct Resting: Sendable {
  let body: Body
  private let place: SIMD2<Float>
  private let radius: Float
  private let turn: SIMD2<Float>

  init(surface: Tile, height: Float, random: inout RandomStream) {
    let shape = ShapeKind.allCases[random.below(ShapeKind.allCases.count)]
    body = Body(shape: shape, surface: surface, height: height)
    place = Camera.groundSide * SIMD2(Float(random.uniform()), Float(random.uniform()))
    // Half as large as the moving body at most, and never smaller than two patches of most models.
    radius = Float(random.uniform(0.085, 0.14))
    let angle = random.uniform(0, 2 * .pi)
    turn = SIMD2<Float>(SIMD2(cos(angle), sin(angle)))
  }

  func placement(in view: Camera.View) -> Body.Placement {
    // The camera's turn the other way.
    let seen = SIMD2(turn.x * view.turn.x + turn.y * view.turn.y, turn.y * view.turn.x - turn.x * view.turn.y)
    return Body.Placement(centre: view.picture(place), radius: radius / view.zoom, turn: seen)
  }
}
