// What attention forward and backward share: packed operands, and products with a block of scores whose rows are KEY_BLOCK
// floats apart. Included once per level.

// Sums of one row that a tile holds at most: with 16 registers, 3 vectors leave room for the operands.
#undef WIDEST
#define WIDEST (SUMS == 24 ? 4 : 3)

// ---- Packing

/// out[row][i] = x[row][i] · scale, rows padded with zeros to `padded` floats.
static void NAMED(copy_rows)(const float *x, int64_t stride, int64_t rows, int64_t width, float scale, float *out,
                             int64_t padded) {
  for (int64_t row = 0; row < rows; row++, x += stride, out += padded) {
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) store(out + i, load(x + i) * scale);
    if (i < width) store(out + i, load_some(x + i, width - i) * scale);
    for (i = rounded_up(width, LANES); i < padded; i += LANES) store(out + i, (vector)0.0f);
  }
}

/// The first `width` floats of each padded row, times `scale`.
static void NAMED(write_row)(const float *x, int64_t width, float scale, float *out) {
  int64_t i = 0;
  for (; i + LANES <= width; i += LANES) store(out + i, load(x + i) * scale);
  if (i < width) store_some(out + i, load(x + i) * scale, width - i);
}

/// Fetches rows that will be written once the products are done, while these run.
static void NAMED(expect_rows)(float *x, int64_t stride, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < width; i += 16) __builtin_prefetch(x + row * stride + i, 1);
  }
}

/// Panels of COLUMNS rows of x: out[panel][i][row] = x[row][i], the last one filled with zeros.
static void NAMED(pack_transposed)(const float *x, int64_t stride, int64_t rows, int64_t width, float *out) {
  for (int64_t row = 0; row < rows; row += COLUMNS) {
    const int64_t count = smaller(rows - row, COLUMNS);
    NAMED(interleave)(x + row * stride, stride, count, width, COLUMNS, out + row * width);
    NAMED(pad)(count, width, COLUMNS, out + row * width);
  }
}

// ---- Products

/// scores[row][key] = a[row] · (packed key), for the keys of one block.
static void NAMED(scores)(const float *a, int64_t a_stride, int64_t rows, const float *packed, int64_t keys, int64_t width,
                          float *scores) {
  for (int64_t key = 0; key < keys; key += COLUMNS) {
    const float *b = packed + key * width;
    const int64_t vectors = (smaller(keys - key, COLUMNS) + LANES - 1) / LANES;
    for (int64_t row = 0; row < rows; row += SUMS / 3) {
      const float *left = a + row * a_stride;
      float *out = scores + row * KEY_BLOCK + key;
      if (vectors == 3)
        NAMED(multiply)(SUMS / 3, 3, left, a_stride, 1, b, COLUMNS, width, NULL, out, KEY_BLOCK, 0, 0, NULL);
      else if (vectors == 2)
        NAMED(multiply)(SUMS / 3, 2, left, a_stride, 1, b, COLUMNS, width, NULL, out, KEY_BLOCK, 0, 0, NULL);
      else
        NAMED(multiply)(SUMS / 3, 1, left, a_stride, 1, b, COLUMNS, width, NULL, out, KEY_BLOCK, 0, 0, NULL);
    }
  }
}

static inline __attribute__((always_inline)) void NAMED(sum_columns)(const int vectors, const float *p, int64_t row_step,
                                                                     int64_t depth_step, int64_t rows, const float *b,
                                                                     int64_t padded, int64_t depth, float *out, int add) {
  const int tile = SUMS / vectors;
  for (int64_t row = 0; row < rows; row += tile)
    NAMED(multiply)
  (tile, vectors, p + row * row_step, row_step, depth_step, b, padded, depth, NULL, out + row * padded, padded, add, 0, NULL);
}

/// out[row] (= or +=) Σ over k of p(row, k) · b[k]: the weighted sums of an attention, all columns.
static inline __attribute__((always_inline)) void NAMED(sum_rows)(const float *p, int64_t row_step, int64_t depth_step,
                                                                  int64_t rows, const float *b, int64_t padded, int64_t depth,
                                                                  float *out, int add) {
  const int64_t all = padded / LANES;
  int64_t parts = (all + WIDEST - 1) / WIDEST;
  for (int64_t done = 0; done < all; parts--) {
    const int64_t vectors = (all - done + parts - 1) / parts, column = done * LANES;
    if (vectors == 4 && WIDEST >= 4)
      NAMED(sum_columns)(WIDEST, p, row_step, depth_step, rows, b + column, padded, depth, out + column, add);
    else if (vectors == 3)
      NAMED(sum_columns)(3, p, row_step, depth_step, rows, b + column, padded, depth, out + column, add);
    else if (vectors == 2)
      NAMED(sum_columns)(2, p, row_step, depth_step, rows, b + column, padded, depth, out + column, add);
    else
      NAMED(sum_columns)(1, p, row_step, depth_step, rows, b + column, padded, depth, out + column, add);
    done += vectors;
  }
}

/// Rows of the block of scores weigh keys.
static __attribute__((noinline)) void NAMED(sum_keys)(const float *p, int64_t queries, const float *b, int64_t padded,
                                                      int64_t keys, float *out, int add) {
  NAMED(sum_rows)(p, KEY_BLOCK, 1, queries, b, padded, keys, out, add);
}

/// Columns of the block of scores weigh queries.
static __attribute__((noinline)) void NAMED(sum_queries)(const float *p, int64_t keys, const float *b, int64_t padded,
                                                         int64_t queries, float *out, int add) {
  NAMED(sum_rows)(p, 1, KEY_BLOCK, keys, b, padded, queries, out, add);
}
