// Attention of one head, forward and backward, blocked over queries and keys (Dao et al. 2022, FlashAttention): backward
// computes probabilities again from the logarithm of each row's sum.
//
// Scores of a block of queries and a block of keys are a product of register tiles; they stay in the cache for the softmax and
// for the products that use them. Operands are packed with rows padded to whole vectors, so any head width and stride will do.

/// Drops values of one query's row of a block, the same ones whenever it is called; what lies behind the last key does not
/// matter.
static void drop_keys(float *row, const mae_attention_head *head, int64_t query, int64_t key, int64_t keys) {
  if (head->dropout.threshold == 0) return;
  const uint32_t first = (uint32_t)(query * head->keys + key);
  for (int64_t i = 0; i < keys; i += LANES) store(row + i, load(row + i) * kept(&head->dropout, first + (uint32_t)i));
}

// ---- Forward

/// What forward lays out: keys and values of the head, and a block of queries with what becomes of it.
typedef struct {
  float *packed_k, *packed_v, *q, *weights, *sums;
  float *shift, *total;  // of each query
} forward_tables;

static forward_tables carve_forward(room *room, int64_t keys, int64_t width) {
  const int64_t padded = rounded_up(width, LANES);
  forward_tables t;
  t.packed_k = take(room, rounded_up(keys, LANES) * width);
  t.packed_v = take(room, keys * padded);
  t.q = take(room, FORWARD_QUERIES * padded);
  t.weights = take(room, FORWARD_QUERIES * SCORES_STEP);
  t.sums = take(room, FORWARD_QUERIES * padded);
  t.shift = take(room, ROW_VALUES);
  t.total = take(room, ROW_VALUES);
  return t;
}

static void attention_forward(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum, float *scratch) {
  const int64_t width = head->head_width, padded = rounded_up(width, LANES), keys = head->keys;
  room room = {.start = scratch};
  const forward_tables t = carve_forward(&room, head->keys, width);
  rows_ahead ahead = {.width = width};
  expect_next(&ahead, head, head->q, head->q_stride, head->queries);
  expect_next(&ahead, head, head->v, head->v_stride, keys);
  expect_next(&ahead, head, head->k, head->k_stride, keys);
  expect(&ahead, o, o_stride, head->queries);
  spread_over(&ahead, head, 2);
  for (int64_t key = 0; key < keys; key += FORWARD_KEYS) {
    pack_transposed(head->k + key * head->k_stride, head->k_stride, smaller(keys - key, FORWARD_KEYS), width,
                    t.packed_k + key * width);
  }
  copy_rows(head->v, head->v_stride, keys, width, 1.0f, t.packed_v, padded);
  for (int64_t query = 0; query < head->queries; query += FORWARD_QUERIES) {
    const int64_t queries = smaller(head->queries - query, FORWARD_QUERIES);
    copy_rows(head->q + query * head->q_stride, head->q_stride, queries, width, head->scale * log2_e, t.q, padded);
    for (int64_t row = 0; row < ROW_VALUES; row++) {
      t.shift[row] = -1e30f;  // not infinite: all scores of a block may be −∞
      t.total[row] = 0.0f;
    }
    for (int64_t key = 0; key < keys; key += FORWARD_KEYS) {
      const int64_t count = smaller(keys - key, FORWARD_KEYS);
      scores(t.q, padded, queries, t.packed_k + key * width, count, width, t.weights, &ahead);
      for (int64_t row = 0; row < queries && head->bias != NULL; row++)
        add_bias_to_scores(t.weights + row * SCORES_STEP, head->bias + (query + row) * head->bias_stride + key, count);
      softmax_block(t.weights, queries, count, t.shift, t.total, t.sums, padded);
      for (int64_t row = 0; row < queries; row++) drop_keys(t.weights + row * SCORES_STEP, head, query + row, key, count);
      sum_keys(t.weights, queries, t.packed_v + key * padded, padded, count, t.sums, key > 0, &ahead);
    }
    finish_softmax(t.shift, t.total, queries, log_sum + query);
    for (int64_t row = 0; row < queries; row++)
      write_row(t.sums + row * padded, width, t.total[row], o + (query + row) * o_stride);
  }
}

// ---- Backward

/// What backward lays out: queries of the head, and a block of keys with what becomes of it.
typedef struct {
  float *q, *d_out, *q_sums;
  float *packed_k, *packed_v, *k, *k_sums, *v_sums;
  float *p, *ds;  // weights of a block, and derivatives of its scores
  float *mean;    // of each query
} backward_tables;

static backward_tables carve_backward(room *room, int64_t queries, int64_t keys, int64_t width) {
  const int64_t padded = rounded_up(width, LANES), all = rounded_up(queries, LARGEST_TILE);
  const int64_t block = rounded_up(smaller(keys, BACKWARD_KEYS), 2 * LARGEST_TILE);
  const int64_t scores = rounded_up(smaller(queries, BACKWARD_QUERIES), LARGEST_TILE) * SCORES_STEP;
  backward_tables t;
  t.q = take(room, all * padded);
  t.d_out = take(room, all * padded);
  t.q_sums = take(room, all * padded);
  t.packed_k = take(room, block * width);
  t.packed_v = take(room, block * width);
  t.k = take(room, block * padded);
  t.k_sums = take(room, block * padded);
  t.v_sums = take(room, block * padded);
  t.p = take(room, scores);
  t.ds = take(room, scores);
  t.mean = take(room, all);
  return t;
}

