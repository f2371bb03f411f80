// GELU of a vector, shared by activation.c and the products' last pass. Included once per level.

/// gelu(x) = max(x, 0) − a Φ(−a) and gelu'(x) = Φ(x) + x φ(x), with a = |x|.
///
/// Neither form cancels for x < 0. From a = 20 on both terms are exactly 0, so that infinities have their limits.
static inline vector NAMED(gelu_of)(vector x, vector *slope) {
  vector bounded = x > 20.0f ? (vector)20.0f : x;
  bounded = bounded < -20.0f ? (vector)-20.0f : bounded;
  vector a = as_vector(as_integers(bounded) & 0x7fffffff);
  vector density;
  vector tail = normal_tail(a, &density);
  *slope = (x < 0.0f ? tail : 1.0f - tail) + bounded * density;
  return (x < 0.0f ? (vector)0.0f : x) - a * tail;
}
