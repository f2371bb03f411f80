// Vectors of LANES floats.
//
// Products and sums stay separate operators: the compiler fuses them where the processor can.

/// 1.5 · 2²³: adding it rounds to an integer and leaves that integer in the low bits.
#define ROUND 12582912.0f
#define as_integers(x) __builtin_bit_cast(integers, x)
#define as_vector(x) __builtin_bit_cast(vector, x)

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef float vector_in_memory __attribute__((ext_vector_type(LANES), aligned(4), may_alias));
typedef int32_t integers __attribute__((ext_vector_type(LANES)));

static inline vector load(const float *address) { return *(const vector_in_memory *)address; }

static inline void store(float *address, vector x) { *(vector_in_memory *)address = x; }

/// The first `count` < LANES floats; the other lanes are 0.
static inline vector load_some(const float *address, int64_t count) {
  float lanes[LANES] = {0};
  memcpy(lanes, address, (size_t)count * sizeof(float));
  return load(lanes);
}

static inline void store_some(float *address, vector x, int64_t count) {
  float lanes[LANES];
  store(lanes, x);
  memcpy(address, lanes, (size_t)count * sizeof(float));
}

static inline vector larger(vector x, vector y) { return x > y ? x : y; }

static inline float sum_of_lanes(vector x) {
#if LANES == 16
  __auto_type eight = x.lo + x.hi;
  __auto_type four = eight.lo + eight.hi;
#elif LANES == 8
  __auto_type four = x.lo + x.hi;
#else
  __auto_type four = x;
#endif
  __auto_type two = four.lo + four.hi;
  return two.x + two.y;
}

static inline float largest_lane(vector x) {
#if LANES == 16
  __auto_type eight = x.lo > x.hi ? x.lo : x.hi;
  __auto_type four = eight.lo > eight.hi ? eight.lo : eight.hi;
#elif LANES == 8
  __auto_type four = x.lo > x.hi ? x.lo : x.hi;
#else
  __auto_type four = x;
#endif
  __auto_type two = four.lo > four.hi ? four.lo : four.hi;
  return two.x > two.y ? two.x : two.y;
}

/// e^x for x at most 88, as in a softmax, where it is at most 0. Below −87.33 the result is 0 (no subnormal numbers), NaN stays
/// NaN.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r = 1 + r + r² P(r) with P fitted for the least relative error.
static inline vector exponential(vector x) {
  const vector lowest = -87.33654f;
  vector bounded = x < lowest ? lowest : x;
  vector shifted = bounded * 1.442695041f + ROUND;
  vector n = shifted - ROUND;
  vector r = bounded - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
  vector p = 0x1.6a2352p-10f;
  p = p * r + 0x1.123a6cp-7f;
  p = p * r + 0x1.5558f4p-5f;
  p = p * r + 0x1.55549p-3f;
  p = p * r + 0x1.fffffcp-2f;
  vector result = as_vector(as_integers(r * r * p + r + 1.0f) + (as_integers(shifted) << 23));
  return x < lowest ? (vector)0.0f : result;
}

/// 2^x; at least 2^−100, so that products with it stay clear of subnormal numbers.
///
/// x = n + f with |f| ≤ 1/2 and a polynomial for 2^f. x at most 127, as in a softmax, where it is at most 0.
static inline vector power_of_two(vector x) {
  x = x < -100.0f ? (vector)-100.0f : x;
  vector shifted = x + ROUND;
  vector f = x - (shifted - ROUND);
  vector p = 0x1.5bb92ap-10f;
  p = p * f + 0x1.3ceb6cp-7f;
  p = p * f + 0x1.c6b75ap-5f;
  p = p * f + 0x1.ebf9bap-3f;
  p = p * f + 0x1.62e42ap-1f;
  p = p * f + 1.0f;
  return as_vector(as_integers(p) + (as_integers(shifted) << 23));
}

/// log₂ x of a positive number that is not subnormal.
///
/// x = 2ⁿ m with m between √½ and √2, and ln m = 2 artanh t with t = (m − 1) / (m + 1), |t| < 0.172.
static inline vector binary_logarithm(vector x) {
  integers bits = as_integers(x), n = (bits - 0x3f3504f3) >> 23;
  vector m = as_vector(bits - (n << 23));
  vector t = (m - 1.0f) / (m + 1.0f), square = t * t;
  vector p = 1.0f / 9;
  p = p * square + 1.0f / 7;
  p = p * square + 1.0f / 5;
  p = p * square + 1.0f / 3;
  p = p * square + 1.0f;
  return __builtin_convertvector(n, vector) + t * p * 2.885390082f;
}
