// Products of matrices, with what follows a product in a layer fused into its last pass.
//
// Loops from the outside: blocks of the depth, groups of columns (packed into panels, they stay in the second-level cache),
// blocks of rows, tiles of ROWS × COLUMNS whose sums stay in registers. Blocks of the depth are a function of the depth alone,
// and every element of C is the sum over these blocks, in order, of one chain of additions each: results have the same bits for
// any way of cutting C.
//
// If operands are rounded to bfloat16, panels of B are rounded once they are packed, and rows of A are packed as rows; both hold
// pairs from then on. All else is the same.

enum {
  ROWS = SUMS / 3,
  COLUMNS = 3 * LANES,
  PANEL_ROWS = 16,  // packed rows of A: a cache line, which tiles share
  PANEL_VECTORS = PANEL_ROWS / LANES,
  LARGEST_GROUP = 192 * 800,  // floats of packed B: half of a second-level cache of 1.25 MB
  DEEPEST_BLOCK = 800,
  DEEPEST_TRANSPOSED_BLOCK = 400,  // shallower, so that a group is wider and A is packed less often
  BLOCK_ROWS = 96,
  TRANSPOSED_BLOCK_ROWS = 48,  // fewer: packed rows are then still in the first two levels of cache when they are read
};

static int64_t block_depth(const mae_gemm *product) {
  const int64_t deepest = product->a_transposed ? DEEPEST_TRANSPOSED_BLOCK : DEEPEST_BLOCK, depth = product->depth;
  const int64_t blocks = (depth + deepest - 1) / deepest;
  return blocks <= 1 ? depth : ((depth + blocks - 1) / blocks + 15) / 16 * 16;
}

/// Elements of a block of the depth: numbers, or pairs of them.
static inline int64_t elements(const mae_gemm *product, int64_t depth) {
  return product->rounds_to_bf16 ? (depth + 1) / 2 : depth;
}

// ---- Packing

/// out[panel][k][i] = x[k · stride + panel · width + i] for i < width and k < depth, `count` columns in all; panels are whole
/// vectors wide.
INLINE void pack_panels(const float *x, int64_t stride, int64_t count, int64_t depth, const int64_t width, float *out) {
  // A few rows at a time: reads then run along the rows, and each panel is written in pieces. Rows whose distance is a multiple
  // of 4 KiB share a set of the first-level cache, which holds eight lines.
  for (int64_t k = 0; k < depth; k += 8) {
    const int64_t end = smaller(k + 8, depth);
    int64_t first = 0;
    for (int64_t row = end; row < smaller(end + 8, depth); row++) {
      for (int64_t i = 0; i < count; i += 16) __builtin_prefetch(x + row * stride + i);
    }
    for (; first + width <= count; first += width) {
      for (int64_t row = k; row < end; row++) {
#pragma clang loop unroll(full)
        for (int64_t i = 0; i < width; i += LANES)
          store(out + first * depth + row * width + i, load(x + row * stride + first + i));
      }
    }
    for (int64_t row = k; row < end && first < count; row++)
      memcpy(out + first * depth + row * width, x + row * stride + first, (size_t)(count - first) * sizeof(float));
  }
}

static void pack_floats_of_columns(const mae_gemm *product, int64_t k, int64_t deep, int64_t column, int64_t columns,
                                   float *out) {
  if (product->b_transposed) {
    for (int64_t first = 0; first < columns; first += COLUMNS)
      interleave(product->b + (column + first) * product->b_stride + k, product->b_stride, smaller(columns - first, COLUMNS),
                 deep, COLUMNS, out + first * deep);
  } else {
    pack_panels(product->b + k * product->b_stride + column, product->b_stride, columns, deep, COLUMNS, out);
  }
  const int64_t whole = columns / COLUMNS * COLUMNS;
  if (whole < columns) pad(columns - whole, deep, COLUMNS, out + whole * deep);
}

/// Packs columns of B, in panels of COLUMNS. Rounded ones need room for one panel more while they are packed.
static void pack_columns(const mae_gemm *product, int64_t k, int64_t deep, int64_t column, int64_t columns, float *out) {
  if (!product->rounds_to_bf16) {
    pack_floats_of_columns(product, k, deep, column, columns, out);
    return;
  }
  for (int64_t first = 0; first < columns; first += COLUMNS) {
    float *panel = out + first * elements(product, deep);
    pack_floats_of_columns(product, k, deep, column + first, smaller(columns - first, COLUMNS), panel);
    make_pairs(panel, deep, COLUMNS);
  }
}

