// Attention of one head, forward and backward, blocked over queries and keys (Dao et al. 2022, FlashAttention): backward
// computes probabilities again from the logarithm of each row's sum.
//
// Scores of a block of queries and a block of keys are a product of register tiles; they stay in the cache for the softmax and
// for the products that use them. Operands are packed with rows padded to whole vectors, so any head width and stride will do.
#ifndef MAE_SUFFIX

#include <stdint.h>

#include "CKernels.h"

enum {
  FORWARD_QUERIES = 24,    // of a block; a multiple of the rows of every tile
  FORWARD_KEYS = 384,      // a multiple of the vectors of every level
  BACKWARD_QUERIES = 72,
  BACKWARD_KEYS = 144,
  SCORES_STEP = 400,       // floats between rows of a block of scores: an odd number of cache lines, lest rows share few sets
  LARGEST_TILE = 24,       // rows, with one vector of columns
  LONGEST_VECTOR = 16,
  ROW_VALUES = 32,         // room for one value for each query of a block, in whole vectors
  LARGEST_AHEAD = 1 << 17  // floats: half of a second-level cache of 1 MB
};

static inline int64_t smaller(int64_t x, int64_t y) { return x < y ? x : y; }
static inline int64_t rounded_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

static int64_t forward_scratch(int64_t keys, int64_t width) {
  const int64_t padded = rounded_up(width, LONGEST_VECTOR);
  return rounded_up(keys, LONGEST_VECTOR) * (width + padded) + FORWARD_QUERIES * (2 * padded + SCORES_STEP) + 2 * ROW_VALUES;
}

static int64_t backward_scratch(int64_t queries, int64_t keys, int64_t width) {
  const int64_t padded = rounded_up(width, LONGEST_VECTOR), all = rounded_up(queries, LARGEST_TILE);
  const int64_t block = rounded_up(smaller(keys, BACKWARD_KEYS), 2 * LARGEST_TILE);
  const int64_t scores = rounded_up(smaller(queries, BACKWARD_QUERIES), LARGEST_TILE) * SCORES_STEP;
  return all * (3 * padded + 1) + block * (2 * width + 3 * padded) + 2 * scores;
}

/// Rows that this call writes and then those that the next one reads, fetched into the second-level cache evenly while this one
/// computes: heads are columns of a wide tensor, so no stream that the processor would fetch by itself.
typedef struct {
  struct {
    const float *x;  // the next row
    int64_t stride, rows;
  } operand[8];
  int64_t width, operands;
  int64_t rows;          // of all operands at first
  int64_t work, credit;  // multiplications per row, and those done that no row was fetched for
} rows_ahead;

static void expect(rows_ahead *ahead, const float *x, int64_t stride, int64_t rows) {
  const int64_t n = ahead->operands++;
  ahead->operand[n].x = x;
  ahead->operand[n].stride = stride;
  ahead->operand[n].rows = rows;
  ahead->rows += rows;
}

/// Expects the rows that the next call has instead of these.
static void expect_next(rows_ahead *ahead, const mae_attention_head *head, const float *x, int64_t stride, int64_t rows) {
  if (head->next_sample == 0 && head->next_column == 0) return;
  expect(ahead, x + head->next_sample * rows * stride + head->next_column, stride, rows);
}

/// Spreads the operands over `products` products; those expected last come first.
static void spread_over(rows_ahead *ahead, const mae_attention_head *head, int64_t products) {
  if (ahead->rows * ahead->width > LARGEST_AHEAD) ahead->operands = 0;
  ahead->work = products * head->queries * head->keys * head->head_width / ahead->rows;
}

/// Fetches the rows that are due after `done` more multiplications.
static inline void fetch_ahead(rows_ahead *ahead, int64_t done) {
  ahead->credit += done;
  while (ahead->credit > 0 && ahead->operands > 0) {
    const int64_t n = ahead->operands - 1;
    const float *x = ahead->operand[n].x;
#pragma clang loop unroll(disable)
    for (int64_t i = 0; i < ahead->width; i += 16) __builtin_prefetch(x + i, 0, 2);
    ahead->operand[n].x += ahead->operand[n].stride;
    ahead->operands -= --ahead->operand[n].rows <= 0;
    ahead->credit -= ahead->work;
  }
}

#define MAE_SOURCE "attention.c"
#include "targets.h"

int64_t mae_attention_scratch(int64_t queries, int64_t keys, int64_t head_width) {
  const int64_t forward = forward_scratch(keys, head_width), backward = backward_scratch(queries, keys, head_width);
  return forward > backward ? forward : backward;
}

void mae_attention_forward(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum, float *scratch) {
  LEVEL(attention_forward)(head, o, o_stride, log_sum, scratch);
}

