import Foundation
import MAECore

/// A lamp above a scene: it shades bodies, makes them cast shadows, and is brighter near it.
struct Light: Hashable, Sendable {
  /// From the scene to the lamp: right, down, towards the viewer; of length 1.
  private let direction: SIMD3<Float>
  /// Between the directions to the lamp and to the viewer, where a surface gleams.
  private let between: SIMD3<Float>

  init(random: inout RandomStream) {
    let angle = random.uniform(0, 2 * .pi)
    let height = random.uniform(0.65, 0.8)
    let across = (1 - height * height).squareRoot()
    direction = SIMD3<Float>(SIMD3(across * cos(angle), across * sin(angle), height))
    let sum = direction + SIMD3(0, 0, 1)
    between = sum / (sum * sum).sum().squareRoot()
  }

  /// Where the shadow of something lies that floats `height` above the ground.
  func shadowOffset(height: Float) -> SIMD2<Float> { -height / direction.z * SIMD2(direction.x, direction.y) }

  /// What a surface of a colour sends to the viewer.
  ///
  /// - Parameter slope: the normal's parts to the right and downwards.
  func reflected(_ colour: SIMD4<Float>, slope: SIMD2<Float>) -> SIMD4<Float> {
    let normal = SIMD3(slope.x, slope.y, max(0, 1 - (slope * slope).sum()).squareRoot())
    let diffuse = 0.35 + 0.65 * max(0, (normal * direction).sum()) / direction.z
    var gleam = max(0, (normal * between).sum())
    for _ in 0..<5 { gleam *= gleam }
    return diffuse * colour + 0.3 * gleam
  }

  /// Brightness at a place, in shorter sides from the picture's centre: about 1.2 near the lamp, half of it far away.
  func brightness(_ place: SIMD2<Float>) -> Float {
    let away = place - 0.5 * SIMD2(direction.x, direction.y)
    return max(0.5, 1.2 - 0.5 * (away * away).sum())
  }
}
