// The weights of attention of one head, written out: for analyses, not for training.

static void score_keys(const mae_attention_head *head, int64_t query, float *y) {
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

/// Scores less the largest, so that no exponential overflows.
static void subtract_largest(float *y, int64_t count) {
  float largest = y[0];
  for (int64_t i = 1; i < count; i++) largest = y[i] > largest ? y[i] : largest;
  for (int64_t i = 0; i < count; i++) y[i] -= largest;
}

static void exponentials(float *y, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) store(y + i, exponential(load(y + i)));
  if (i < count) store_some(y + i, exponential(load_some(y + i, count - i)), count - i);
}

static void divide_by_sum(float *y, int64_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (int64_t i = 0; i < count; i++) sum += y[i];
  for (int64_t i = 0; i < count; i++) y[i] /= sum;
}

static void attention_weights(const mae_attention_head *head, float *y) {
  for (int64_t query = 0; query < head->queries; query++, y += head->keys) {
    score_keys(head, query, y);
    subtract_largest(y, head->keys);
    exponentials(y, head->keys);
    divide_by_sum(y, head->keys);
  }
}