/// Floats between packed rows of pairs.
static inline int64_t pairs_step(int64_t deep) { return rounded_up(deep, 32) / 2; }

/// Rounds rows of A and packs them as rows of pairs, up to whole tiles.
static void pack_pairs_of_rows(const mae_gemm *product, int64_t k, int64_t deep, int64_t row, int64_t rows, float *out) {
  const int64_t step = pairs_step(deep);
  const float *x = product->a + row * product->a_stride + k;
  int64_t stride = product->a_stride;
  if (product->a_transposed) {
    float *turned = out + TRANSPOSED_BLOCK_ROWS * DEEPEST_TRANSPOSED_BLOCK;
    interleave(product->a + k * stride + row, stride, deep, rows, deep, turned);
    x = turned;
    stride = deep;
  }
  for (int64_t i = 0; i < rows; i++) pair_row(x + i * stride, deep, out + i * step);
  memset(out + rows * step, 0, (size_t)((rounded_up(rows, ROWS) - rows) * step) * sizeof(float));
}

/// Packs rows of A, in panels of PANEL_ROWS: all of them if they are transposed; else those that do not fill a tile, since a
/// tile reads ROWS rows.
static void pack_rows(const mae_gemm *product, int64_t k, int64_t deep, int64_t row, int64_t rows, float *out) {
  const int64_t stride = product->a_stride;
  if (product->a_transposed) {
    const int64_t whole = rows / PANEL_ROWS * PANEL_ROWS;
    pack_panels(product->a + k * stride + row, stride, rows, deep, PANEL_ROWS, out);
    if (whole < rows) pad(rows - whole, deep, PANEL_ROWS, out + whole * deep);
  } else if (rows % ROWS != 0) {
    const int64_t whole = rows / ROWS * ROWS;
    interleave(product->a + (row + whole) * stride + k, stride, rows - whole, deep, PANEL_ROWS, out);
    pad(rows - whole, deep, PANEL_ROWS, out);
  }
}

/// Where the tile at a row of a block finds its rows packed; NULL if it reads them from A.
static inline const float *packed_tile(const mae_gemm *product, const float *packed, int64_t row, int64_t rows, int64_t deep) {
  if (product->rounds_to_bf16) return packed + row * pairs_step(deep);
  if (product->a_transposed) return packed + row / PANEL_ROWS * PANEL_ROWS * deep + row % PANEL_ROWS;
  return rows < ROWS ? packed : NULL;
}

/// sums[row] += the sum of a row of packed transposed A.
static void add_row_sums(const float *packed, int64_t rows, int64_t depth, float *sums) {
  for (int64_t row = 0; row < rows; row += PANEL_ROWS) {
    const float *a = packed + row * depth;
    vector odd[PANEL_VECTORS] = {0}, even[PANEL_VECTORS] = {0};
    int64_t k = 0;
    for (; k + 2 <= depth; k += 2) {
#pragma clang loop unroll(full)
      for (int i = 0; i < PANEL_VECTORS; i++) {
        even[i] += load(a + k * PANEL_ROWS + i * LANES);
        odd[i] += load(a + (k + 1) * PANEL_ROWS + i * LANES);
      }
    }
    float total[PANEL_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < PANEL_VECTORS; i++) {
      if (k < depth) even[i] += load(a + k * PANEL_ROWS + i * LANES);
      store(total + i * LANES, even[i] + odd[i]);
    }
    for (int64_t i = 0; i < smaller(PANEL_ROWS, rows - row); i++) sums[row + i] += total[i];
  }
}

// ---- Tiles

