// Attention of one head, forward and backward, blocked over queries and keys (Dao et al. 2022, FlashAttention): backward
// computes probabilities again from the logarithm of each row's sum.
//
// Scores of a block of queries and a block of keys are a product of register tiles; they stay in the cache for the softmax and
// for the products that use them. Operands are packed with rows padded to whole vectors, so any head width and stride will do.
#ifndef MAE_SUFFIX

#include <stdint.h>

enum {
  QUERY_BLOCK = 96,  // a multiple of the rows of every tile
  KEY_BLOCK = 384,   // a multiple of the columns of every tile
  LONGEST_VECTOR = 16,
};

static inline int64_t smaller(int64_t x, int64_t y) { return x < y ? x : y; }
static inline int64_t rounded_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

static int64_t forward_scratch(int64_t keys, int64_t width) {
  const int64_t padded = rounded_up(width, LONGEST_VECTOR);
  return rounded_up(keys, KEY_BLOCK) * (width + padded) + QUERY_BLOCK * (2 * padded + KEY_BLOCK + 2);
}

static int64_t backward_scratch(int64_t queries, int64_t width) {
  const int64_t padded = rounded_up(width, LONGEST_VECTOR);
  return rounded_up(queries, QUERY_BLOCK) * (3 * padded + 2) + KEY_BLOCK * (2 * width + 3 * padded) + 2 * QUERY_BLOCK * KEY_BLOCK;
}

#define MAE_SOURCE "attention.c"
#include "targets.h"

