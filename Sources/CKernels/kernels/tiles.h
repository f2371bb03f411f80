// Packing and register tiles, shared by products and attention.

enum {
// Sums that fit the registers next to a vector of each operand: 24 vectors of 32, 12 of 16.
#if LANES == 16 || defined(__aarch64__)
  SUMS = 24,
#else
  SUMS = 12,
#endif
};

typedef float four_in_memory __attribute__((ext_vector_type(4), aligned(4), may_alias));
typedef float eight __attribute__((ext_vector_type(8)));
typedef float eight_in_memory __attribute__((ext_vector_type(8), aligned(4), may_alias));

/// Transposes 4 rows of 8 floats: two blocks of 4 × 4 side by side.
static inline void transpose_4x8(const float *from, int64_t stride, float *to, int64_t width) {
  const eight a = *(const eight_in_memory *)from, b = *(const eight_in_memory *)(from + stride);
  const eight c = *(const eight_in_memory *)(from + 2 * stride);
  const eight d = *(const eight_in_memory *)(from + 3 * stride);
  const eight ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
  const eight cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
  const eight ef = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  const eight gh = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
  const eight columns[4] = {
      __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13), __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15),
      __builtin_shufflevector(ef, gh, 0, 1, 8, 9, 4, 5, 12, 13), __builtin_shufflevector(ef, gh, 2, 3, 10, 11, 6, 7, 14, 15)};
#pragma clang loop unroll(full)
  for (int64_t k = 0; k < 4; k++) {
    *(four_in_memory *)(to + k * width) = columns[k].lo;
    *(four_in_memory *)(to + (k + 4) * width) = columns[k].hi;
  }
}

/// out[k · width + i] = x[i · stride + k] for i < count and k < depth.
static void interleave(const float *x, int64_t stride, int64_t count, int64_t depth, int64_t width, float *out) {
  // Sixteen rows at a time: more streams than the processor's prefetcher follows would wait for memory.
  for (int64_t first = 0; first < count; first += 16) {
    const int64_t last = count - first < 16 ? count : first + 16, whole = first + (last - first) / 4 * 4;
    int64_t k = 0;
    for (; k + 8 <= depth; k += 8) {
      for (int64_t i = first; i < whole; i += 4) transpose_4x8(x + i * stride + k, stride, out + k * width + i, width);
    }
    for (int64_t i = first; i < last; i++) {
      for (int64_t rest = i < whole ? k : 0; rest < depth; rest++) out[rest * width + i] = x[i * stride + rest];
    }
  }
}

/// Sets the columns that a panel has beyond its matrix to 0.
static inline void pad(int64_t count, int64_t depth, int64_t width, float *out) {
  for (int64_t k = 0; k < depth && count < width; k++) {
    for (int64_t i = count; i < width; i++) out[k * width + i] = 0.0f;
  }
}

/// out (= or +=) `rows` rows of A · `vectors` vectors of columns of B; rows · vectors ≤ SUMS. The sums of a column start at
/// start[column], or at 0 if it is NULL.
///
/// Element (i, k) of A is a[i · row_step + k · depth_step], row k of B starts at b[k · b_step]. If `of_pairs`, an element is
/// two numbers of pairs.h. If `looking_ahead`, `ahead` is what the next tiles will read.
INLINE void multiply(const int rows, const int vectors, const float *a, int64_t row_step, int64_t depth_step, const float *b,
                     int64_t b_step, int64_t depth, const int of_pairs, const float *start, float *out, int64_t stride, int add,
                     const int looking_ahead, const float *ahead) {
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
      for (int j = 0; j < vectors; j++) {
        if (of_pairs)
          sums[i * vectors + j] = add_products_of_pairs(sums[i * vectors + j], left, right[j]);
        else
          sums[i * vectors + j] += left * right[j];
      }
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
