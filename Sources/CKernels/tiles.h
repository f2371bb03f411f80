// Packing and register tiles, shared by gemm.c and attention.c. Included once per level, hence no include guard.

// Sums that fit the registers next to a vector of each operand: 24 vectors of 32, 12 of 16.
#undef SUMS
#if LANES == 16 || defined(__aarch64__)
#define SUMS 24
#else
#define SUMS 12
#endif
#undef COLUMNS
#define COLUMNS (3 * LANES)

typedef float NAMED(four_in_memory) __attribute__((ext_vector_type(4), aligned(4), may_alias));
typedef float NAMED(eight) __attribute__((ext_vector_type(8)));
typedef float NAMED(eight_in_memory) __attribute__((ext_vector_type(8), aligned(4), may_alias));

/// Transposes 4 rows of 8 floats: two blocks of 4 × 4 side by side.
static inline void NAMED(turn)(const float *from, int64_t stride, float *to, int64_t width) {
  const NAMED(eight) a = *(const NAMED(eight_in_memory) *)from, b = *(const NAMED(eight_in_memory) *)(from + stride);
  const NAMED(eight) c = *(const NAMED(eight_in_memory) *)(from + 2 * stride);
  const NAMED(eight) d = *(const NAMED(eight_in_memory) *)(from + 3 * stride);
  const NAMED(eight) ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
  const NAMED(eight) cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
  const NAMED(eight) ef = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  const NAMED(eight) gh = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
  const NAMED(eight) turned[4] = {__builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13),
                                  __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15),
                                  __builtin_shufflevector(ef, gh, 0, 1, 8, 9, 4, 5, 12, 13),
                                  __builtin_shufflevector(ef, gh, 2, 3, 10, 11, 6, 7, 14, 15)};
#pragma clang loop unroll(full)
  for (int64_t k = 0; k < 4; k++) {
    *(NAMED(four_in_memory) *)(to + k * width) = turned[k].lo;
    *(NAMED(four_in_memory) *)(to + (k + 4) * width) = turned[k].hi;
  }
}

/// out[k · width + i] = x[i · stride + k] for i < count and k < depth.
static void NAMED(interleave)(const float *x, int64_t stride, int64_t count, int64_t depth, int64_t width, float *out) {
  // Sixteen rows at a time: more streams than the processor's prefetcher follows would wait for memory.
  for (int64_t first = 0; first < count; first += 16) {
    const int64_t last = count - first < 16 ? count : first + 16, whole = first + (last - first) / 4 * 4;
    int64_t k = 0;
    for (; k + 8 <= depth; k += 8) {
      for (int64_t i = first; i < whole; i += 4) NAMED(turn)(x + i * stride + k, stride, out + k * width + i, width);
    }
    for (int64_t i = first; i < last; i++) {
      for (int64_t rest = i < whole ? k : 0; rest < depth; rest++) out[rest * width + i] = x[i * stride + rest];
    }
  }
}

/// Sets the columns that a panel has beyond its matrix to 0.
static inline void NAMED(pad)(int64_t count, int64_t depth, int64_t width, float *out) {
  for (int64_t k = 0; k < depth && count < width; k++) {
    for (int64_t i = count; i < width; i++) out[k * width + i] = 0.0f;
  }
}

/// out (= or +=) `rows` rows of A · `vectors` vectors of columns of B; rows · vectors ≤ SUMS. The sums of a column start at
/// start[column], or at 0 if it is NULL.
///
/// Element (i, k) of A is a[i · row_step + k · depth_step], row k of B starts at b[k · b_step]. If `looking_ahead`, `ahead` is what
/// the next tiles will read.
static inline __attribute__((always_inline)) void NAMED(multiply)(const int rows, const int vectors, const float *a,
                                                                  int64_t row_step, int64_t depth_step, const float *b,
                                                                  int64_t b_step, int64_t depth, const float *start, float *out,
                                                                  int64_t stride, int add, const int looking_ahead,
                                                                  const float *ahead) {
  vector sums[SUMS], first[4];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) first[j] = start != NULL ? load(start + j * LANES) : (vector)0.0f;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      sums[i * vectors + j] = first[j];
      if (looking_ahead) __builtin_prefetch(out + i * stride + j * LANES, 1);
    }
  }
#pragma clang loop unroll_count(4)
  for (int64_t k = 0; k < depth; k++) {
    if (looking_ahead) __builtin_prefetch(ahead + k, 0, 2);
    vector right[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = load(b + k * b_step + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      vector left = a[i * row_step + k * depth_step];
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sums[i * vectors + j] += left * right[j];
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      float *to = out + i * stride + j * LANES;
      store(to, add ? load(to) + sums[i * vectors + j] : sums[i * vectors + j]);
    }
  }
}
