// Attention of one head, forward and backward, one query row at a time over packed keys.
#ifndef MAE_SUFFIX

#include <stdint.h>

static int64_t padded(int64_t keys) { return (keys + 15) / 16 * 16; }

#define MAE_SOURCE "attention.c"
#include "targets.h"

int64_t mae_attention_scratch(int64_t queries, int64_t keys, int64_t head_width) {
  (void)queries;
  return padded(keys) * (2 * head_width + 2);
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

static void NAMED(transpose)(const float *x, int64_t stride, int64_t rows, int64_t width, float *out) {
  int64_t pitch = padded(rows);
  for (int64_t i = 0; i < width; i++) {
    for (int64_t j = 0; j < rows; j++) out[i * pitch + j] = x[j * stride + i];
    for (int64_t j = rows; j < pitch; j++) out[i * pitch + j] = 0.0f;
  }
}

/// out[j] = Σ q[i] packed[i, j].
static void NAMED(products)(const float *q, const float *packed, int64_t width, int64_t pitch, float *out) {
  for (int64_t j = 0; j < pitch; j += 16) {
    for (int64_t part = 0; part < 16; part += LANES) {
      vector sum = 0.0f;
      for (int64_t i = 0; i < width; i++) sum += q[i] * load(packed + i * pitch + j + part);
      store(out + j + part, sum);
    }
  }
}

static void NAMED(attention_forward)(const mae_attention_head *head, float *o, int64_t o_stride, float *log_sum,
                                     float *scratch) {
  const int64_t keys = head->keys, width = head->head_width, pitch = padded(keys);
  float *packed = scratch, *scores = scratch + pitch * width;
  NAMED(transpose)(head->k, head->k_stride, keys, width, packed);
  for (int64_t row = 0; row < head->queries; row++) {
    NAMED(products)(head->q + row * head->q_stride, packed, width, pitch, scores);
    float largest = -INFINITY, sum = 0.0f;
    for (int64_t j = 0; j < keys; j++) {
      scores[j] *= head->scale;
      if (head->bias != NULL) scores[j] += head->bias[row * head->bias_stride + j];
      largest = scores[j] > largest ? scores[j] : largest;
    }
    for (int64_t j = keys; j < pitch; j++) scores[j] = -INFINITY;
    vector sums = 0.0f;
    for (int64_t j = 0; j < pitch; j += LANES) {
      vector p = exponential(load(scores + j) - largest);
      store(scores + j, p);
      sums += p;
    }
    sum = sum_of_lanes(sums);
    log_sum[row] = largest + logf(sum);
    float *out = o + row * o_stride;
    for (int64_t i = 0; i < width; i++) out[i] = 0.0f;
    for (int64_t j = 0; j < keys; j++) {
      const float *v = head->v + j * head->v_stride;
      const float p = scores[j] / sum;
      for (int64_t i = 0; i < width; i++) out[i] += p * v[i];
    }
  }
}

static void NAMED(attention_backward)(const mae_attention_head *head, const float *o, const float *d_o, int64_t o_stride,
                                      const float *log_sum, float *dq, int64_t dq_stride, float *dk, int64_t dk_stride,
                                      float *dv, int64_t dv_stride, float *bias_gradient, float *scratch) {
  const int64_t keys = head->keys, width = head->head_width, pitch = padded(keys);
  float *packed_k = scratch, *packed_v = packed_k + pitch * width;
  float *p = packed_v + pitch * width, *dp = p + pitch;
  NAMED(transpose)(head->k, head->k_stride, keys, width, packed_k);
  NAMED(transpose)(head->v, head->v_stride, keys, width, packed_v);
  for (int64_t j = 0; j < keys; j++) {
    for (int64_t i = 0; i < width; i++) dk[j * dk_stride + i] = dv[j * dv_stride + i] = 0.0f;
  }
  for (int64_t row = 0; row < head->queries; row++) {
    const float *q = head->q + row * head->q_stride, *d_out = d_o + row * o_stride, *out = o + row * o_stride;
    NAMED(products)(q, packed_k, width, pitch, p);
    NAMED(products)(d_out, packed_v, width, pitch, dp);
    float mean = 0.0f;
    for (int64_t i = 0; i < width; i++) mean += d_out[i] * out[i];
    for (int64_t j = 0; j < keys; j++) {
      p[j] *= head->scale;
      if (head->bias != NULL) p[j] += head->bias[row * head->bias_stride + j];
    }
    for (int64_t j = 0; j < pitch; j += LANES) {
      vector probability = exponential(load(p + j) - log_sum[row]);
      store(p + j, probability);
      store(dp + j, probability * (load(dp + j) - mean));
    }
    float *d_query = dq + row * dq_stride;
    for (int64_t i = 0; i < width; i++) d_query[i] = 0.0f;
    for (int64_t j = 0; j < keys; j++) {
      const float *k = head->k + j * head->k_stride;
      float *d_key = dk + j * dk_stride, *d_value = dv + j * dv_stride;
      const float ds = dp[j] * head->scale;
      for (int64_t i = 0; i < width; i++) {
        d_value[i] += p[j] * d_out[i];
        d_key[i] += ds * q[i];
        d_query[i] += ds * k[i];
      }
      if (bias_gradient != NULL) bias_gradient[row * head->bias_stride + j] += dp[j];
    }
  }
}

#endif
