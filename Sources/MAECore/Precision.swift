/// The operands of the products of linear layers: all that is multiplied with weights, forward and backward.
///
/// Sums, weights, gradients, moments, attention and everything else are floats of 32 bits.
public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
  /// 32 bits.
  case float32
  /// Rounded to bfloat16 first, the 8 leading bits of a float, to the nearest, ties to even.
  case bf16
}
