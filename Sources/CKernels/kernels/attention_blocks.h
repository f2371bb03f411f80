// What attention forward and backward share: packed operands, and products with a block of scores.

enum {
  FORWARD_QUERIES = 24,  // of a block; a multiple of the rows of every tile
  FORWARD_KEYS = 384,    // a multiple of the vectors of every level
  BACKWARD_QUERIES = 72,
  BACKWARD_KEYS = 144,
  SCORES_STEP = 400,  // floats between rows of a block of scores: an odd number of cache lines, lest rows share few sets
  ROW_VALUES = (FORWARD_QUERIES + LANES - 1) / LANES * LANES,  // one for each query of a block, in whole vectors
  LARGEST_TILE = 24,                                           // rows, with one vector of columns
  // Sums of one row that a tile holds at most: with 16 registers, 3 vectors leave room for the operands.
  WIDEST = SUMS == 24 ? 4 : 3,
};

// ---- Packing

/// out[row][i] = x[row][i] · scale, rows padded with zeros to `padded` floats.
static void copy_rows(const float *x, int64_t stride, int64_t rows, int64_t width, float scale, float *out, int64_t padded) {
  for (int64_t row = 0; row < rows; row++, x += stride, out += padded) {
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) store(out + i, load(x + i) * scale);
    if (i < width) store(out + i, load_some(x + i, width - i) * scale);
    for (i = rounded_up(width, LANES); i < padded; i += LANES) store(out + i, (vector)0.0f);
  }
}

/// The first `width` floats of each padded row, times `scale`.
static void write_row(const float *x, int64_t width, float scale, float *out) {
  int64_t i = 0;
  for (; i + LANES <= width; i += LANES) store(out + i, load(x + i) * scale);
  if (i < width) store_some(out + i, load(x + i) * scale, width - i);
}

/// Vectors of columns that the next tiles hold, of `left` that are left: all as wide as possible, and about as wide as each
/// other.
static inline int64_t next_vectors(int64_t left) {
  const int64_t parts = (left + WIDEST - 1) / WIDEST;
  return (left + parts - 1) / parts;
}

/// Panels of a few vectors of rows of x: out[panel][i][row] = x[row][i], the last one filled with zeros.
static void pack_transposed(const float *x, int64_t stride, int64_t rows, int64_t width, float *out) {
  for (int64_t row = 0; row < rows;) {
    const int64_t panel = LANES * next_vectors((rows - row + LANES - 1) / LANES);
    const int64_t count = smaller(rows - row, panel);
    float *last = out + row * width + panel - LANES;
    for (int64_t i = 0; i < width && count < panel; i++) store(last + i * panel, (vector)0.0f);
    interleave(x + row * stride, stride, count, width, panel, out + row * width);
    row += panel;
  }
}

// ---- Products

/// One tile of a product, or only its upper half if that has all rows that are left. Rows of b are `b_step` floats apart, or as
/// wide as the tile if that is 0.
INLINE void attention_tile_of(const int vectors, int half, const float *a, int64_t row_step, int64_t depth_step, const float *b,
                              int64_t b_step, int64_t depth, float *out, int64_t stride, int add) {
  const int rows = SUMS / vectors;
  if (b_step == 0) b_step = vectors * LANES;
  if (half)
    multiply(rows / 2, vectors, a, row_step, depth_step, b, b_step, depth, 0, NULL, out, stride, add, 0, NULL);
  else
    multiply(rows, vectors, a, row_step, depth_step, b, b_step, depth, 0, NULL, out, stride, add, 0, NULL);
}

INLINE void attention_tile(int64_t vectors, int half, const float *a, int64_t row_step, int64_t depth_step, const float *b,
                           int64_t b_step, int64_t depth, float *out, int64_t stride, int add) {
  if (vectors == 4 && WIDEST >= 4)
    attention_tile_of(WIDEST, half, a, row_step, depth_step, b, b_step, depth, out, stride, add);
  else if (vectors == 3)
    attention_tile_of(3, half, a, row_step, depth_step, b, b_step, depth, out, stride, add);
  else if (vectors == 2)
    attention_tile_of(2, half, a, row_step, depth_step, b, b_step, depth, out, stride, add);
  else
    attention_tile_of(1, half, a, row_step, depth_step, b, b_step, depth, out, stride, add);
}

// A function per kind of product, so that steps known to the compiler are part of addresses, and a call per tile: inlined into
// a loop over tiles, dozens of addresses would be kept up to date on the stack.

static __attribute__((noinline)) void tile_of_scores(int64_t vectors, int half, const float *a, int64_t a_step, const float *b,
                                                     int64_t depth, float *out) {
  attention_tile(vectors, half, a, a_step, 1, b, 0, depth, out, SCORES_STEP, 0);
}

static __attribute__((noinline)) void tile_over_keys(int64_t vectors, int half, const float *p, const float *b, int64_t padded,
                                                     int64_t depth, float *out, int add) {
  attention_tile(vectors, half, p, SCORES_STEP, 1, b, padded, depth, out, padded, add);
}

static __attribute__((noinline)) void tile_over_queries(int64_t vectors, int half, const float *p, const float *b,
                                                        int64_t padded, int64_t depth, float *out, int add) {
  attention_tile(vectors, half, p, 1, SCORES_STEP, b, padded, depth, out, padded, add);
}

/// scores[row][key] = a[row] · (packed key).
static void scores(const float *a, int64_t a_step, int64_t rows, const float *packed, int64_t keys, int64_t width,
                   float *scores, rows_ahead *ahead) {
  for (int64_t key = 0; key < keys;) {
    const int64_t vectors = next_vectors((keys - key + LANES - 1) / LANES), tile = SUMS / vectors;
    for (int64_t row = 0; row < rows; row += tile) {
      fetch_rows(ahead, SUMS * LANES * width);
      tile_of_scores(vectors, rows - row <= tile / 2, a + row * a_step, a_step, packed + key * width, width,
                     scores + row * SCORES_STEP + key);
    }
    key += vectors * LANES;
  }
}

/// Rows of the block of scores weigh keys: out[query] (= or +=) Σ over keys of p[query][key] · b[key].
static void sum_keys(const float *p, int64_t queries, const float *b, int64_t padded, int64_t keys, float *out, int add,
                     rows_ahead *ahead) {
  for (int64_t column = 0; column < padded;) {
    const int64_t vectors = next_vectors((padded - column) / LANES), tile = SUMS / vectors;
    for (int64_t row = 0; row < queries; row += tile) {
      fetch_rows(ahead, SUMS * LANES * keys);
      tile_over_keys(vectors, queries - row <= tile / 2, p + row * SCORES_STEP, b + column, padded, keys,
                     out + row * padded + column, add);
    }
    column += vectors * LANES;
  }
}

/// Columns of the block of scores weigh queries: out[key] (= or +=) Σ over queries of p[query][key] · b[query].
static void sum_queries(const float *p, int64_t keys, const float *b, int64_t padded, int64_t queries, float *out, int add,
                        rows_ahead *ahead) {
  for (int64_t column = 0; column < padded;) {
    const int64_t vectors = next_vectors((padded - column) / LANES), tile = SUMS / vectors;
    for (int64_t key = 0; key < keys; key += tile) {
      fetch_rows(ahead, SUMS * LANES * queries);
      tile_over_queries(vectors, keys - key <= tile / 2, p + key, b + column, padded, queries, out + key * padded + column,
                        add);
    }
    column += vectors * LANES;
  }
}