void mae_attention_backward(const mae_attention_head *head, const float *o, const float *d_o, int64_t o_stride,
                            const float *log_sum, float *dq, int64_t dq_stride, float *dk, int64_t dk_stride, float *dv,
                            int64_t dv_stride, float *bias_gradient, float *scratch) {
  LEVEL(attention_backward)
  (head, o, d_o, o_stride, log_sum, dq, dq_stride, dk, dk_stride, dv, dv_stride, bias_gradient, scratch);
}

#else

#include "vector_math.h"
#include "dropout.h"
#include "tiles.h"
#include "attention_blocks.h"

// Scores are in units of ln 2 until their logarithm is handed out: a weight is then a power of two.
static const float NAMED(log2_e) = 1.442695041f, NAMED(ln_2) = 0.6931471806f;

// ---- Softmax

/// The first `count` lanes of x, `other` in the rest.
static inline vector NAMED(first_lanes)(vector x, int64_t count, float other) {
  integers lane;
  for (int i = 0; i < LANES; i++) lane[i] = i;
  return lane < (int32_t)count ? x : (vector)other;
}

/// Adds the bias, which is in natural units.
static void NAMED(add_bias)(float *row, const float *bias, int64_t keys) {
  int64_t key = 0;
  for (; key + LANES <= keys; key += LANES) store(row + key, load(bias + key) * NAMED(log2_e) + load(row + key));
  if (key < keys) store(row + key, load_some(bias + key, keys - key) * NAMED(log2_e) + load(row + key));
}

/// The largest distance from 0 in a block of scores.
static float NAMED(reach)(const float *scores, int64_t queries, int64_t keys) {
  vector a = 0.0f, b = 0.0f;
  for (int64_t row = 0; row < queries; row++, scores += SCORES_STEP) {
    int64_t key = 0;
    for (; key + LANES < keys; key += 2 * LANES) {
      a = larger(a, __builtin_elementwise_abs(load(scores + key)));
      b = larger(b, __builtin_elementwise_abs(load(scores + key + LANES)));
    }
    if (key < keys) a = larger(a, __builtin_elementwise_abs(load(scores + key)));
  }
  return largest_lane(larger(a, b));
}

/// The largest of a row of scores.
static inline float NAMED(largest_of)(const float *row, int64_t keys) {
  vector largest = -INFINITY;
  int64_t key = 0;
  for (; key + LANES <= keys; key += LANES) largest = larger(largest, load(row + key));
  if (key < keys) largest = larger(largest, NAMED(first_lanes)(load(row + key), keys - key, -INFINITY));
  return largest_lane(largest);
}

/// Scores become weights 2^(score − shift); returns their sum.
static inline float NAMED(weigh)(float *row, int64_t keys, float shift) {
  vector sum = 0.0f;
  int64_t key = 0;
  for (; key + LANES < keys; key += LANES) {
    vector weight = power_of_two(load(row + key) - shift);
    store(row + key, weight);
    sum += weight;
  }
  vector last = power_of_two(load(row + key) - shift);
  store(row + key, last);
  return sum_of_lanes(sum + NAMED(first_lanes)(last, keys - key, 0.0f));
}

/// A softmax is the same whatever is taken from all scores of a row; the largest only has to go if powers might overflow.
static const float NAMED(harmless) = 32.0f;

/// One more block of keys: scores become weights relative to the shift of their row, the largest score so far or 0.
static void NAMED(soften)(float *scores, int64_t queries, int64_t keys, float *shift, float *total, float *sums,
                          int64_t padded) {
  float highest[FORWARD_QUERIES] = {0};
  if (!(NAMED(reach)(scores, queries, keys) <= NAMED(harmless))) {
    for (int64_t row = 0; row < queries; row++) highest[row] = NAMED(largest_of)(scores + row * SCORES_STEP, keys);
  }
  for (int64_t row = 0; row < queries; row++) {
    if (highest[row] <= shift[row]) continue;
    if (total[row] > 0.0f) {
      // What has been summed is relative to the former shift.
      const float factor = exp2f(shift[row] - highest[row]);
      total[row] *= factor;
      for (int64_t i = 0; i < padded; i += LANES) store(sums + row * padded + i, load(sums + row * padded + i) * factor);
    }
    shift[row] = highest[row];
  }
  for (int64_t row = 0; row < queries; row++) total[row] += NAMED(weigh)(scores + row * SCORES_STEP, keys, shift[row]);
}