int64_t mae_attention_scratch(int64_t queries, int64_t keys, int64_t head_width) {
  const int64_t forward = forward_scratch(keys, head_width), backward = backward_scratch(queries, head_width);
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

static const float NAMED(log2_e) = 1.442695041f;

// ---- Softmax

/// Adds the bias, and makes the weight of what lies between the last key and the end of its vector nothing.
static void NAMED(adjust)(float *row, const float *bias, int64_t keys) {
  if (bias != NULL) {
    int64_t key = 0;
    for (; key + LANES <= keys; key += LANES) store(row + key, load(row + key) + load(bias + key));
    if (key < keys) store(row + key, load(row + key) + load_some(bias + key, keys - key));
  }
  for (int64_t key = keys; key % LANES != 0; key++) row[key] = -INFINITY;
}

/// The largest of a row of scores.
static inline float NAMED(largest_of)(const float *row, int64_t keys) {
  vector a = load(row), b = a;
  int64_t key = LANES;
  for (; key + LANES < keys; key += 2 * LANES) {
    a = larger(a, load(row + key));
    b = larger(b, load(row + key + LANES));
  }
  if (key < keys) a = larger(a, load(row + key));
  return largest_lane(larger(a, b));
}

/// Scores become weights e^(score − largest); returns their sum.
static inline float NAMED(weigh)(float *row, int64_t keys, float largest) {
  const float shift = -largest * NAMED(log2_e);
  vector a = 0.0f, b = 0.0f;
  int64_t key = 0;
  for (; key + LANES < keys; key += 2 * LANES) {
    vector p = power_of_two(load(row + key) * NAMED(log2_e) + shift);
    vector q = power_of_two(load(row + key + LANES) * NAMED(log2_e) + shift);
    store(row + key, p);
    store(row + key + LANES, q);
    a += p;
    b += q;
  }
  if (key < keys) {
    vector p = power_of_two(load(row + key) * NAMED(log2_e) + shift);
    store(row + key, p);
    a += p;
  }
  return sum_of_lanes(a + b);
}

/// One more block of keys: scores become weights relative to the largest score of their row so far.
static void NAMED(soften)(float *scores, int64_t queries, int64_t keys, float *largest, float *total, float *sums,
                          int64_t padded) {
  // Three loops: the reductions of several rows then overlap.
  float highest[QUERY_BLOCK];
  for (int64_t row = 0; row < queries; row++) highest[row] = NAMED(largest_of)(scores + row * KEY_BLOCK, keys);
  for (int64_t row = 0; row < queries; row++) {
    if (highest[row] <= largest[row]) continue;
    if (total[row] > 0.0f) {
      // What has been summed is relative to the former largest score.
      const float factor = expf(largest[row] - highest[row]);
      total[row] *= factor;
      for (int64_t i = 0; i < padded; i += LANES) store(sums + row * padded + i, load(sums + row * padded + i) * factor);
    }
    largest[row] = highest[row];
  }
  for (int64_t row = 0; row < queries; row++) total[row] += NAMED(weigh)(scores + row * KEY_BLOCK, keys, largest[row]);
}

/// Drops values of one query's row of a block, the same ones whenever it is called; unwanted keys behind the last are 0 or stay.
static void NAMED(drop_keys)(float *row, const mae_attention_head *head, int64_t query, int64_t key, int64_t keys) {
  if (head->dropout.threshold == 0) return;
  const uint32_t first = (uint32_t)(query * head->keys + key);
  for (int64_t i = 0; i < keys; i += LANES) store(row + i, load(row + i) * NAMED(kept)(&head->dropout, first + (uint32_t)i));
}

static void NAMED(attention_forward)(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum,
                                     float *scratch) {
  const int64_t width = head->head_width, padded = rounded_up(width, LANES), keys = head->keys;
  float *packed_k = scratch, *packed_v = packed_k + rounded_up(keys, COLUMNS) * width, *q = packed_v + keys * padded;
  float *weights = q + QUERY_BLOCK * padded, *sums = weights + QUERY_BLOCK * KEY_BLOCK, *largest = sums + QUERY_BLOCK * padded;
  float *total = largest + QUERY_BLOCK;
  NAMED(pack_transposed)(head->k, head->k_stride, keys, width, packed_k);
  NAMED(copy_rows)(head->v, head->v_stride, keys, width, 1.0f, packed_v, padded);
  for (int64_t query = 0; query < head->queries; query += QUERY_BLOCK) {
    const int64_t queries = smaller(head->queries - query, QUERY_BLOCK);
    NAMED(copy_rows)(head->q + query * head->q_stride, head->q_stride, queries, width, head->scale, q, padded);
    memset(q + queries * padded, 0, (size_t)((rounded_up(queries, SUMS / 3) - queries) * padded) * sizeof(float));
    for (int64_t row = 0; row < queries; row++) {
      largest[row] = -1e30f;
      total[row] = 0.0f;
    }
    for (int64_t key = 0; key < keys; key += KEY_BLOCK) {
      const int64_t count = smaller(keys - key, KEY_BLOCK);
      if (key + count == keys) NAMED(expect_rows)(o + query * o_stride, o_stride, queries, width);
      NAMED(scores)(q, padded, queries, packed_k + key * width, count, width, weights);
      for (int64_t row = 0; row < queries; row++) {
        const float *bias = head->bias == NULL ? NULL : head->bias + (query + row) * head->bias_stride + key;
        NAMED(adjust)(weights + row * KEY_BLOCK, bias, count);
      }
      NAMED(soften)(weights, queries, count, largest, total, sums, padded);
      for (int64_t row = 0; row < queries; row++) NAMED(drop_keys)(weights + row * KEY_BLOCK, head, query + row, key, count);
      NAMED(sum_keys)(weights, queries, packed_v + key * padded, padded, count, sums, key > 0);
    }
    for (int64_t row = 0; row < queries; row++) {
      log_sum[query + row] = largest[row] + logf(total[row]);
      NAMED(write_row)(sums + row * padded, width, 1.0f / total[row], o + (query + row) * o_stride);
    }
  }
}

// ---- Backward

/// For one query: scores become probabilities p, and products with dO become derivatives of scores p (dp − Σ p dp).
static void NAMED(differentiate)(float *row, float *products, int64_t keys, float log_sum, float mean) {
  const float shift = -log_sum * NAMED(log2_e);
  for (int64_t key = 0; key < keys; key += LANES) {
    vector p = power_of_two(load(row + key) * NAMED(log2_e) + shift);
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
  const int64_t padded_queries = rounded_up(queries, QUERY_BLOCK);
  float *q = scratch, *d_out = q + padded_queries * padded, *q_sums = d_out + padded_queries * padded;
  float *mean = q_sums + padded_queries * padded, *packed_k = mean + padded_queries, *packed_v = packed_k + KEY_BLOCK * width;
  float *k = packed_v + KEY_BLOCK * width, *k_sums = k + KEY_BLOCK * padded, *v_sums = k_sums + KEY_BLOCK * padded;
  float *p = v_sums + KEY_BLOCK * padded, *ds = p + QUERY_BLOCK * KEY_BLOCK;
  NAMED(copy_rows)(head->q, head->q_stride, queries, width, head->scale, q, padded);
  NAMED(copy_rows)(d_o, o_stride, queries, width, 1.0f, d_out, padded);
  const size_t rest = (size_t)((rounded_up(queries, SUMS / 3) - queries) * padded) * sizeof(float);
  memset(q + queries * padded, 0, rest);
  memset(d_out + queries * padded, 0, rest);
  for (int64_t row = 0; row < queries; row++) mean[row] = NAMED(dot)(o + row * o_stride, d_out + row * padded, width);

  for (int64_t key = 0; key < head->keys; key += KEY_BLOCK) {
    const int64_t keys = smaller(head->keys - key, KEY_BLOCK);
    NAMED(pack_transposed)(head->k + key * head->k_stride, head->k_stride, keys, width, packed_k);
    NAMED(pack_transposed)(head->v + key * head->v_stride, head->v_stride, keys, width, packed_v);
    NAMED(copy_rows)(head->k + key * head->k_stride, head->k_stride, keys, width, 1.0f, k, padded);
    NAMED(expect_rows)(dk + key * dk_stride, dk_stride, keys, width);
    NAMED(expect_rows)(dv + key * dv_stride, dv_stride, keys, width);
    for (int64_t query = 0; query < queries; query += QUERY_BLOCK) {
      const int64_t count = smaller(queries - query, QUERY_BLOCK);
      if (key + keys == head->keys) NAMED(expect_rows)(dq + query * dq_stride, dq_stride, count, width);
      NAMED(scores)(q + query * padded, padded, count, packed_k, keys, width, p);
      NAMED(scores)(d_out + query * padded, padded, count, packed_v, keys, width, ds);
      for (int64_t row = 0; row < count; row++) {
        const int64_t at = (query + row) * head->bias_stride + key;
        NAMED(adjust)(p + row * KEY_BLOCK, head->bias == NULL ? NULL : head->bias + at, keys);
        NAMED(drop_keys)(ds + row * KEY_BLOCK, head, query + row, key, keys);
        NAMED(differentiate)(p + row * KEY_BLOCK, ds + row * KEY_BLOCK, keys, log_sum[query + row], mean[query + row]);
        NAMED(drop_keys)(p + row * KEY_BLOCK, head, query + row, key, keys);
        if (bias_gradient != NULL) {
          for (int64_t i = 0; i < keys; i++) bias_gradient[at + i] += ds[row * KEY_BLOCK + i];
        }
      }
      NAMED(sum_queries)(p, keys, d_out + query * padded, padded, count, v_sums, query > 0);
      NAMED(sum_queries)(ds, keys, q + query * padded, padded, count, k_sums, query > 0);
      NAMED(sum_keys)(ds, count, k, padded, keys, q_sums + query * padded, key > 0);
    }
    for (int64_t row = 0; row < keys; row++) {
      NAMED(write_row)(k_sums + row * padded, width, 1.0f, dk + (key + row) * dk_stride);
      NAMED(write_row)(v_sums + row * padded, width, 1.0f, dv + (key + row) * dv_stride);
    }
  }
  for (int64_t row = 0; row < queries; row++)
    NAMED(write_row)(q_sums + row * padded, width, head->scale, dq + row * dq_stride);
}

#endif
