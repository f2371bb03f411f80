// GELU with the exact error function, and its derivative.

/// gelu(x) = max(x, 0) − a Φ(−a), and gelu'(x) = Φ(x) + x φ(x), for a = |x|: neither form cancels for x < 0.
///
/// Φ(−a) = e^(−a²/2) R(a) with R a polynomial in a − 1, which needs no division; its even and odd powers are summed side
/// by side, which halves the chain of steps that wait for each other. R is fitted for the least error relative to gelu(x) or,
/// where that is smaller and x < −3/4, to 1/16. From a = 5 on R is not Φ's any more, which the exponential hides; where a > 10
/// the tail stays what it is at 10, about 1e-17, which also gives infinities their limits.
static inline vector gelu_of(vector x, vector *slope) {
  vector a = as_vector(as_integers(x) & 0x7fffffff);
  a = a > 10.0f ? (vector)10.0f : a;
  vector power = power_of_two(a * a * -0.7213475204f);
  vector u = a - 1.0f, square = u * u;
  vector even = 0x1.4fc2dep-25f, odd = -0x1.68d16cp-21f;
  even = even * square + 0x1.5ab506p-18f;
  odd = odd * square - 0x1.a078dap-16f;
  even = even * square + 0x1.81e624p-14f;
  odd = odd * square - 0x1.44f9c6p-12f;
  even = even * square + 0x1.09712ap-10f;
  odd = odd * square - 0x1.9e958ep-9f;
  even = even * square + 0x1.2f4ac2p-7f;
  odd = odd * square - 0x1.9b0500p-6f;
  even = even * square + 0x1.fcc82ep-5f;
  odd = odd * square - 0x1.19523ep-3f;
  even = even * square + 0x1.0bdb2ep-2f;
  vector tail = power * (odd * u + even);
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