static __attribute__((noinline)) void multiply_packed(const float *a, const float *b, int64_t depth, const float *start,
                                                      float *out, int64_t stride, int add, int vectors, const float *ahead) {
  if (vectors == 3)
    multiply(ROWS, 3, a, 1, PANEL_ROWS, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
  else if (vectors == 2)
    multiply(ROWS, 2, a, 1, PANEL_ROWS, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
  else
    multiply(ROWS, 1, a, 1, PANEL_ROWS, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
}

static __attribute__((noinline)) void multiply_rows(const float *a, int64_t a_stride, const float *b, int64_t depth,
                                                    const float *start, float *out, int64_t stride, int add, int vectors,
                                                    const float *ahead) {
  if (vectors == 3)
    multiply(ROWS, 3, a, a_stride, 1, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
  else if (vectors == 2)
    multiply(ROWS, 2, a, a_stride, 1, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
  else
    multiply(ROWS, 1, a, a_stride, 1, b, COLUMNS, depth, 0, start, out, stride, add, 1, ahead);
}

static __attribute__((noinline)) void multiply_pairs(const float *a, int64_t a_step, const float *b, int64_t depth,
                                                     const float *start, float *out, int64_t stride, int add, int vectors) {
  if (vectors == 3)
    multiply(ROWS, 3, a, a_step, 1, b, COLUMNS, depth, 1, start, out, stride, add, 0, NULL);
  else if (vectors == 2)
    multiply(ROWS, 2, a, a_step, 1, b, COLUMNS, depth, 1, start, out, stride, add, 0, NULL);
  else
    multiply(ROWS, 1, a, a_step, 1, b, COLUMNS, depth, 1, start, out, stride, add, 0, NULL);
}

// ---- What follows a product

/// Whether anything but the bias, which sums start at, follows the last block of the depth.
static int has_epilogue(const mae_gemm *product) {
  return product->slope_of != NULL || product->residual != NULL || product->activated != NULL;
}

/// Whole vectors of a row, one kind of work after the other: most layers have one.
static void epilogue_of_vectors(const mae_gemm *product, int64_t at, int64_t columns) {
  float *c = product->c + at;
  vector slope;
  if (product->slope_of != NULL) {
    for (int64_t j = 0; j < columns; j += LANES) {
      vector activation = gelu_of(load(product->slope_of + at + j), &slope);
      store(c + j, load(c + j) * slope);
      if (product->activates_slope_of) store(product->slope_of + at + j, activation);
    }
  }
  if (product->residual != NULL) {
    for (int64_t j = 0; j < columns; j += LANES) store(c + j, load(c + j) + load(product->residual + at + j));
  }
  if (product->activated != NULL) {
    for (int64_t j = 0; j < columns; j += LANES) store(product->activated + at + j, gelu_of(load(c + j), &slope));
  }
}

/// The columns of a row that do not fill a vector.
static void epilogue_of_rest(const mae_gemm *product, int64_t at, int64_t columns) {
  vector value = load_some(product->c + at, columns), slope;
  if (product->slope_of != NULL) {
    vector activation = gelu_of(load_some(product->slope_of + at, columns), &slope);
    value *= slope;
    if (product->activates_slope_of) store_some(product->slope_of + at, activation, columns);
  }
  if (product->residual != NULL) value += load_some(product->residual + at, columns);
  store_some(product->c + at, value, columns);
  if (product->activated != NULL) store_some(product->activated + at, gelu_of(value, &slope), columns);
}

static void epilogue(const mae_gemm *product, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  const int64_t whole = columns / LANES * LANES;
  for (int64_t end = row + rows; row < end; row++) {
    const int64_t at = row * product->c_stride + column;
    epilogue_of_vectors(product, at, whole);
    if (whole < columns) epilogue_of_rest(product, at + whole, columns - whole);
  }
}

static inline void prefetch_rows(const float *x, int64_t stride, int64_t rows, int64_t columns, const int write) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j += 16) {
      if (write)
        __builtin_prefetch(x + i * stride + j, 1);
      else
        __builtin_prefetch(x + i * stride + j, 0);
    }
  }
}

/// Fetches what will follow a tile before its product starts.
static void prefetch_epilogue(const mae_gemm *product, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  const int64_t stride = product->c_stride, at = row * stride + column;
  if (product->slope_of != NULL) prefetch_rows(product->slope_of + at, stride, rows, columns, 0);
  if (product->residual != NULL) prefetch_rows(product->residual + at, stride, rows, columns, 0);
  if (product->activated != NULL) prefetch_rows(product->activated + at, stride, rows, columns, 1);
}

// ---- Blocks

/// One tile; one that is not full goes through a buffer.
static inline void multiply_tile(const mae_gemm *product, const float *packed_a, const float *b, int64_t row, int64_t rows,
                                 int64_t column, int64_t columns, int64_t k, int64_t deep, const float *ahead) {
  float *c = product->c + row * product->c_stride + column;
  const int add = k > 0 || product->accumulate, vectors = (int)((columns + LANES - 1) / LANES);
  const int full = rows == ROWS && columns % LANES == 0;
  float edge[ROWS * COLUMNS], bias[COLUMNS];
  const float *start = k == 0 && product->bias != NULL ? product->bias + column : NULL;
  if (start != NULL && columns % LANES != 0) start = memcpy(bias, start, (size_t)columns * sizeof(float));
  float *out = full ? c : edge;
  const int64_t stride = full ? product->c_stride : COLUMNS;
  if (!full && add) {
    for (int64_t i = 0; i < rows; i++) memcpy(edge + i * COLUMNS, c + i * product->c_stride, (size_t)columns * sizeof(float));
  }
  if (product->rounds_to_bf16)
    multiply_pairs(packed_a, pairs_step(deep), b, elements(product, deep), start, out, stride, add, vectors);
  else if (packed_a != NULL)
    multiply_packed(packed_a, b, deep, start, out, stride, add, vectors, ahead);
  else
    multiply_rows(product->a + row * product->a_stride + k, product->a_stride, b, deep, start, out, stride, add, vectors,
                  ahead);
  if (!full) {
    for (int64_t i = 0; i < rows; i++) memcpy(c + i * product->c_stride, edge + i * COLUMNS, (size_t)columns * sizeof(float));
  }
}

/// Fetches share `part` of `parts` of what the next block of transposed A will be packed from.
static inline void prefetch_block(const float *next, int64_t stride, int64_t rows, int64_t depth, int64_t part, int64_t parts) {
  for (int64_t k = depth * part / parts, end = depth * (part + 1) / parts; k < end; k++) {
    for (int64_t row = 0; row < rows; row += 16) __builtin_prefetch(next + k * stride + row, 0, 2);
  }
}

/// Rows first_row ..< last_row of a group of packed columns, over one block of the depth.
static void multiply_group(const mae_gemm *product, int64_t first_row, int64_t last_row, int64_t column, int64_t columns,
                           int64_t k, int64_t deep, const float *packed_b, float *packed_a) {
  const int follows = k + deep == product->depth && has_epilogue(product);
  const int64_t panels = (columns + COLUMNS - 1) / COLUMNS;
  const int64_t step = product->a_transposed ? TRANSPOSED_BLOCK_ROWS : BLOCK_ROWS;
  for (int64_t block = first_row; block < last_row; block += step) {
    const int64_t rows = smaller(last_row - block, step);
    if (product->rounds_to_bf16)
      pack_pairs_of_rows(product, k, deep, block, rows, packed_a);
    else
      pack_rows(product, k, deep, block, rows, packed_a);
    if (column == 0 && product->a_sums != NULL) {
      if (product->rounds_to_bf16)
        column_sums(product->a + k * product->a_stride + block, deep, rows, product->a_stride, product->a_sums + block);
      else
        add_row_sums(packed_a, rows, deep, product->a_sums + block);
    }
    const int64_t next_rows = product->a_transposed ? smaller(last_row - block - rows, step) : 0;
    const int64_t parts = (rows + ROWS - 1) / ROWS * panels;
    for (int64_t row = 0; row < rows; row += ROWS) {
      const int64_t count = smaller(rows - row, ROWS);
      const float *a = packed_tile(product, packed_a, row, count, deep);
      for (int64_t panel = 0; panel < panels; panel++) {
        const int64_t first = panel * COLUMNS, width = smaller(columns - first, COLUMNS);
        // Rows of the next tile, a share for each panel.
        const int64_t next_row = block + row + ROWS + panel * ROWS / panels;
        const float *ahead = a != NULL ? packed_b : product->a + next_row * product->a_stride + k;
        if (follows) prefetch_epilogue(product, block + row, count, column + first, width);
        if (next_rows > 0) {
          const float *next = product->a + k * product->a_stride + block + rows;
          prefetch_block(next, product->a_stride, next_rows, deep, row / ROWS * panels + panel, parts);
        }
        const float *b = packed_b + first * elements(product, deep);
        multiply_tile(product, a, b, block + row, count, column + first, width, k, deep, ahead);
        if (follows) epilogue(product, block + row, count, column + first, width);
      }
    }
  }
}

static int64_t gemm_scratch(void) { return LARGEST_GROUP + BLOCK_ROWS * DEEPEST_BLOCK; }

static void gemm_block(const mae_gemm *product, int64_t first_row, int64_t last_row, int64_t first_column, int64_t last_column,
                       float *scratch) {
  const int64_t block = block_depth(product), panels = LARGEST_GROUP / COLUMNS / elements(product, block);
  const int64_t group = (product->rounds_to_bf16 ? panels - 1 : panels) * COLUMNS;
  for (int64_t k = 0; k < product->depth; k += block) {
    const int64_t deep = smaller(product->depth - k, block);
    for (int64_t column = first_column; column < last_column; column += group) {
      const int64_t columns = smaller(last_column - column, group);
      pack_columns(product, k, deep, column, columns, scratch);
      multiply_group(product, first_row, last_row, column, columns, k, deep, scratch, scratch + LARGEST_GROUP);
    }
  }
}
