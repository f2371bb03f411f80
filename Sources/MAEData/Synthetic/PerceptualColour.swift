import Foundation

/// Colours by lightness (0 … 1), chroma (0 … about 0.3) and hue (in turns) in Oklab (Ottosson 2020), where equal steps look
/// equal.
enum PerceptualColour {
  /// Red, green and blue as amounts of light, 0 … 1; colours that a screen cannot show are clipped. The fourth value is 0.
  static func light(lightness: Double, chroma: Double, hue: Double) -> SIMD4<Float> {
    let (a, b) = (chroma * cos(2 * .pi * hue), chroma * sin(2 * .pi * hue))
    let long = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let medium = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let short = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    let rgb = SIMD4(
      4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
      -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
      -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short, 0)
    return SIMD4<Float>(rgb.clamped(lowerBound: .zero, upperBound: .one))
  }

  private static func cube(_ x: Double) -> Double { x * x * x }

  /// An amount of light, 0 … 1, as a screen's value with the sRGB curve; beyond, the nearest.
  static func screenValue(_ light: Float) -> UInt8 { screenValues[Int(max(0, min(1, light)) * 4095 + 0.5)] }

  private static let screenValues: [UInt8] = (0...4095).map { step in
    let light = Double(step) / 4095
    let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
    return UInt8((255 * value).rounded())
  }
}
