// Products of bfloat16 numbers: floats with 8 significant bits, the upper halves of floats of 32 bits.
//
// A lane holds two consecutive numbers of the depth, the earlier one in its lower half. The later ones are multiplied and added
// to the lane's sum first, then the earlier ones, each addition rounded to the nearest float, ties to even: what vdpbf16ps of
// AVX-512 BF16 does. Levels without that instruction do the same in floats, where a product of 8 bits by 8 is exact: the same
// bits, many times as slow.

typedef uint32_t words __attribute__((ext_vector_type(LANES)));
typedef uint64_t long_words __attribute__((ext_vector_type(LANES / 2)));
typedef uint32_t half_words __attribute__((ext_vector_type(LANES / 2)));
#define as_words(x) __builtin_bit_cast(words, x)

/// Numbers rounded to bfloat16, to the nearest, ties to even, in the upper halves of the lanes. As in the instruction
/// vcvtneps2bf16, what is subnormal becomes 0, and what is not a number stays so.
static inline words rounded_to_bf16(vector x) {
  const words bits = as_words(x), magnitude = bits & 0x7fffffffu;
  words rounded = bits + (bits >> 16 & 1u) + 0x7fffu;
  rounded = magnitude > 0x7f800000u ? bits | 0x00400000u : rounded;
  rounded = magnitude < 0x00800000u ? bits & 0x80000000u : rounded;
  return rounded & 0xffff0000u;
}

/// Rounds a row and makes its numbers pairs: out [half of the depth, rounded up to whole vectors], zeros behind the end.
static void pair_row(const float *x, int64_t depth, float *out) {
  for (int64_t k = 0; k < depth; k += LANES, out += LANES / 2) {
    const vector numbers = k + LANES <= depth ? load(x + k) : load_some(x + k, depth - k);
    const long_words two = __builtin_bit_cast(long_words, rounded_to_bf16(numbers));
    const half_words pairs = __builtin_convertvector(two >> 32 | two << 32 >> 48, half_words);
    memcpy(out, &pairs, sizeof pairs);
  }
}

/// Rounds a packed panel [depth][width] and makes its rows pairs, in its place: [half of the depth, rounded up][width]. A row
/// without a partner is paired with zeros.
INLINE void make_pairs(float *panel, int64_t depth, const int64_t width) {
  float *out = panel;
  for (int64_t k = 0; k < depth; k += 2, panel += 2 * width, out += width) {
#pragma clang loop unroll(full)
    for (int64_t i = 0; i < width; i += LANES) {
      const words later = k + 1 < depth ? rounded_to_bf16(load(panel + width + i)) : (words)0u;
      store(out + i, as_vector(rounded_to_bf16(load(panel + i)) >> 16 | later));
    }
  }
}

#if !MULTIPLIES_BF16
/// What is subnormal becomes 0, as in the instruction.
static inline vector without_subnormals(vector x) {
  const words bits = as_words(x);
  return as_vector((bits & 0x7f800000u) == 0 ? bits & 0x80000000u : bits);
}
#endif

/// sums + the products of the pairs of each lane.
INLINE vector add_products_of_pairs(vector sums, vector left, vector right) {
#if MULTIPLIES_BF16
  return (vector)_mm512_dpbf16_ps((__m512)sums, __builtin_bit_cast(__m512bh, left), __builtin_bit_cast(__m512bh, right));
#else
  const words a = as_words(left), b = as_words(right);
  sums = without_subnormals(as_vector(a & 0xffff0000u) * as_vector(b & 0xffff0000u) + sums);
  return without_subnormals(as_vector(a << 16) * as_vector(b << 16) + sums);
#endif
}
