// The weights of attention of one head, written out: for analyses, not for training.
#include <math.h>
#include <stddef.h>

#include "CKernels.h"
#include "dispatch.h"

CLONED static void scores(const mae_attention_head *head, int64_t query, float *y) {
#pragma clang fp reassociate(on)
  const float *q = head->q + query * head->q_stride;
  for (int64_t key = 0; key < head->keys; key++) {
    const float *k = head->k + key * head->k_stride;
    float sum = 0;
    for (int64_t i = 0; i < head->head_width; i++) sum += q[i] * k[i];
    y[key] = sum * head->scale;
  }
  if (head->bias == NULL) return;
  const float *bias = head->bias + query * head->bias_stride;
  for (int64_t key = 0; key < head->keys; key++) y[key] += bias[key];
}

/// Lowers scores by the largest, so that none overflows.
CLONED static void lower(float *y, int64_t count) {
  float largest = y[0];
  for (int64_t i = 1; i < count; i++) largest = y[i] > largest ? y[i] : largest;
  for (int64_t i = 0; i < count; i++) y[i] -= largest;
}

CLONED static void divide_by_sum(float *y, int64_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (int64_t i = 0; i < count; i++) sum += y[i];
  for (int64_t i = 0; i < count; i++) y[i] /= sum;
}

void mae_attention_weights(const mae_attention_head *head, float *y) {
  for (int64_t query = 0; query < head->queries; query++, y += head->keys) {
    scores(head, query, y);
    lower(y, head->keys);
    mae_exp(y, y, head->keys);
    divide_by_sum(y, head->keys);
  }
}
