// GELU of a vector, shared by activation.c and the products' last pass. Included once per level.

/// gelu(x) = max(x, 0) − a Φ(−a), and gelu'(x) = Φ(x) + x φ(x), for a = |x|: neither form cancels for x < 0.
///
/// Φ(−a) = e^(−a²/2) · t · Q(t − ½) with t = 1 / (1 + 0.35 a) and Q fitted for the least relative error on 0 ≤ a ≤ 13. The
/// rounding error of a² goes into the exponential too: it would be up to 65 units in the tail. Where a > 12.5 the tail stays
/// what it is at 12.5, about 4e-36, which also gives infinities their limits.
static inline vector NAMED(gelu_of)(vector x, vector *slope) {
  vector a = as_vector(as_integers(x) & 0x7fffffff);
  a = a > 12.5f ? (vector)12.5f : a;
  vector square = a * a;
  vector error = a * a - square;  // not 0 where products and sums are fused

  // e^(−a²/2) = 2^n e^(g/2) with |g| ≤ ln 2.
  vector shifted = square * -0.7213475204f + ROUND;
  vector n = shifted - ROUND;
  vector g = -square - n * 0x1.62e4p0f - n * 0x1.7f7d1cp-19f - error;
  vector power = 0x1.6ae68ep-16f;
  power = power * g + 0x1.12682ep-12f;
  power = power * g + 0x1.555826p-9f;
  power = power * g + 0x1.555418p-6f;
  power = power * g + 0x1.fffffcp-4f;
  power = power * g + 0x1p-1f;
  power = power * g + 1.0f;
  power = as_vector(as_integers(power) + (as_integers(shifted) << 23));

  vector t = 1.0f / (1.0f + 0.35f * a);
  vector u = t - 0.5f;
  vector q = -0x1.dccfb6p-6f;
  q = q * u + 0x1.c009bcp-6f;
  q = q * u + 0x1.69d696p-5f;
  q = q * u - 0x1.cbd826p-5f;
  q = q * u - 0x1.4ecfecp-4f;
  q = q * u + 0x1.4f5794p-4f;
  q = q * u + 0x1.2338a8p-2f;
  q = q * u + 0x1.5f3932p-2f;
  q = q * u + 0x1.035278p-2f;
  vector tail = power * t * q;
  vector side = tail - a * power * 0.3989422804f;
  *slope = x < 0.0f ? side : 1.0f - side;
  return (x < 0.0f ? (vector)0.0f : x) - a * tail;
}
