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

typedef float NAMED(four) __attribute__((ext_vector_type(4)));
typedef float NAMED(four_in_memory) __attribute__((ext_vector_type(4), aligned(4), may_alias));

/// out[k · width + i] = x[i · stride + k] for i < count and k < depth.
static void NAMED(interleave)(const float *x, int64_t stride, int64_t count, int64_t depth, int64_t width, float *out) {
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const float *from = x + i * stride + k;
      float *to = out + k * width + i;
      NAMED(four) a = *(const NAMED(four_in_memory) *)from, b = *(const NAMED(four_in_memory) *)(from + stride);
      NAMED(four) c = *(const NAMED(four_in_memory) *)(from + 2 * stride), d = *(const NAMED(four_in_memory) *)(from + 3 * stride);
      NAMED(four) ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      *(NAMED(four_in_memory) *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
      *(NAMED(four_in_memory) *)(to + width) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
      ab = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      *(NAMED(four_in_memory) *)(to + 2 * width) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
      *(NAMED(four_in_memory) *)(to + 3 * width) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    }
    for (; i < count; i++) {
      for (int64_t step = 0; step < 4; step++) out[(k + step) * width + i] = x[i * stride + k + step];
    }
  }
  for (; k < depth; k++) {
    for (int64_t i = 0; i < count; i++) out[k * width + i] = x[i * stride + k];
  }
}

/// Sets the columns that a panel has beyond its matrix to 0.
static void NAMED(pad)(int64_t count, int64_t depth, int64_t width, float *out) {
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