/// The logarithms of the sums of weights; the sums become what weights have to be multiplied by.
static void NAMED(finish)(const float *shift, float *total, int64_t queries, float *log_sum) {
  for (int64_t row = 0; row < queries; row += LANES) {
    vector sum = load(total + row), logarithm = (load(shift + row) + binary_logarithm(sum)) * NAMED(ln_2);
    store(total + row, 1.0f / sum);
    if (row + LANES <= queries)
      store(log_sum + row, logarithm);
    else
      store_some(log_sum + row, logarithm, queries - row);
  }
}

/// Drops values of one query's row of a block, the same ones whenever it is called; what lies behind the last key does not matter.
static void NAMED(drop_keys)(float *row, const mae_attention_head *head, int64_t query, int64_t key, int64_t keys) {
  if (head->dropout.threshold == 0) return;
  const uint32_t first = (uint32_t)(query * head->keys + key);
  for (int64_t i = 0; i < keys; i += LANES) store(row + i, load(row + i) * NAMED(kept)(&head->dropout, first + (uint32_t)i));
}

static void NAMED(attention_forward)(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum,
                                     float *scratch) {
  const int64_t width = head->head_width, padded = rounded_up(width, LANES), keys = head->keys;
  float *packed_k = scratch, *packed_v = packed_k + rounded_up(keys, LANES) * width, *q = packed_v + keys * padded;
  float *weights = q + FORWARD_QUERIES * padded, *sums = weights + FORWARD_QUERIES * SCORES_STEP;
  float *shift = sums + FORWARD_QUERIES * padded, *total = shift + ROW_VALUES;
  rows_ahead ahead = {.width = width};
  expect_next(&ahead, head, head->q, head->q_stride, head->queries);
  expect_next(&ahead, head, head->v, head->v_stride, keys);
  expect_next(&ahead, head, head->k, head->k_stride, keys);
  expect(&ahead, o, o_stride, head->queries);
  spread_over(&ahead, head, 2);
  for (int64_t key = 0; key < keys; key += FORWARD_KEYS) {
    NAMED(pack_transposed)
    (head->k + key * head->k_stride, head->k_stride, smaller(keys - key, FORWARD_KEYS), width, packed_k + key * width);
  }
  NAMED(copy_rows)(head->v, head->v_stride, keys, width, 1.0f, packed_v, padded);
  for (int64_t query = 0; query < head->queries; query += FORWARD_QUERIES) {
    const int64_t queries = smaller(head->queries - query, FORWARD_QUERIES);
    NAMED(copy_rows)
    (head->q + query * head->q_stride, head->q_stride, queries, width, head->scale * NAMED(log2_e), q, padded);
    for (int64_t row = 0; row < ROW_VALUES; row++) {
      shift[row] = -1e30f;  // not infinite: all scores of a block may be −∞
      total[row] = 0.0f;
    }
    for (int64_t key = 0; key < keys; key += FORWARD_KEYS) {
      const int64_t count = smaller(keys - key, FORWARD_KEYS);
      NAMED(scores)(q, padded, queries, packed_k + key * width, count, width, weights, &ahead);
      for (int64_t row = 0; row < queries && head->bias != NULL; row++)
        NAMED(add_bias)(weights + row * SCORES_STEP, head->bias + (query + row) * head->bias_stride + key, count);
      NAMED(soften)(weights, queries, count, shift, total, sums, padded);
      for (int64_t row = 0; row < queries; row++) NAMED(drop_keys)(weights + row * SCORES_STEP, head, query + row, key, count);
      NAMED(sum_keys)(weights, queries, packed_v + key * padded, padded, count, sums, key > 0, &ahead);
    }
    NAMED(finish)(shift, total, queries, log_sum + query);
    for (int64_t row = 0; row < queries; row++)
      NAMED(write_row)(sums + row * padded, width, total[row], o + (query + row) * o_stride);
  }
}

// ---- Backward

/// For one query: scores become probabilities p, and products with dO become derivatives of scores p (dp − Σ p dp).
static void NAMED(differentiate)(float *row, float *products, int64_t keys, float log_sum, float mean) {
  for (int64_t key = 0; key < keys; key += LANES) {
    vector p = power_of_two(load(row + key) - log_sum);
    store(row + key, p);
    store(products + key, p * (load(products + key) - mean));
  }
}

/// Σ x · y; the padding of y is 0.
static float NAMED(dot)(const float *x, const float *y, int64_t count) {
  vector sum = 0.0f;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) sum += load(x + i) * load(y + i);
  if (i < count) sum += load_some(x + i, count - i) * load(y + i);
  return sum_of_lanes(sum);
}

