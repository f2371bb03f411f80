import Foundation
import MAECore

/// An operation of RandAugment on the bytes of a picture (Cubuk et al. 2020; the increasing set of timm 0.3.2,
/// `timm/data/auto_augment.py`, which computes with Pillow: results agree byte for byte).
///
/// Raw values are the names of that set.
public enum PictureOperation: String, Hashable, Sendable, CaseIterable {
  case autoContrast = "AutoContrast"
  case equalize = "Equalize"
  case invert = "Invert"
  case rotate = "Rotate"
  case posterize = "PosterizeIncreasing"
  case solarize = "SolarizeIncreasing"
  case solarizeAdd = "SolarizeAdd"
  case colour = "ColorIncreasing"
  case contrast = "ContrastIncreasing"
  case brightness = "BrightnessIncreasing"
  case sharpness = "SharpnessIncreasing"
  case shearX = "ShearX"
  case shearY = "ShearY"
  case translateX = "TranslateXRel"
  case translateY = "TranslateYRel"

  /// What a magnitude comes to; nil where there is nothing to choose.
  ///
  /// Degrees counter-clockwise, bits that are kept, the value from which on pixels are inverted, what is added to dark pixels,
  /// the share of a blend, a slope, or a share of the picture's side.
  ///
  /// - Parameters:
  ///   - magnitude: 0 to 10.
  ///   - isNegative: whether it goes the other way, where there is another way.
  public func argument(magnitude: Double, isNegative: Bool) -> Double? {
    let level = magnitude / 10
    let sign: Double = isNegative ? -1 : 1
    return switch self {
    case .autoContrast, .equalize, .invert: nil
    case .rotate: sign * (level * 30)
    case .posterize: 4 - (level * 4).rounded(.towardZero)
    case .solarize: 256 - (level * 256).rounded(.towardZero)
    case .solarizeAdd: (level * 110).rounded(.towardZero)
    case .colour, .contrast, .brightness, .sharpness: 1 + sign * (level * 0.9)
    case .shearX, .shearY: sign * (level * 0.3)
    case .translateX, .translateY: sign * (level * 0.45)
    }
  }

  /// Changes a picture.
  ///
  /// Colour, contrast and brightness are those of the first three channels, or of a grey picture's one; alpha only moves.
  ///
  /// - Parameters:
  ///   - argument: see ``argument(magnitude:isNegative:)``.
  ///   - filter: between pixels that move; the cubic has a = −1 here, as Pillow's has in transformations.
  ///   - fill: a byte for each channel, of what comes from outside the picture.
  public func apply(_ argument: Double?, to picture: inout Image, filter: ResizeFilter = .bicubic, fill: [UInt8]) {
    let value = argument ?? 0
    let (width, height) = (Double(picture.size.width), Double(picture.size.height))
    switch self {
    case .autoContrast: picture.mapEachChannel { Self.stretched($0) }
    case .equalize: picture.mapEachChannel { Self.equalized($0) }
    case .invert: picture.map { 255 - $0 }
    case .posterize: picture.map { [bits = Int(value)] in bits == 0 ? 0 : $0 & ~UInt8((1 << (8 - bits)) - 1) }
    case .solarize: picture.map { Int($0) < Int(value) ? $0 : 255 - $0 }
    case .solarizeAdd: picture.map { $0 < 128 ? UInt8(min(255, Int($0) + Int(value))) : $0 }
    case .colour: picture.blend(Float(value)) { $0.greys }
    case .contrast:
      picture.blend(Float(value)) { picture in
        let greys = picture.greys
        let mean = Double(greys.reduce(0) { $0 + Int($1) }) / Double(max(1, greys.count))
        return [UInt8](repeating: UInt8(mean + 0.5), count: greys.count)
      }
    case .brightness: picture.blend(Float(value)) { [UInt8](repeating: 0, count: $0.size.pixelCount) }
    case .sharpness: picture.sharpen(Float(value))
    case .rotate where value == 0: break
    case .rotate: picture.transform(.rotation(degrees: value, about: (width / 2, height / 2)), filter, fill)
    case .shearX: picture.transform(AffineMap(x: (1, value, 0), y: (0, 1, 0)), filter, fill)
    case .shearY: picture.transform(AffineMap(x: (1, 0, 0), y: (value, 1, 0)), filter, fill)
    case .translateX: picture.transform(AffineMap(x: (1, 0, value * width), y: (0, 1, 0)), filter, fill)
    case .translateY: picture.transform(AffineMap(x: (1, 0, 0), y: (0, 1, value * height)), filter, fill)
    }
  }

  /// Least and greatest value become 0 and 255.
  private static func stretched(_ histogram: [Int]) -> [UInt8]? {
    guard let low = histogram.firstIndex(where: { $0 > 0 }), let high = histogram.lastIndex(where: { $0 > 0 }), high > low else {
      return nil
    }
    let scale = 255 / Double(high - low)
    let offset = -Double(low) * scale
    return (0..<256).map { UInt8(min(255, max(0, Int(Double($0) * scale + offset)))) }
  }

  /// Values as frequent as each other, about.
  private static func equalized(_ histogram: [Int]) -> [UInt8]? {
    guard let last = histogram.lastIndex(where: { $0 > 0 }) else { return nil }
    let step = (histogram.reduce(0, +) - histogram[last]) / 255
    guard step > 0 else { return nil }
    var sum = step / 2
    return histogram.map { count in
      defer { sum += count }
      return UInt8(min(255, sum / step))
    }
  }
}
