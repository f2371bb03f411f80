import Foundation
import MAECore

/// A pattern of two colours that goes on for ever; lengths are in units of a picture's shorter side.
struct Texture: Hashable, Sendable {
  enum Pattern: CaseIterable, Sendable { case clouds, stripes, checks, dots, bands }

  var pattern: Pattern
  /// Distance after which the pattern repeats.
  var period: Double
  /// Direction of the pattern, of length 1.
  var axis: SIMD2<Double>
  var first, second: SIMD3<Double>
  var noise: ValueNoise

  /// A random texture whose colours lie around `hue`, in turns.
  init(hue: Double, periods: ClosedRange<Double>, random: inout RandomStream) {
    pattern = Pattern.allCases.randomElement(using: &random) ?? .clouds
    period = random.uniform(periods.lowerBound, periods.upperBound)
    let angle = random.uniform(0, 2 * .pi)
    axis = SIMD2(cos(angle), sin(angle))
    let isLightFirst = random.uniform() < 0.5
    let (light, dark) = (random.uniform(0.74, 0.9), random.uniform(0.36, 0.56))
    first = PerceptualColour.rgb(
      lightness: isLightFirst ? light : dark, chroma: random.uniform(0.05, 0.16), hue: hue + random.uniform(-0.05, 0.05))
    second = PerceptualColour.rgb(
      lightness: isLightFirst ? dark : light, chroma: random.uniform(0.05, 0.16), hue: hue + random.uniform(-0.12, 0.12))
    noise = ValueNoise(key: random.next())
  }

  /// The colour at a point, red, green and blue in 0 … 255.
  func colour(x: Double, y: Double) -> SIMD3<Double> {
    let (u, v) = ((x * axis.x + y * axis.y) / period, (y * axis.x - x * axis.y) / period)
    // A little of the noise lies over every pattern, so that even a turning disc with a broad band shows that it turns.
    let grain = noise.value(x: u * 1.7 + 31, y: v * 1.7 + 17) - 0.5
    let share: Double
    switch pattern {
    case .clouds: share = 0.5 + 1.6 * (noise.cloud(x: u, y: v) - 0.5)
    case .stripes: share = 0.5 + 1.5 * sin(2 * .pi * u)
    case .checks: share = 0.5 + 2.5 * sin(2 * .pi * u) * sin(2 * .pi * v)
    case .dots:
      let (du, dv) = (u - u.rounded(), v - v.rounded())
      share = 0.5 + 6 * (0.3 - (du * du + dv * dv).squareRoot())
    case .bands: share = 0.5 + 0.6 * sin(2 * .pi * u / 2)
    }
    let mixture = max(0, min(1, max(0, min(1, share)) + 0.5 * grain))
    return first + (second - first) * mixture
  }
}

/// Smooth noise from random values on a lattice; the value at a place depends on the key alone.
struct ValueNoise: Hashable, Sendable {
  var key: UInt64

  /// Noise in 0 … 1 with one lattice point per unit of length.
  func value(x: Double, y: Double) -> Double {
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    let (tx, ty) = (Self.ease(x - column), Self.ease(y - row))
    let (i, j) = (Int(column), Int(row))
    let top = lattice(i, j) + tx * (lattice(i + 1, j) - lattice(i, j))
    let bottom = lattice(i, j + 1) + tx * (lattice(i + 1, j + 1) - lattice(i, j + 1))
    return top + ty * (bottom - top)
  }

  /// Three octaves of noise, 0 … 1.
  func cloud(x: Double, y: Double) -> Double {
    (4 * value(x: 2 * x, y: 2 * y) + 2 * value(x: 4 * x + 5, y: 4 * y + 9) + value(x: 8 * x + 3, y: 8 * y + 7)) / 7
  }

  private static func ease(_ t: Double) -> Double { t * t * (3 - 2 * t) }

  private func lattice(_ i: Int, _ j: Int) -> Double {
    var z =
      key ^ (UInt64(bitPattern: Int64(i)) &* 0x9e37_79b9_7f4a_7c15) ^ (UInt64(bitPattern: Int64(j)) &* 0xc2b2_ae3d_27d4_eb4f)
    z = (z ^ (z >> 31)) &* 0xbf58_476d_1ce4_e5b9
    z ^= z >> 29
    return Double(z >> 11) * 0x1p-53
  }
}

/// Colours by lightness (0 … 1), chroma (0 … about 0.3) and hue (in turns) in Oklab (Ottosson 2020), where equal steps look
/// equal.
enum PerceptualColour {
  /// Red, green and blue with the sRGB curve, 0 … 255; colours that a screen cannot show are clipped.
  static func rgb(lightness: Double, chroma: Double, hue: Double) -> SIMD3<Double> {
    let (a, b) = (chroma * cos(2 * .pi * hue), chroma * sin(2 * .pi * hue))
    let long = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let medium = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let short = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return SIMD3(
      encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
      encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
      encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short))
  }

  private static func cube(_ x: Double) -> Double { x * x * x }

  private static func encoded(_ linear: Double) -> Double {
    let value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    return 255 * max(0, min(1, value))
  }
}
