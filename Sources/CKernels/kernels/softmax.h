// Softmax over blocks of keys, and its derivative.
//
// Scores are in units of ln 2 until their logarithm is handed out: a weight is then a power of two.
static const float log2_e = 1.442695041f, ln_2 = 0.6931471806f;

/// The first `count` lanes of x, `other` in the rest.
static inline vector first_lanes(vector x, int64_t count, float other) {
  integers lane;
  for (int i = 0; i < LANES; i++) lane[i] = i;
  return lane < (int32_t)count ? x : (vector)other;
}

/// Adds the bias, which is in natural units.
static void add_bias_to_scores(float *row, const float *bias, int64_t keys) {
  int64_t key = 0;
  for (; key + LANES <= keys; key += LANES) store(row + key, load(bias + key) * log2_e + load(row + key));
  if (key < keys) store(row + key, load_some(bias + key, keys - key) * log2_e + load(row + key));
}

/// The largest distance from 0 in a block of scores.
static float largest_magnitude(const float *scores, int64_t queries, int64_t keys) {
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
static inline float largest_of(const float *row, int64_t keys) {
  vector largest = -INFINITY;
  int64_t key = 0;
  for (; key + LANES <= keys; key += LANES) largest = larger(largest, load(row + key));
  if (key < keys) largest = larger(largest, first_lanes(load(row + key), keys - key, -INFINITY));
  return largest_lane(largest);
}

/// Scores become weights 2^(score − shift); returns their sum.
static inline float weigh_keys(float *row, int64_t keys, float shift) {
  vector sum = 0.0f;
  int64_t key = 0;
  for (; key + LANES < keys; key += LANES) {
    vector weight = power_of_two(load(row + key) - shift);
    store(row + key, weight);
    sum += weight;
  }
  vector last = power_of_two(load(row + key) - shift);
  store(row + key, last);
  return sum_of_lanes(sum + first_lanes(last, keys - key, 0.0f));
}

/// A softmax is the same whatever is taken from all scores of a row; the largest only has to go if powers might overflow.
static const float largest_unshifted = 32.0f;

/// One more block of keys: scores become weights relative to the shift of their row, the largest score so far or 0.
static void softmax_block(float *scores, int64_t queries, int64_t keys, float *shift, float *total, float *sums,
                          int64_t padded) {
  float highest[FORWARD_QUERIES] = {0};
  if (!(largest_magnitude(scores, queries, keys) <= largest_unshifted)) {
    for (int64_t row = 0; row < queries; row++) highest[row] = largest_of(scores + row * SCORES_STEP, keys);
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
  for (int64_t row = 0; row < queries; row++) total[row] += weigh_keys(scores + row * SCORES_STEP, keys, shift[row]);
}

/// The logarithms of the sums of weights; the sums become what weights have to be multiplied by.
static void finish_softmax(const float *shift, float *total, int64_t queries, float *log_sum) {
  for (int64_t row = 0; row < queries; row += LANES) {
    vector sum = load(total + row), logarithm = (load(shift + row) + binary_logarithm(sum)) * ln_2;
    store(total + row, 1.0f / sum);
    if (row + LANES <= queries)
      store(log_sum + row, logarithm);
    else
      store_some(log_sum + row, logarithm, queries - row);
  }
}

/// For one query: scores become probabilities p, and products with dO become derivatives of scores p (dp − Σ p dp).
static void softmax_gradient(float *row, float *products, int64_t keys, float log_sum, float mean) {
  for (int64_t key = 0; key < keys; key += LANES) {
    vector p = power_of_two(load(row + key) - log_sum);
    store(row + key, p);
    store(products + key, p * (load(products + key) - mean));
  }
}
