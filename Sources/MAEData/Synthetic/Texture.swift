import Foundation
import MAECore

/// A pattern of two colours with a grain, which repeats after a tile's side.
struct Texture: Sendable {
  enum Pattern: CaseIterable, Sendable { case clouds, stripes, marble, checks, dots }

  /// Where a surface's colours lie.
  struct Palette: Sendable {
    /// In turns.
    var hue: Double
    var chroma: ClosedRange<Double>
    /// Of the lighter colour.
    var lightness: ClosedRange<Double>
    /// By how much the other colour is darker.
    var contrast: ClosedRange<Double>
  }

  private let pattern: Pattern
  /// Repetitions of the pattern over the tile, along both axes; whole numbers, so that the tile's sides fit each other.
  private let wave: SIMD2<Float>
  private let light, dark: SIMD4<Float>
  private let octaves: [PeriodicNoise]
  private let grains: [PeriodicNoise]

  /// - Parameter repetitions: of the pattern over the tile.
  init(_ palette: Palette, repetitions: ClosedRange<Double>, random: inout RandomStream) {
    pattern = Pattern.allCases.randomElement(using: &random) ?? .clouds
    let (angle, count) = (random.uniform(0, 2 * .pi), random.uniform(repetitions.lowerBound, repetitions.upperBound))
    let exact = SIMD2((count * cos(angle)).rounded(), (count * sin(angle)).rounded())
    wave = exact == .zero ? SIMD2(1, 0) : SIMD2<Float>(exact)
    let lightness = random.uniform(palette.lightness.lowerBound, palette.lightness.upperBound)
    let contrast = random.uniform(palette.contrast.lowerBound, palette.contrast.upperBound)
    let chroma = random.uniform(palette.chroma.lowerBound, palette.chroma.upperBound)
    light = PerceptualColour.light(lightness: lightness, chroma: chroma, hue: palette.hue)
    dark = PerceptualColour.light(
      lightness: lightness - contrast, chroma: chroma, hue: palette.hue + random.uniform(-0.08, 0.08))
    octaves = [4, 8, 16].map { PeriodicNoise(side: $0, random: &random) }
    grains = [32, 64].map { PeriodicNoise(side: $0, random: &random) }
  }

  /// The texture's light at `side` × `side` points: red, green, blue, 0.
  func tile(side: Int) -> Tile { Tile(side: side, value: light) }

  private func light(x: Float, y: Float) -> SIMD4<Float> {
    let (u, v) = (wave.x * x + wave.y * y, wave.x * y - wave.y * x)
    let cloud = (4 * octaves[0].value(x: x, y: y) + 2 * octaves[1].value(x: x, y: y) + octaves[2].value(x: x, y: y)) / 5
    let share: Float
    switch pattern {
    case .clouds: share = 0.5 + 0.8 * cloud
    case .stripes: share = 0.5 + 1.5 * sin(2 * .pi * u)
    case .marble: share = 0.5 + 0.7 * sin(2 * .pi * (u + 0.5 * cloud))
    case .checks: share = 0.5 + 2.5 * sin(2 * .pi * u) * sin(2 * .pi * v)
    case .dots:
      let (du, dv) = (u - u.rounded(), v - v.rounded())
      share = 0.5 + 6 * (0.3 - (du * du + dv * dv).squareRoot())
    }
    // Clouds and grain lie over every pattern, so that even a turning disc with broad stripes shows that it turns.
    let grain = 0.12 * cloud + 0.13 * grains[0].value(x: x, y: y) + 0.1 * grains[1].value(x: x, y: y)
    let mixture = max(0, min(1, share)) + grain
    return (dark + (light - dark) * mixture).clamped(lowerBound: .zero, upperBound: .one)
  }
}
