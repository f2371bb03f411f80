import Foundation
import MAECore

/// What the object of a synthetic clip does: the class of the clip.
///
/// Place, size and angle of the object in any single frame have the same distribution for every motion (the picture is a torus,
/// sizes start again at the other end of their range), so that nothing but the motion tells the class.
public enum MotionKind: String, CaseIterable, Codable, Sendable {
  case moveLeft = "move-left"
  case moveRight = "move-right"
  case moveUp = "move-up"
  case moveDown = "move-down"
  case turnClockwise = "turn-clockwise"
  case turnAnticlockwise = "turn-anticlockwise"
  case grow
  case shrink
  /// Up and down.
  case bounce
  /// Left and right.
  case sway
}

/// Where an object is, how large and how turned; lengths in units of a picture's shorter side.
package struct Pose: Hashable, Sendable {
  /// 0 … 1 across the whole picture; beyond, it enters again at the other side.
  package var column, row: Double
  /// Logarithm of the size, 0 … 1 over the range of sizes.
  package var growth: Double
  /// Clockwise, in turns.
  package var rotation: Double

  package static func random(_ random: inout RandomStream) -> Pose {
    Pose(column: random.uniform(), row: random.uniform(), growth: random.uniform(), rotation: random.uniform())
  }

  /// Half of the object's extent.
  package var radius: Double { 0.17 * pow(2.2, growth) }
}

/// A motion with its speed: the pose at each time.
package struct Motion: Hashable, Sendable {
  package var kind: MotionKind
  package var start: Pose
  /// In picture widths or heights, turns, or ranges of sizes per second; for motions to and fro, periods per second.
  package var speed: Double
  /// Half of the way to and fro.
  package var amplitude: Double

  package init(_ kind: MotionKind, random: inout RandomStream) {
    self.kind = kind
    start = .random(&random)
    amplitude = random.uniform(0.14, 0.24)
    switch kind {
    case .moveLeft, .moveRight, .moveUp, .moveDown: speed = random.uniform(0.35, 0.65)
    case .turnClockwise, .turnAnticlockwise: speed = random.uniform(0.3, 0.6)
    case .grow, .shrink: speed = random.uniform(0.5, 0.8)
    case .bounce, .sway: speed = random.uniform(0.6, 1)
    }
  }

  /// The pose after `time` seconds.
  package func pose(at time: Double) -> Pose {
    var pose = start
    let way = speed * time
    switch kind {
    case .moveLeft: pose.column -= way
    case .moveRight: pose.column += way
    case .moveUp: pose.row -= way
    case .moveDown: pose.row += way
    case .turnClockwise: pose.rotation += way
    case .turnAnticlockwise: pose.rotation -= way
    case .grow: pose.growth += way
    case .shrink: pose.growth -= way
    case .bounce: pose.row += amplitude * sin(2 * .pi * way)
    case .sway: pose.column += amplitude * sin(2 * .pi * way)
    }
    return Pose(
      column: fraction(pose.column), row: fraction(pose.row), growth: fraction(pose.growth), rotation: fraction(pose.rotation))
  }

  private func fraction(_ value: Double) -> Double { value - value.rounded(.down) }
}
