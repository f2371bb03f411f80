import Foundation
import MAECore

/// A hand that holds a camera above the ground: it drifts, and comes nearer and turns a little to and fro.
///
/// The ground repeats after ``groundSide``, so that it never ends; lengths are in shorter sides of the picture.
struct Camera: Hashable, Sendable {
  /// After which the ground repeats.
  static let groundSide: Float = 2

  private let drift: SIMD2<Double>
  private let zoomPhase, turnPhase, angle: Double

  init(random: inout RandomStream) {
    let (direction, speed) = (random.uniform(0, 2 * .pi), random.uniform(0.05, 0.16))
    drift = speed * SIMD2(cos(direction), sin(direction))
    (zoomPhase, turnPhase, angle) = (random.uniform(), random.uniform(), random.uniform())
  }

  /// What is seen at a time, in seconds.
  func view(at time: Double) -> View {
    let turn = 2 * .pi * (angle + 0.02 * sin(2 * .pi * (0.2 * time + turnPhase)))
    let zoom = 1 + 0.06 * sin(2 * .pi * (0.25 * time + zoomPhase))
    let side = Double(Self.groundSide)
    let pan = drift * time
    return View(
      centre: SIMD2<Float>(pan - side * (pan / side).rounded(.down)),
      turn: SIMD2<Float>(SIMD2(cos(turn), sin(turn))), zoom: Float(zoom))
  }

  /// A place of the camera.
  struct View: Sendable {
    /// The ground's place under the picture's centre, inside the first repetition.
    let centre: SIMD2<Float>
    /// Cosine and sine.
    let turn: SIMD2<Float>
    /// Lengths of the ground per length of the picture.
    let zoom: Float

    /// The ground's place under a place of the picture, from the centre of each.
    func ground(_ place: SIMD2<Float>) -> SIMD2<Float> {
      zoom * SIMD2(turn.x * place.x - turn.y * place.y, turn.y * place.x + turn.x * place.y)
    }

    /// Where the nearest repetition of a place on the ground is seen, from the picture's centre.
    func picture(_ ground: SIMD2<Float>) -> SIMD2<Float> {
      let away = ground - centre
      let place = (away - Camera.groundSide * (away / Camera.groundSide).rounded(.toNearestOrEven)) / zoom
      return SIMD2(turn.x * place.x + turn.y * place.y, turn.x * place.y - turn.y * place.x)
    }
  }
}
