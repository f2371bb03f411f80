/// The published sizes, and two small ones that learn something on a CPU in minutes.
public enum ModelSize: String, Hashable, Codable, Sendable, CaseIterable {
  case tiny, small, base, large, huge

  /// Width, blocks and heads of the encoder (Dosovitskiy et al. 2020, table 1; tiny and small: Touvron et al. 2021).
  public var encoder: (width: Int, depth: Int, heads: Int) {
    switch self {
    case .tiny: (192, 12, 3)
    case .small: (384, 12, 6)
    case .base: (768, 12, 12)
    case .large: (1024, 24, 16)
    case .huge: (1280, 32, 16)
    }
  }
}