// With P = softmax(S), S = scale · Q Kᵀ + bias and O = P V:
// dV = Pᵀ dO, dP = dO Vᵀ, dS = P (dP − rowsum(dO O)), dQ = scale · dS K, dK = dSᵀ (scale · Q), dbias = dS.
// With dropout O = (P ⊙ D) V: dV = (P ⊙ D)ᵀ dO, dP = D ⊙ (dO Vᵀ), the rest as before.
static void NAMED(attention_backward)(const mae_attention_head *head, const float *o, const float *d_o, int64_t o_stride,
                                      const float *log_sum, float *dq, int64_t dq_stride, float *dk, int64_t dk_stride,
                                      float *dv, int64_t dv_stride, float *bias_gradient, float *scratch) {
  const int64_t width = head->head_width, padded = rounded_up(width, LANES), queries = head->queries;
  const int64_t all = rounded_up(queries, LARGEST_TILE), block = rounded_up(smaller(head->keys, BACKWARD_KEYS), 2 * LARGEST_TILE);
  float *q = scratch, *d_out = q + all * padded, *q_sums = d_out + all * padded;
  float *packed_k = q_sums + all * padded, *packed_v = packed_k + block * width, *k = packed_v + block * width;
  float *k_sums = k + block * padded, *v_sums = k_sums + block * padded, *p = v_sums + block * padded;
  float *ds = p + rounded_up(smaller(queries, BACKWARD_QUERIES), LARGEST_TILE) * SCORES_STEP;
  float *mean = ds + (ds - p);
  rows_ahead ahead = {.width = width};
  expect_next(&ahead, head, head->q, head->q_stride, queries);
  expect_next(&ahead, head, d_o, o_stride, queries);
  expect_next(&ahead, head, o, o_stride, queries);
  expect_next(&ahead, head, head->v, head->v_stride, head->keys);
  expect_next(&ahead, head, head->k, head->k_stride, head->keys);
  expect(&ahead, dq, dq_stride, queries);
  expect(&ahead, dv, dv_stride, head->keys);
  expect(&ahead, dk, dk_stride, head->keys);
  spread_over(&ahead, head, 5);
  NAMED(copy_rows)(head->q, head->q_stride, queries, width, head->scale * NAMED(log2_e), q, padded);
  NAMED(copy_rows)(d_o, o_stride, queries, width, 1.0f, d_out, padded);
  for (int64_t row = 0; row < queries; row++) mean[row] = NAMED(dot)(o + row * o_stride, d_out + row * padded, width);

  for (int64_t key = 0; key < head->keys; key += BACKWARD_KEYS) {
    const int64_t keys = smaller(head->keys - key, BACKWARD_KEYS);
    NAMED(pack_transposed)(head->k + key * head->k_stride, head->k_stride, keys, width, packed_k);
    NAMED(pack_transposed)(head->v + key * head->v_stride, head->v_stride, keys, width, packed_v);
    NAMED(copy_rows)(head->k + key * head->k_stride, head->k_stride, keys, width, 1.0f, k, padded);
    for (int64_t query = 0; query < queries; query += BACKWARD_QUERIES) {
      const int64_t count = smaller(queries - query, BACKWARD_QUERIES);
      NAMED(scores)(q + query * padded, padded, count, packed_k, keys, width, p, &ahead);
      NAMED(scores)(d_out + query * padded, padded, count, packed_v, keys, width, ds, &ahead);
      for (int64_t row = 0; row < count; row++) {
        const int64_t at = (query + row) * head->bias_stride + key;
        float *weights = p + row * SCORES_STEP, *derivatives = ds + row * SCORES_STEP;
        if (head->bias != NULL) NAMED(add_bias)(weights, head->bias + at, keys);
        NAMED(drop_keys)(derivatives, head, query + row, key, keys);
        NAMED(differentiate)(weights, derivatives, keys, log_sum[query + row] * NAMED(log2_e), mean[query + row]);
        NAMED(drop_keys)(weights, head, query + row, key, keys);
        if (bias_gradient != NULL) {
          for (int64_t i = 0; i < keys; i++) bias_gradient[at + i] += derivatives[i];
        }
      }
      NAMED(sum_queries)(p, keys, d_out + query * padded, padded, count, v_sums, query > 0, &ahead);
      NAMED(sum_queries)(ds, keys, q + query * padded, padded, count, k_sums, query > 0, &ahead);
      NAMED(sum_keys)(ds, count, k, padded, keys, q_sums + query * padded, key > 0, &ahead);
    }
    for (int64_t row = 0; row < keys; row++) {
      NAMED(write_row)(k_sums + row * padded, width, NAMED(ln_2), dk + (key + row) * dk_stride);
      NAMED(write_row)(v_sums + row * padded, width, 1.0f, dv + (key + row) * dv_stride);
    }
  }
  for (int64_t row = 0; row < queries; row++)
    NAMED(write_row)(q_sums + row * padded, width, head->scale, dq + row * dq_stride);
}

#endif