/// Σ x · y; the padding of y is 0.
static float padded_dot(const float *x, const float *y, int64_t count) {
  vector sum = 0.0f;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) sum += load(x + i) * load(y + i);
  if (i < count) sum += load_some(x + i, count - i) * load(y + i);
  return sum_of_lanes(sum);
}

// With P = softmax(S), S = scale · Q Kᵀ + bias and O = P V:
// dV = Pᵀ dO, dP = dO Vᵀ, dS = P (dP − rowsum(dO O)), dQ = scale · dS K, dK = dSᵀ (scale · Q), dbias = dS.
// With dropout O = (P ⊙ D) V: dV = (P ⊙ D)ᵀ dO, dP = D ⊙ (dO Vᵀ), the rest as before.
static void attention_backward(const mae_attention_head *head, const mae_attention_gradients *g, float *scratch) {
  const int64_t width = head->head_width, padded = rounded_up(width, LANES), queries = head->queries;
  room room = {.start = scratch};
  const backward_tables t = carve_backward(&room, queries, head->keys, width);
  rows_ahead ahead = {.width = width};
  expect_next(&ahead, head, head->q, head->q_stride, queries);
  expect_next(&ahead, head, g->d_o, g->o_stride, queries);
  expect_next(&ahead, head, g->o, g->o_stride, queries);
  expect_next(&ahead, head, head->v, head->v_stride, head->keys);
  expect_next(&ahead, head, head->k, head->k_stride, head->keys);
  expect(&ahead, g->dq, g->dq_stride, queries);
  expect(&ahead, g->dv, g->dv_stride, head->keys);
  expect(&ahead, g->dk, g->dk_stride, head->keys);
  spread_over(&ahead, head, 5);
  copy_rows(head->q, head->q_stride, queries, width, head->scale * log2_e, t.q, padded);
  copy_rows(g->d_o, g->o_stride, queries, width, 1.0f, t.d_out, padded);
  for (int64_t row = 0; row < queries; row++) t.mean[row] = padded_dot(g->o + row * g->o_stride, t.d_out + row * padded, width);

  for (int64_t key = 0; key < head->keys; key += BACKWARD_KEYS) {
    const int64_t keys = smaller(head->keys - key, BACKWARD_KEYS);
    pack_transposed(head->k + key * head->k_stride, head->k_stride, keys, width, t.packed_k);
    pack_transposed(head->v + key * head->v_stride, head->v_stride, keys, width, t.packed_v);
    copy_rows(head->k + key * head->k_stride, head->k_stride, keys, width, 1.0f, t.k, padded);
    for (int64_t query = 0; query < queries; query += BACKWARD_QUERIES) {
      const int64_t count = smaller(queries - query, BACKWARD_QUERIES);
      scores(t.q + query * padded, padded, count, t.packed_k, keys, width, t.p, &ahead);
      scores(t.d_out + query * padded, padded, count, t.packed_v, keys, width, t.ds, &ahead);
      for (int64_t row = 0; row < count; row++) {
        const int64_t at = (query + row) * head->bias_stride + key;
        float *weights = t.p + row * SCORES_STEP, *derivatives = t.ds + row * SCORES_STEP;
        if (head->bias != NULL) add_bias_to_scores(weights, head->bias + at, keys);
        drop_keys(derivatives, head, query + row, key, keys);
        softmax_gradient(weights, derivatives, keys, g->log_sum[query + row] * log2_e, t.mean[query + row]);
        drop_keys(weights, head, query + row, key, keys);
        if (g->bias_gradient != NULL) {
          for (int64_t i = 0; i < keys; i++) g->bias_gradient[at + i] += derivatives[i];
        }
      }
      sum_queries(t.p, keys, t.d_out + query * padded, padded, count, t.v_sums, query > 0, &ahead);
      sum_queries(t.ds, keys, t.q + query * padded, padded, count, t.k_sums, query > 0, &ahead);
      sum_keys(t.ds, count, t.k, padded, keys, t.q_sums + query * padded, key > 0, &ahead);
    }
    for (int64_t row = 0; row < keys; row++) {
      write_row(t.k_sums + row * padded, width, ln_2, g->dk + (key + row) * g->dk_stride);
      write_row(t.v_sums + row * padded, width, 1.0f, g->dv + (key + row) * g->dv_stride);
    }
  }
  for (int64_t row = 0; row < queries; row++)
    write_row(t.q_sums + row * padded, width, head->scale, g->dq + row * g->dq_stride);
}

static int64_t attention_scratch(int64_t queries, int64_t keys, int64_t head_width) {
  room forward = {0}, backward = {0};
  carve_forward(&forward, keys, head_width);
  carve_backward(&backward, queries, keys, head_width);
  return forward.used > backward.used ? forward.used : backward.used;
}
