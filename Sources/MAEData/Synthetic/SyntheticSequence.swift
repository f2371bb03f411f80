import Foundation
import MAECore
import MAEMedia

/// Three textured bodies that cross each other's ways, turn, and come nearer and go, above a ground with smaller ones at rest;
/// with the body that each pixel shows, and places that move with the bodies. A pure function of its random stream.
public struct SyntheticSequence: Sendable {
  /// One picture with all that is known of it.
  public struct Frame: Sendable {
    /// What is seen.
    public var image: Image
    /// The number of the body that each pixel's centre shows, from 1; 0 where it shows none of them.
    public var labels: LabelPicture
    /// Five places of each body: its centre, and four around it at 0.4 of its radius; nil where another body or the picture's
    /// edge hides one.
    public var points: [Keypoint?]
  }

  /// Bodies that move.
  public static let bodies = 3
  /// Frames per second.
  public static let frameRate = 24.0

  private let scenery: Scenery
  private let resting: [Resting]
  private let moving: [Moving]

  /// A sequence of a stream.
  public init(random stream: RandomStream) {
    var random = stream.fork("sequence")
    let scenery = Scenery(random: &random)
    self.scenery = scenery
    let surfaces = (0..<4).map { _ in scenery.surface(side: 64, random: &random) }
    resting = (0..<12).map { Resting(surface: surfaces[$0 % surfaces.count], height: 0.15, random: &random) }
    let shapes = Moving.shapes.shuffled(using: &random)
    let angle = random.uniform()
    moving = (0..<Self.bodies).map { number in
      Moving(
        Body(shape: shapes[number], surface: scenery.surface(side: 128, random: &random), height: 0.2 + 0.15 * Float(number)),
        angle: angle + Double(number) / Double(Self.bodies), random: &random)
    }
  }

  /// A picture, from 0.
  public func frame(_ number: Int, size: FrameSize) -> Frame {
    let time = Double(number) / Self.frameRate
    let view = scenery.camera.view(at: time)
    var canvas = scenery.canvas(size: size, view: view)
    for other in resting { canvas.draw(other.body, at: other.placement(in: view)) }
    var labels = LabelPicture(size: size, ids: [UInt8](repeating: 0, count: size.pixelCount))
    // Those that come later float higher.
    for (index, body) in moving.enumerated() {
      let placement = body.placement(at: time)
      canvas.draw(body.body, at: placement)
      canvas.forEachPixel(of: body.body, at: placement) { labels.ids[$0] = UInt8(index + 1) }
    }
    let points = moving.enumerated().flatMap { index, body in
      body.points(at: time, in: size).map { point -> Keypoint? in
        let (column, row) = (Int(point.x.rounded()), Int(point.y.rounded()))
        guard (0..<size.width).contains(column), (0..<size.height).contains(row) else { return nil }
        return Int(labels.ids[row * size.width + column]) == index + 1 ? point : nil
      }
    }
    return Frame(image: canvas.image(), labels: labels, points: points)
  }
}

/// A body on an ellipse around the middle of the picture, so that it meets the others there.
private struct Moving: Sendable {
  /// Those that have their centre inside.
  static let shapes: [ShapeKind] = [.disc, .triangle, .square, .hexagon, .star, .cross]

  let body: Body
  /// The long and the short half axis, in shorter sides of the picture.
  private let along, across: SIMD2<Double>
  /// Rounds per second, and turns per second.
  private let pace, spin: Double
  private let turn, radius, breath: Double

  /// - Parameter angle: where it is at first, seen from the middle, in turns.
  init(_ body: Body, angle: Double, random: inout RandomStream) {
    self.body = body
    let direction = SIMD2(cos(2 * .pi * angle), sin(2 * .pi * angle))
    along = 0.3 * direction
    across = random.uniform(-0.14, 0.14) * SIMD2(-direction.y, direction.x)
    pace = random.uniform(0.2, 0.32)
    spin = random.uniform(-0.35, 0.35)
    turn = random.uniform()
    radius = random.uniform(0.14, 0.2)
    breath = random.uniform(0.1, 0.25)
  }

  func placement(at time: Double) -> Body.Placement {
    let round = 2 * Double.pi * pace * time
    let angle = 2 * Double.pi * (turn + spin * time)
    return Body.Placement(
      centre: SIMD2<Float>(cos(round) * along + sin(round) * across), radius: Float(radius * (1 + breath * sin(round))),
      turn: SIMD2<Float>(SIMD2(cos(angle), sin(angle))))
  }

  /// In pixels.
  func points(at time: Double, in size: FrameSize) -> [Keypoint] {
    let placement = placement(at: time)
    return [(0, 0), (0.4, 0), (0, 0.4), (-0.4, 0), (0, -0.4)].map { (x: Float, y: Float) in
      let turned = SIMD2(placement.turn.x * x - placement.turn.y * y, placement.turn.y * x + placement.turn.x * y)
      let place = Float(size.shorterSide) * (placement.centre + placement.radius * turned)
      return Keypoint(
        x: Double(place.x) + Double(size.width) / 2 - 0.5, y: Double(place.y) + Double(size.height) / 2 - 0.5)
    }
  }
}
