// GELU with the exact error function, and its derivative.

/// gelu(x) = max(x, 0) − a Φ(−a), and gelu'(x) = Φ(x) + x φ(x), for a = |x|: neither form cancels for x < 0.
///
/// Φ(−a) = e^(−a²/2) · t (1/4 + u r(u)) with t = 1 / (1 + 0.4 a), u = t − 0.4 and r fitted for the least relative error on
/// 0 ≤ a ≤ 12.6; where u = 0 the bracket is 1/4, whose product with t is not rounded. The rounding error of a² goes into the
/// exponential too: it would be up to 65 units in the tail. Where a > 12.5 the tail stays what it is at 12.5, about 4e-36,
/// which also gives infinities their limits.
static inline vector gelu_of(vector x, vector *slope) {
  vector a = as_vector(as_integers(x) & 0x7fffffff);
  a = a > 12.5f ? (vector)12.5f : a;
  vector square = a * a;
#if LANES == 4
  // Where products are rounded before sums: a's upper half has an exact square.
  vector high = as_vector(as_integers(a) & -4096);
  vector error = high * high - square + (a + high) * (a - high);
#else
  vector error = a * a - square;
#endif

  // e^(−a²/2) = 2^n e^(g/2) with |g| ≤ ln 2.
  vector shifted = square * -0.7213475204f + ROUND;
  vector n = shifted - ROUND;
  vector g = -square - n * 0x1.62e4p0f - n * 0x1.7f7d1cp-19f - error;
  vector p = 0x1.6ae68ep-16f;
  p = p * g + 0x1.12682ep-12f;
  p = p * g + 0x1.555826p-9f;
  p = p * g + 0x1.555418p-6f;
  p = p * g + 0x1.fffffcp-4f;
  p = p * g + 0x1p-1f;
  vector power = as_vector(as_integers(p * g + 1.0f) + (as_integers(shifted) << 23));

  vector t = 1.0f / (1.0f + 0.4f * a);
  vector u = t - 0x1.99452p-2f;
  vector r = 0x1.0b1e5ap-5f;
  r = r * u - 0x1.f54678p-5f;
  r = r * u + 0x1.ee2742p-10f;
  r = r * u + 0x1.3eac06p-4f;
  r = r * u - 0x1.83219cp-6f;
  r = r * u - 0x1.abd298p-4f;
  r = r * u + 0x1.b0234p-7f;
  r = r * u + 0x1.b588aap-3f;
  r = r * u + 0x1.376af8p-2f;
  vector tail = power * (t * u * r + 0.25f * t);
  vector side = tail - a * power * 0.3989422804f;
  *slope = x < 0.0f ? side : 1.0f - side;
  return (x < 0.0f ? (vector)0.0f : x) - a * tail;
}

static void gelu(const float *x, float *y, int64_t count) {
  vector slope;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, gelu_of(load(x + i), &slope));
  if (i < count) store_some(y + i, gelu_of(load_some(x + i, count - i), &slope), count - i);
}

static void gelu_backward(const float *x, const float *dy, float *dx, int64_t count) {
  vector slope;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    gelu_of(load(x + i), &slope);
    store(dx + i, load(dy + i) * slope);
  }
  if (i < count) {
    gelu_of(load_some(x + i, count - i), &slope);
    store_some(dx + i, load_some(dy + i, count - i) * slope, count - i);
  }
}
